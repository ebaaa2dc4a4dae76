/**
 * Servers that refuse (`retries`, `option redispatch`): which server is tried, after which wait, and
 * what is said of it, beside HAProxy. A retry of the same server waits a second.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { BalanceAlgorithm } from '../../src/config/config.js';
import { freePort } from '../harness.js';
import { dial, interop, type Peer, serve } from './support/peers.js';
import { type Job, planned, plannedHaproxy, type SessionLine, type TellingBalancer } from './support/planned.js';

const TURN_AROUND_MS = 1000;

/** Greets, and ends. */
const brief = (peer: Peer): void => {
  peer.socket.end('hello');
};

interface Case {
  readonly algorithm: BalanceAlgorithm;
  /** null: without the option. */
  readonly redispatch: number | null;
  readonly retries: number;
  /** Servers in order: one that answers, or one that refuses. */
  readonly servers: readonly ('answers' | 'refuses')[];
  /** Waits of a second that there must be. */
  readonly waits: number;
}

const CASES: readonly Case[] = [
  { algorithm: 'roundrobin', redispatch: null, retries: 1, servers: ['refuses', 'answers'], waits: 1 },
  { algorithm: 'roundrobin', redispatch: -1, retries: 3, servers: ['refuses', 'answers'], waits: 0 },
  { algorithm: 'roundrobin', redispatch: -1, retries: 3, servers: ['refuses', 'refuses'], waits: 0 },
  { algorithm: 'roundrobin', redispatch: -1, retries: 2, servers: ['refuses'], waits: 2 },
  { algorithm: 'leastconn', redispatch: -1, retries: 3, servers: ['refuses', 'refuses'], waits: 0 },
  { algorithm: 'leastconn', redispatch: null, retries: 1, servers: ['refuses', 'answers'], waits: 1 },
  { algorithm: 'first', redispatch: 2, retries: 3, servers: ['refuses', 'answers'], waits: 0 },
  { algorithm: 'source', redispatch: -1, retries: 2, servers: ['refuses', 'refuses'], waits: 1 },
  { algorithm: 'source', redispatch: 1, retries: 3, servers: ['refuses', 'refuses'], waits: 0 },
  { algorithm: 'roundrobin', redispatch: -1, retries: 0, servers: ['refuses', 'answers'], waits: 0 },
];

async function jobOf({ algorithm, redispatch, retries, servers }: Case): Promise<Job> {
  const ports = await Promise.all(servers.map(async (kind) => (kind === 'answers' ? (await serve(brief)).port : freePort())));
  return {
    lines: [
      `balance ${algorithm}`,
      `retries ${retries}`,
      ...(redispatch === null ? [] : [`option redispatch ${redispatch}`]),
      ...ports.map((port, i) => `server s${i + 1} 127.0.0.1:${port}`),
    ],
  };
}

/** What a client meets, and what is said of it. */
async function outcome(balancer: TellingBalancer): Promise<{ heard: string; line: SessionLine }> {
  const client = await dial(balancer.port);
  client.socket.end('something');
  await client.over();
  const [line] = await balancer.lines(1);
  return { heard: client.heard, line };
}

interop('refusals are retried and redispatched as by HAProxy', async (engine) => {
  const both = CASES.map(async (one) => {
    const job = await jobOf(one);
    const [ours, theirs] = await Promise.all([planned(engine, 1, job).then(outcome), plannedHaproxy(1, job).then(outcome)]);
    return { one, ours, theirs };
  });
  for (const { one, ours, theirs } of await Promise.all(both)) {
    const what = JSON.stringify(one);
    const facts = ({ heard, line }: typeof ours): string =>
      `${heard} ${line.server} ${line.connectMs < 0} ${line.termination} ${line.retries} ${line.queues}`;
    assert.is(facts(ours), facts(theirs), what);
    for (const { line } of [ours, theirs]) assert.ok(line.totalMs >= one.waits * TURN_AROUND_MS, `${what} waits`);
    if (one.waits === 0) assert.ok(ours.line.totalMs < 3 * TURN_AROUND_MS, `${what} does not wait`);
  }
});

test.run();
