/** The class that programs embed: it tells where it listens, starts, stops and drains more than once, and leaves nothing behind. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { SocketAddress } from '../../src/kernel/address.js';
import { LoadBalancer } from '../../src/master/balancer.js';
import { Log } from '../../src/master/log.js';
import type { Plan } from '../../src/plan/plan.js';
import { QUICK_DEFAULTS, quickPlan } from '../../src/plan/quick.js';
import { type EngineChoice, eventually, scratchFolder } from '../harness.js';
import { dial, echo, interop, serve } from '../interop/support/peers.js';

const ANY_PORT: SocketAddress = { family: 'ipv4', host: '127.0.0.1', port: 0 };

function planOf(engine: EngineChoice, serverPort: number, addresses: readonly SocketAddress[]): Plan {
  return quickPlan({
    ...QUICK_DEFAULTS,
    binds: addresses.map((address) => ({ address, origin: '--bind test' })),
    servers: [{ name: 's1', address: { family: 'ipv4', host: '127.0.0.1', port: serverPort }, weight: 1 }],
    ioEngine: engine,
    workers: 2,
    pin: false,
    maxconn: 100,
  });
}

/** A balancer whose messages are kept in `said`. */
function create(plan: Plan): { balancer: LoadBalancer; said: string[] } {
  const said: string[] = [];
  const log = new Log({ write: (text: string) => said.push(text) });
  return { balancer: new LoadBalancer(plan, { log }), said };
}

function portOf(balancer: LoadBalancer, nth = 0): number {
  const address = balancer.addresses[nth];
  return address.family === 'unix' ? 0 : address.port;
}

const openDescriptors = (): number => readdirSync('/proc/self/fd').length;

interop('port 0 is a free port of which all workers listen, and which is told', async (engine) => {
  const server = await serve(echo);
  const { balancer } = create(planOf(engine, server.port, [ANY_PORT, ANY_PORT]));
  await balancer.start();
  assert.is(balancer.engine.name, engine);
  assert.is(balancer.workerCount, 2);
  assert.is(balancer.maxconn, 100);
  assert.is.not(portOf(balancer, 0), portOf(balancer, 1));
  for (const nth of [0, 1]) await (await dial(portOf(balancer, nth))).echoes('hello');
  assert.is(balancer.counters().sessionsTotal, 2);
  assert.equal(balancer.serverConnections(), [[2]]);
  await balancer.stop();
});

interop('ten balancers one after the other leave no descriptor behind', async (engine) => {
  const server = await serve(echo);
  const cycle = async (): Promise<void> => {
    const { balancer, said } = create(planOf(engine, server.port, [ANY_PORT]));
    await balancer.start();
    const client = await dial(portOf(balancer));
    await client.echoes('hello');
    await balancer.stop();
    await client.over();
    await (await server.peer(server.peers.length - 1)).over();
    assert.not.match(said.join(''), /ALERT|does not end/);
  };
  await cycle(); // what the process keeps, it opens once
  const before = openDescriptors();
  for (let i = 0; i < 10; i++) await cycle();
  await eventually('every descriptor is closed', () => openDescriptors() === before).catch((error) =>
    assert.is(openDescriptors(), before, String(error)),
  );
});

interop('draining refuses new clients and resolves with the last session', async (engine) => {
  const server = await serve(echo);
  const { balancer } = create(planOf(engine, server.port, [ANY_PORT]));
  await balancer.start();
  const port = portOf(balancer);
  const client = await dial(port);
  await client.echoes('hello');
  let drained = false;
  const draining = balancer.drain().then(() => {
    drained = true;
  });
  await eventually('new clients are refused', () =>
    dial(port).then(
      (peer) => {
        peer.socket.destroy();
        return false;
      },
      (error) => error.code === 'ECONNREFUSED',
    ),
  );
  await client.echoes('still here');
  assert.not(drained);
  client.socket.end();
  await draining;
});

interop('stopping while it drains ends the session', async (engine) => {
  const server = await serve(echo);
  const { balancer } = create(planOf(engine, server.port, [ANY_PORT]));
  await balancer.start();
  const client = await dial(portOf(balancer));
  await client.echoes('hello');
  const drained = balancer.drain();
  await balancer.stop();
  await drained;
  await client.over();
});

interop('an address in use is a StartError that names the bind, and those opened before it are closed', async (engine) => {
  const server = await serve(echo);
  const path = join(scratchFolder(), 'balancer.sock');
  const addresses: SocketAddress[] = [
    { family: 'unix', path, abstract: false },
    { family: 'ipv4', host: '127.0.0.1', port: server.port },
  ];
  const before = openDescriptors();
  const { balancer } = create(planOf(engine, server.port, addresses));
  const error = await balancer.start().catch((reason) => reason);
  assert.is(error.name, 'StartError');
  assert.match(error.message, /--bind test: cannot bind 127\.0\.0\.1:\d+: address already in use \(EADDRINUSE\)/);
  await balancer.stop();
  assert.is(openDescriptors(), before);
  assert.not(existsSync(path), 'the UNIX socket is left behind');
});

test.run();
