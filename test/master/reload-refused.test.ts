/** Plans that a running balancer cannot take up, or not as they are: nothing else changes, and whoever asked is told. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openListener } from '../../src/kernel/listener.js';
import { sys } from '../../src/kernel/sys/libc.js';
import type { LoadBalancer } from '../../src/master/balancer.js';
import { StartError } from '../../src/master/start-error.js';
import type { Plan } from '../../src/plan/plan.js';
import { countersOf, type EngineChoice, eventually, freePort, isListening } from '../harness.js';
import { dial, echo, interop, serve } from '../interop/support/peers.js';
import { planFor, running } from './support/running.js';

/** Descriptors of the balancer, and connections that fit beside one bind, and beside sixty for each of two workers. */
const DESCRIPTORS = 500;
const MAXCONN = 170;
const BINDS = 60;

function planOfBinds(engine: EngineChoice, body: string, global = '  maxconn 50\n'): Plan {
  return planFor(engine, body, { global: `  maxpipes 0\n${global}` });
}

async function echoesAt(port: number): Promise<void> {
  const peer = await dial(port);
  await peer.echoes('hello');
  peer.socket.destroy();
}

/** Why a reload is refused; null: it is not. */
function refusal(balancer: LoadBalancer, plan: Plan): Promise<unknown> {
  return balancer.reload(plan).then(
    () => null,
    (reason: unknown) => reason,
  );
}

interop('what a worker cannot make of a plan refuses it, and every worker forgets it', async (engine) => {
  const server = await serve(echo);
  const [port, other] = [await freePort(), await freePort()];
  const good = planOfBinds(engine, `listen f\n  bind 127.0.0.1:${port}\n  server a ${server.address}\n`);
  const next = planOfBinds(
    engine,
    `listen f\n  bind 127.0.0.1:${port}\n  bind 127.0.0.1:${other}\n  server a ${server.address}\n`,
  );
  const [backend] = next.backends;
  const nowhere = { family: 'ipv4', host: 'nowhere', port: 1 } as const;
  const bad = { ...next, backends: [{ ...backend, servers: [{ ...backend.servers[0], address: nowhere }] }] };
  await running(good, async (balancer) => {
    await echoesAt(port);
    await eventually('it is at rest', () => balancer.counters().sessionsNow === 0);
    const { fds } = countersOf(process.pid);
    for (let i = 0; i < 3; i++) {
      const error = await refusal(balancer, bad);
      assert.instance(error, StartError);
      assert.match(String(error), /the new plan is refused: worker \d cannot carry it out: .*not an IPv4 address: nowhere/);
      assert.is(isListening(other), false);
      await echoesAt(port);
    }
    await eventually('nothing is left of them', () => countersOf(process.pid).fds === fds);
    assert.is(balancer.plan.frontends[0].binds.length, 1);
    assert.equal(await balancer.reload(next), []);
    await echoesAt(other);
    await eventually('the first plan is given up', () => balancer.formerPlans === 0);
  });
});

interop('a plan for which there is no memory is refused, and nobody listens at its addresses', async (engine) => {
  const server = await serve(echo);
  const [port, other] = [await freePort(), await freePort()];
  const first = `listen f\n  bind 127.0.0.1:${port}\n`;
  const rest = `  stick-table type ip size 10 expire 1m\n  server a ${server.address}\n`;
  const next = planOfBinds(engine, `${first}  bind 127.0.0.1:${other}\n${rest}`);
  const large = { ...next, tables: [{ ...next.tables[0], size: 2 ** 44 }] };
  await running(planOfBinds(engine, first + rest), async (balancer) => {
    const { fds } = countersOf(process.pid);
    const error = await refusal(balancer, large);
    assert.instance(error, StartError);
    assert.match(
      String(error),
      /not enough memory: all stick tables take \d+ MiB, 'f' most \(size 17592186044416\)\. Make them smaller/,
    );
    assert.is(isListening(other), false);
    await eventually('nothing is left of it', () => countersOf(process.pid).fds === fds);
    await echoesAt(port);
    assert.equal(await balancer.reload(next), []);
    await echoesAt(other);
  });
});

interop('a plan with more addresses than a running process has room for is refused', async (engine) => {
  const server = await serve(echo);
  const port = await freePort();
  const planOfAddresses = (count: number): Plan => {
    const binds = Array.from({ length: count }, (_, i) => `  bind 127.0.1.${i + 1}:${port}\n`).join('');
    return planOfBinds(engine, `listen f\n${binds}  server a ${server.address}\n`, '  maxconn 10\n');
  };
  const room = 65; // one, and 64 more
  await running(planOfAddresses(1), async (balancer) => {
    const refused = await refusal(balancer, planOfAddresses(room + 1));
    assert.instance(refused, StartError);
    assert.match(String(refused), /has 66 addresses to listen on, a running process has room for 65: start it anew/);
    assert.is(balancer.addresses.length, 1);
    assert.is(isListening(port), true);
    assert.equal(await balancer.reload(planOfAddresses(room)), []);
    assert.is(balancer.addresses.length, room);
  });
});

interop('a good plan right behind one that is refused is not taken for it', async (engine) => {
  const server = await serve(echo);
  const good = planOfBinds(engine, `listen f\n  bind 127.0.0.1:${await freePort()}\n  server a ${server.address}\n`);
  const [backend] = good.backends;
  const nowhere = { family: 'ipv4', host: 'nowhere', port: 1 } as const;
  const bad = { ...good, backends: [{ ...backend, servers: [{ ...backend.servers[0], address: nowhere }] }] };
  await running(good, async (balancer) => {
    for (let i = 0; i < 20; i++) {
      assert.instance(await refusal(balancer, bad), StartError);
      assert.equal(await balancer.reload(good), []);
    }
  });
});

interop('listening sockets of a larger plan take descriptors from its connections, which is said', async (engine) => {
  const server = await serve(echo);
  const ports: number[] = [];
  while (ports.length <= BINDS) ports.push(await freePort());
  const text = (count: number): string =>
    `listen f\n${ports
      .slice(0, count)
      .map((port) => `  bind 127.0.0.1:${port}\n`)
      .join('')}  server a ${server.address}\n`;
  const limits = `  ulimit-n ${DESCRIPTORS}\n`;
  const asked = `${limits}  maxconn ${MAXCONN}\n`;
  await running(planOfBinds(engine, text(1), asked), async (balancer) => {
    assert.is(balancer.maxconn, MAXCONN);
    const said = await balancer.reload(planOfBinds(engine, text(BINDS), asked));
    assert.is(said.length, 1);
    assert.match(said[0], /maxconn 170 needs \d+ file descriptors and only 500 are permitted: maxconn lowered to \d+/);
    assert.ok(balancer.maxconn > 100 && balancer.maxconn < MAXCONN, `${balancer.maxconn}`);
    assert.is(balancer.tables.gate.max, balancer.maxconn);
    await echoesAt(ports[BINDS - 1]);
    assert.equal(await balancer.reload(planOfBinds(engine, text(1), asked)), []);
    assert.is(balancer.tables.gate.max, MAXCONN);
  });
  // Nobody said how many: as at a start, it is as many as there is room for.
  await running(planOfBinds(engine, text(1), limits), async (balancer) => {
    const before = balancer.maxconn;
    assert.equal(await balancer.reload(planOfBinds(engine, text(BINDS), limits)), []);
    assert.ok(balancer.maxconn < before, `${balancer.maxconn} connections, and ${before} before`);
  });
});

interop('a maxconn that was lowered at the start is no news at a reload, another one is', async (engine) => {
  const server = await serve(echo);
  const port = await freePort();
  const asking = (maxconn: number): Plan =>
    planOfBinds(
      engine,
      `listen f\n  bind 127.0.0.1:${port}\n  server a ${server.address}\n`,
      `  ulimit-n ${DESCRIPTORS}\n  maxconn ${maxconn}\n`,
    );
  await running(asking(DESCRIPTORS), async (balancer) => {
    const lowered = balancer.maxconn;
    assert.ok(lowered < DESCRIPTORS, `${lowered}`);
    assert.equal(await balancer.reload(asking(DESCRIPTORS)), []);
    assert.equal(await balancer.reload(asking(DESCRIPTORS + 1)), [
      'maxconn: a change takes effect when the process is started anew',
    ]);
    assert.is(balancer.maxconn, lowered);
  });
});

interop('a plan without room for one connection is refused', async (engine) => {
  const server = await serve(echo);
  const port = await freePort();
  const text = (more = ''): string => `listen f\n  bind 127.0.0.1:${port}\n${more}  server a ${server.address}\n`;
  const checked = Array.from({ length: DESCRIPTORS }, (_, i) => `  server c${i} 127.0.0.1:1 check inter 1h\n`).join('');
  const limits = `  ulimit-n ${DESCRIPTORS}\n`;
  await running(planOfBinds(engine, text(), limits), async (balancer) => {
    assert.match(String(await refusal(balancer, planOfBinds(engine, text(checked), limits))), /500 file descriptors are too few/);
    await echoesAt(port);
  });
});

interop('a process that ends takes up no plan, and opens no socket beside those of its successor', async (engine) => {
  const server = await serve(echo);
  const [port, other] = [await freePort(), await freePort()];
  const text = (bind: number): string => `listen f\n  bind 127.0.0.1:${bind}\n  server a ${server.address}\n`;
  await running(planOfBinds(engine, text(port)), async (balancer) => {
    const client = await dial(port);
    await client.echoes('hello');
    const drained = balancer.drain();
    assert.match(String(await refusal(balancer, planOfBinds(engine, text(other)))), /the process is ending/);
    await eventually('it listens no more', () => !isListening(port));
    assert.match(String(await refusal(balancer, planOfBinds(engine, text(other)))), /the process is ending/);
    assert.is(isListening(other), false);
    await client.echoes('still there');
    client.socket.destroy();
    await drained;
  });
});

interop('a stop in the midst of a reload waits for it', async (engine) => {
  const server = await serve(echo);
  const [port, other] = [await freePort(), await freePort()];
  const text = (bind: number): string => `listen f\n  bind 127.0.0.1:${bind}\n  server a ${server.address}\n`;
  const { fds } = countersOf(process.pid);
  await running(planOfBinds(engine, text(port)), async (balancer) => {
    const reloaded = balancer.reload(planOfBinds(engine, text(other)));
    await nextTurn();
    const drained = balancer.drain();
    assert.equal(await reloaded, []);
    await drained;
    assert.is(isListening(port) || isListening(other), false);
  });
  await eventually('every descriptor is closed once', () => countersOf(process.pid).fds <= fds);
});

interop(
  'a frontend that was ended, and whose address somebody else has by now, stays paused under the next plan',
  async (engine) => {
    const server = await serve(echo);
    const [port, other] = [await freePort(), await freePort()];
    const text = (timeout: number): string =>
      `listen f\n  bind 127.0.0.1:${port}\n  timeout server ${timeout}s\n  server a ${server.address}\nlisten g\n  bind 127.0.0.1:${other}\n  server a ${server.address}\n`;
    await running(planOfBinds(engine, text(1)), async (balancer) => {
      await balancer.endFrontend('g');
      const address = { family: 'ipv4', host: '127.0.0.1', port: other } as const;
      const taken = openListener({ address, backlog: 16, reusePort: false });
      const said = await balancer.reload(planOfBinds(engine, text(2)));
      assert.equal(said, ['frontend g stays paused: listen: address already in use (EADDRINUSE)']);
      assert.ok(balancer.isPaused('g'));
      await echoesAt(port);
      sys.close(taken);
      await balancer.resume(['g']);
      await echoesAt(other);
      const { acceptErrors } = balancer.counters();
      assert.is(acceptErrors, 0);
    });
  },
);

test.run();
