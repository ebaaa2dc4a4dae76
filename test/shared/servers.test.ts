/** The table of servers: choosing is exact whichever worker chooses, and what a dead worker had is taken off. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Pieces } from '../../src/shared/pieces.js';
import { ServerTable, STATE_DOWN } from '../../src/shared/servers.js';
import type { ServerThreads } from './support/servers-thread.js';
import { inThreads } from './support/threads.js';

const THREADS = 4;
const MODULE = new URL('./support/servers-thread.js', import.meta.url);

function tableOf(weights: readonly number[]): Pieces {
  const table = ServerTable.create([weights.length], THREADS);
  const [group] = new ServerTable(table, [weights.length], THREADS, 0).groups;
  weights.forEach((weight, server) => {
    group.setWeight(server, weight);
  });
  return table;
}

/** How often each server was chosen by all threads together. */
async function choose(options: ServerThreads): Promise<number[]> {
  const answers = await inThreads<ServerThreads, number[]>(MODULE, THREADS, options);
  return Array.from({ length: options.servers }, (_, server) => answers.reduce((sum, chosen) => sum + chosen[server], 0));
}

test('roundrobin over four threads and 100,000 choices is exact', async () => {
  const chosen = await choose({ table: tableOf([1, 1, 1, 1]), servers: 4, balance: 'roundrobin', choices: 25_000, keep: 0 });
  assert.equal(chosen, [25_000, 25_000, 25_000, 25_000]);
});

test('weights are kept to exactly over four threads', async () => {
  const chosen = await choose({ table: tableOf([5, 2, 1]), servers: 3, balance: 'roundrobin', choices: 20_000, keep: 0 });
  assert.equal(chosen, [50_000, 20_000, 10_000]);
});

test('leastconn over four threads and 100,000 connections that stay differs by one at most', async () => {
  const chosen = await choose({ table: tableOf([1, 1, 1]), servers: 3, balance: 'leastconn', choices: 25_000, keep: -1 });
  assert.equal([...chosen].sort(), [33_333, 33_333, 33_334]);
});

for (const balance of ['roundrobin', 'static-rr', 'leastconn', 'first', 'random'] as const) {
  test(`${balance} finds a server in every choice while states and weights change`, async () => {
    const table = tableOf([1, 1, 1]);
    const [group] = new ServerTable(table, [3], THREADS, 0).groups;
    let over = false;
    const chosen = choose({ table, servers: 3, balance, choices: 20_000, keep: 0 }).finally(() => {
      over = true;
    });
    for (let change = 0; !over; change++) {
      group.setState(change % 2, change % 3 === 0 ? STATE_DOWN : 0);
      group.setWeight(change % 3, 1 + (change % 7));
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.is(
      (await chosen).reduce((sum, count) => sum + count, 0),
      20_000 * THREADS,
    );
  });
}

test('the counts are those of the connections that are left when others came and went', async () => {
  const table = tableOf([1, 1, 1]);
  await choose({ table, servers: 3, balance: 'leastconn', choices: 25_000, keep: 5 });
  const groups = Array.from({ length: THREADS }, (_, worker) => new ServerTable(table, [3], THREADS, worker).groups[0]);
  const active = (): number => [0, 1, 2].reduce((sum, server) => sum + groups[0].active(server), 0);
  assert.is(active(), 5 * THREADS);
  for (const [worker, group] of groups.entries()) {
    group.leaveAll();
    assert.is(active(), 5 * (THREADS - 1 - worker), 'each worker takes its own off');
  }
  assert.equal(
    [0, 1, 2].map((server) => groups[0].active(server)),
    [0, 0, 0],
  );
});

test('taking off twice takes off once', () => {
  const table = tableOf([1]);
  const [mine] = new ServerTable(table, [1], THREADS, 0).groups;
  const [other] = new ServerTable(table, [1], THREADS, 1).groups;
  mine.enter(0);
  other.enter(0);
  mine.leaveAll();
  mine.leaveAll();
  assert.is(other.active(0), 1);
});

test('backends do not touch each other', () => {
  const table = ServerTable.create([2, 1, 3], 2);
  const [a, b, c] = new ServerTable(table, [2, 1, 3], 2, 1).groups;
  a.enter(1);
  b.setWeight(0, 9);
  c.enter(0);
  c.enter(2);
  c.cursor = 5;
  assert.equal([a.active(0), a.active(1)], [0, 1]);
  assert.equal([b.active(0), b.weight(0)], [0, 9]);
  assert.equal([c.active(0), c.active(1), c.active(2)], [1, 0, 1]);
  assert.is(b.cursor, 0);
  const [, , fromOther] = new ServerTable(table, [2, 1, 3], 2, 0).groups;
  assert.is(fromOther.active(2), 1);
});

test('a change of load is later than every one before', () => {
  const [group] = new ServerTable(tableOf([1, 1]), [2], THREADS, 0).groups;
  group.enter(0);
  group.enter(1);
  assert.ok(group.touched(0) < group.touched(1));
  group.leave(0);
  assert.ok(group.touched(1) < group.touched(0));
});

test('the lock that a dead worker held is freed', () => {
  const table = tableOf([1]);
  const [dead] = new ServerTable(table, [1], THREADS, 0).groups;
  const [alive] = new ServerTable(table, [1], THREADS, 1).groups;
  dead.lock(1);
  alive.unlockFor(1);
  alive.lock(2);
  alive.unlock();
});

test.run();
