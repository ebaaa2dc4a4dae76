/** Frontends that pause: who waits in the queue of a socket that stops listening is served, who comes later is not. */
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LoadBalancer } from '../../../src/master/balancer.js';
import { Log } from '../../../src/master/log.js';
import type { Plan } from '../../../src/plan/plan.js';
import { planOf } from '../../harness/plans.js';
import { type EngineChoice, eventually, freePort, isListening, scratchFolder } from '../../harness.js';
import { dial, echo, interop, named, serve } from '../../interop/support/peers.js';

function planFor(engine: EngineChoice, body: string): Plan {
  return planOf(
    `global\n  nbthread 2\n  maxconn 50\n  tune.io-engine ${engine}\ndefaults\n  timeout connect 5s\n  timeout client 1m\n  timeout server 1m\n${body}`,
  );
}

async function running(plan: Plan, body: (balancer: LoadBalancer) => Promise<void>): Promise<void> {
  const balancer = new LoadBalancer(plan, { log: new Log({ write: () => undefined }) });
  await balancer.start();
  try {
    await body(balancer);
  } finally {
    await balancer.stop();
  }
}

interop('clients in the queue of a full frontend are served although it pauses', async (engine) => {
  const server = await serve(echo);
  const port = await freePort();
  await running(
    planFor(engine, `listen f\n  bind 127.0.0.1:${port} backlog 64\n  maxconn 1\n  server a ${server.address}\n`),
    async (balancer) => {
      const first = await dial(port);
      await first.echoes('served');
      const waiting = await Promise.all(Array.from({ length: 8 }, () => dial(port)));
      await balancer.pause();
      assert.is(isListening(port), false);
      first.socket.end();
      for (const client of waiting) client.socket.write('hello');
      for (const client of waiting) {
        // one after the other, in any order
        await eventually('one of them is served', () => waiting.some((one) => one.heard === 'hello' && !one.socket.destroyed));
        const served = waiting.find((one) => one.heard === 'hello' && !one.socket.destroyed) ?? client;
        served.socket.destroy();
      }
      assert.is(waiting.filter(({ heard }) => heard === 'hello').length, waiting.length);
      await balancer.resume();
      await (await dial(port)).echoes('again');
    },
  );
});

interop('who comes to a UNIX socket during a pause waits, also through a reload', async (engine) => {
  const server = await serve(named('served'));
  const path = join(scratchFolder(), 'f.sock');
  const text = (timeout: number): string =>
    `listen f\n  bind unix@${path}\n  timeout server ${timeout}s\n  server a ${server.address}\n`;
  await running(planFor(engine, text(5)), async (balancer) => {
    await balancer.pause();
    const client = await dial(path);
    await balancer.reload(planFor(engine, text(6)));
    await balancer.reload(planFor(engine, text(7)));
    assert.equal([balancer.counters().sessionsTotal, client.heard], [0, '']);
    await balancer.resume();
    await client.hears('served');
  });
});

test.run();
