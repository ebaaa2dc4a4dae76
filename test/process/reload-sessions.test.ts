/** What sessions of the former plan and of the next one share while both are there, and workers that die between the two. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Command, newSession } from '../../src/admin/command.js';
import { STATS_COMMANDS } from '../../src/admin/commands/stats.js';
import type { LoadBalancer } from '../../src/master/balancer.js';
import { StartError } from '../../src/master/start-error.js';
import { eventually, freePort, scratchFolder } from '../harness.js';
import { dial, echo, interop, named, type Peer, serve } from '../interop/support/peers.js';
import { planFor, running } from '../master/support/running.js';

const DYING_WORKER = new URL('../master/fixtures/reloading-worker.js', import.meta.url);

/** A client that is served by now. */
async function served(port: number): Promise<Peer> {
  const peer = await dial(port);
  await peer.echoes('hello');
  return peer;
}

interop('a limit of a server holds for sessions of both plans, and who waits is served', async (engine) => {
  const server = await serve(echo);
  const port = await freePort();
  const text = (timeout: string): string =>
    `listen f\n  bind 127.0.0.1:${port}\n  timeout server ${timeout}\n  server a ${server.address} maxconn 1\n`;
  await running(planFor(engine, text('1m')), async (balancer) => {
    const first = await served(port);
    const second = await dial(port);
    await eventually('the second waits', () => balancer.queuedSessions()[0] === 1);
    await balancer.reload(planFor(engine, text('2m')));
    const third = await dial(port);
    await eventually('the third waits, too', () => balancer.queuedSessions()[0] === 2);
    assert.equal(balancer.serverConnections(), [[1]]);
    first.socket.destroy();
    await second.echoes('a session of the first plan');
    second.socket.destroy();
    await third.echoes('a session of the second');
    third.socket.destroy();
    await eventually('nobody is left', () => balancer.serverConnections()[0][0] === 0);
    await eventually('the first plan is given up', () => balancer.formerPlans === 0);
  });
});

interop('clients stay with their server when a reload gives it another place', async (engine) => {
  const [a, b, z] = await Promise.all(['a', 'b', 'z'].map((name) => serve(named(name))));
  const port = await freePort();
  const text = (servers: string): string =>
    `listen f\n  bind 127.0.0.1:${port}\n  stick-table type ip size 10\n  stick on src\n${servers}`;
  const [lineA, lineB, lineZ] = [a, b, z].map(({ address }, i) => `  server ${'abz'[i]} ${address}\n`);
  const isServedBy = async (name: string): Promise<void> => {
    const client = await dial(port);
    await client.hears(`${name}\n`);
    client.socket.destroy();
  };
  await running(planFor(engine, text(lineA + lineB)), async (balancer) => {
    await isServedBy('a');
    for (const servers of [lineZ + lineA + lineB, lineB + lineZ + lineA, lineZ + lineA.replace('\n', ' id 7\n')]) {
      await balancer.reload(planFor(engine, text(servers)));
      for (let i = 0; i < 3; i++) await isServedBy('a');
    }
    await balancer.reload(planFor(engine, text(lineZ)));
    await isServedBy('z');
  });
});

interop('statistics that are being told at a reload are those of the plan with which they began', async (engine) => {
  const [port, other] = [await freePort(), await freePort()];
  const text = (sections: readonly string[]): string =>
    sections.map((name) => `listen ${name}\n  bind 127.0.0.1:${name === 'f' ? port : other}\n  server a 127.0.0.1:1\n`).join('');
  await running(planFor(engine, text(['f', 'g'])), async (balancer) => {
    const command = STATS_COMMANDS.find(({ name }) => name === 'show stat') as Command;
    const call = { balancer, session: newSession({ level: 'admin' }), words: [], payload: null };
    const answer = (command.run(call) as Iterable<string>)[Symbol.iterator]();
    const rows = [answer.next().value as string, answer.next().value as string];
    await balancer.reload(planFor(engine, text(['f'])));
    for (let row = answer.next(); row.done !== true; row = answer.next()) rows.push(row.value);
    const names = rows.slice(1).map((row) => row.split(',').slice(0, 2).join('/'));
    assert.equal(names, ['f/FRONTEND', 'f/a', 'f/BACKEND', 'g/FRONTEND', 'g/a', 'g/BACKEND']);
  });
});

interop('who waits under a plan whose servers are chosen otherwise now is served by it', async (engine) => {
  const server = await serve(echo);
  const port = await freePort();
  const text = (balance: string): string =>
    `listen f\n  bind 127.0.0.1:${port}\n  balance ${balance}\n  server a ${server.address} maxconn 1\n`;
  await running(planFor(engine, text('roundrobin')), async (balancer) => {
    const first = await served(port);
    const second = await dial(port);
    await eventually('the second waits', () => balancer.queuedSessions()[0] === 1);
    await balancer.reload(planFor(engine, text('leastconn')));
    assert.equal([balancer.queuedSessions(), balancer.serverConnections()], [[0], [[0]]]);
    const third = await served(port);
    first.socket.destroy();
    await second.echoes('hello');
    assert.is(balancer.formerPlans, 1);
    second.socket.destroy();
    await eventually('the first plan is given up', () => balancer.formerPlans === 0);
    await third.echoes('still there');
  });
});

interop('a server that goes down is left by those who wait for it under a former plan', async (engine) => {
  const server = await serve(echo);
  const port = await freePort();
  const text = (balance: string): string => `listen f
  bind 127.0.0.1:${port}
  balance ${balance}
  option redispatch
  stick-table type ip size 10
  stick on src
  server a ${server.address} maxconn 1
  server b ${server.address}
`;
  await running(planFor(engine, text('first')), async (balancer) => {
    const first = await served(port);
    const second = await dial(port);
    await eventually('the second waits for the server of the first', () => balancer.queuedSessions()[0] === 1);
    await balancer.reload(planFor(engine, text('roundrobin')));
    assert.is(balancer.tables.sticks[0].count, 1, 'the table is the same');
    balancer.serverStates.setDown({ backend: 0, server: 0 });
    await second.echoes('served by the other one');
    await first.echoes('not cut off');
  });
});

interop('sessions of a former plan have the time of hard-stop-after', async (engine) => {
  const server = await serve(echo);
  const port = await freePort();
  const body = `listen f\n  bind 127.0.0.1:${port}\n  server a ${server.address}\n`;
  await running(planFor(engine, body), async (balancer) => {
    const first = await served(port);
    await balancer.reload(planFor(engine, body, { global: '  maxconn 100\n  hard-stop-after 1s\n' }));
    const second = await served(port);
    await first.over();
    await eventually('its plan is given up', () => balancer.formerPlans === 0);
    await second.echoes('still there');
  });
});

for (const [death, expected] of [
  ['prepare', 'the plan before'],
  ['apply', 'the next plan'],
] as const)
  interop(`a worker that dies on ${death} is replaced by one that knows ${expected}`, async (engine) => {
    const server = await serve(echo);
    const [port, other] = [await freePort(), await freePort()];
    const marker = join(scratchFolder(), 'die');
    process.env.TEST_RELOAD_DEATH = marker;
    const text = (more: string): string => `listen f\n  bind 127.0.0.1:${port}\n${more}  server a ${server.address}\n`;
    const next = planFor(engine, text(`  bind 127.0.0.1:${other}\n`));
    const body = async (balancer: LoadBalancer, said: string[]): Promise<void> => {
      const clients = await Promise.all(Array.from({ length: 16 }, () => served(port)));
      writeFileSync(`${marker}.${death}`, '');
      const outcome = await balancer.reload(next).then(
        () => null,
        (reason: unknown) => reason,
      );
      assert.match(said.join(''), new RegExp(`planted failure on ${death}`));
      if (death === 'apply') assert.is(outcome, null);
      else {
        assert.instance(outcome, StartError);
        assert.match(String(outcome), /the new plan is refused: worker \d died/);
        for (let i = 0; i < 4; i++) (await served(port)).socket.destroy();
        await balancer.reload(next);
      }
      for (let i = 0; i < 8; i++) (await served(other)).socket.destroy();
      for (const client of clients) client.socket.destroy();
      await eventually('no session is left', () => balancer.counters().sessionsNow === 0);
      await eventually('former plans are given up', () => balancer.formerPlans === 0);
      assert.equal(balancer.serverConnections(), [[0]]);
      assert.is(balancer.tables.proxies.frontends[0].current, 0);
    };
    await running(planFor(engine, text('')), body, DYING_WORKER);
  });

test.run();
