/** Connections that are open and silent: what a pair of them costs in user memory. */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { IdleOrder } from '../idle-client.js';
import { compiled } from '../lib/contenders.js';
import { memory } from '../lib/cpu.js';
import { withBalancer } from '../lib/measure.js';
import { Program } from '../lib/procs.js';
import { oneWorkerEach, type Row, toHaproxy } from '../lib/row.js';

const PAIRS = 3000;
/** Before the first reading: what is allocated once, code compiled, pools begun. */
const CHURNED = 1000;
const HELD_BEFORE = 200;
/** V8 gives back what its start left behind after some 8 s of rest: that must not be credited to the pairs. */
const SETTLE_MS = 12_000;

const whole = (value: number): string => (Number.isFinite(value) ? value.toFixed(0) : '-');

async function order(client: Program, kind: IdleOrder['kind'], connections: number): Promise<void> {
  const done = once(client.child, 'message');
  const ended = once(client.child, 'close').then(() => client.assertRunning());
  client.child.send({ kind, connections } satisfies IdleOrder);
  await Promise.race([done, ended]);
}

export const idle: Row = {
  name: 'idle',
  title: `${PAIRS} idle connection pairs`,
  note: [
    'User memory per pair, bytes, after one exchange of 100 bytes on each; ratio to',
    `haproxy. Read after ${CHURNED} connections had come and gone and ${HELD_BEFORE} were held.`,
    'The heap of a Node program breathes by 1 MB or so: 300 bytes a pair, either way.',
  ],
  columns: [
    { head: 'RSS/pair', key: 'rss', format: whole },
    { head: 'private dirty/pair', key: 'privateDirty', format: whole },
    { head: 'ratio of RSS', ratioOf: 'rss', reference: toHaproxy },
    { head: 'RSS before, MB', key: 'base', format: (value) => (Number.isFinite(value) ? value.toFixed(1) : '-') },
  ],
  targets: ['turbo-uring', 'turbo-epoll'].map((label) => ({
    label,
    key: 'rss',
    atMost: 1024,
    what: 'bytes of RSS per idle pair',
  })),
  entrants: oneWorkerEach,
  measure: (bench, entrant) =>
    withBalancer(bench, entrant, [`127.0.0.1:${bench.servers.rawPort}`], async (balancer) => {
      const argv = [process.execPath, compiled('../idle-client.js'), String(balancer.port)] as const;
      const client = await Program.start('idle client', argv, { cpus: bench.loadCpus, ipc: true });
      try {
        await order(client, 'churn', CHURNED);
        await order(client, 'open', HELD_BEFORE);
        await delay(SETTLE_MS);
        const before = memory(balancer.pids);
        await order(client, 'open', PAIRS);
        const after = memory(balancer.pids);
        return {
          rss: (after.rss - before.rss) / PAIRS,
          privateDirty: (after.privateDirty - before.privateDirty) / PAIRS,
          base: before.rss / 1e6,
        };
      } finally {
        await client.stop();
      }
    }),
};
