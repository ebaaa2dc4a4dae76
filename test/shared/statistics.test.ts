/** Rows of statistics: whose they are over a succession of plans, and what their readers see. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ProxyTable } from '../../src/shared/proxies.js';
import { NO_WORKER } from '../../src/shared/state.js';
import { allocateStatistics, type SharedStatistics, type StatisticsNames } from '../../src/shared/statistics.js';
import { STAT } from '../../src/shared/statistics-layout.js';

const names = (frontends: Record<string, string[]>, backends: Record<string, string[]>): StatisticsNames => ({
  frontends: Object.entries(frontends).map(([name, binds]) => ({ name, binds })),
  backends: Object.entries(backends).map(([name, servers]) => ({ name, servers })),
});
const reader = (shared: SharedStatistics): ProxyTable => new ProxyTable(shared, NO_WORKER);
const chunksOf = (shared: SharedStatistics) => new Set([...shared.directory.values()].map(({ chunk }) => chunk));

test('what several workers count is summed, the highest of all is the highest', () => {
  const shared = allocateStatistics(names({ f: ['b'] }, { be: ['s'] }), 2);
  const [one, two] = [0, 1].map((worker) => new ProxyTable(shared, worker));
  one.frontends[0].enter(1000);
  two.frontends[0].enter(1000);
  two.frontends[0].enter(1000);
  one.frontends[0].leave();
  one.backends[0].own[STAT.bytesIn] += 2 ** 40;
  two.backends[0].own[STAT.bytesIn] += 5;
  two.servers[0][0].note('queuedMax', 7);
  one.servers[0][0].note('queuedMax', 3);
  const seen = reader(shared);
  assert.equal([seen.frontends[0].current, seen.frontends[0].highest('currentMax')], [2, 3]);
  assert.equal([seen.frontends[0].total, seen.frontends[0].highest('sessionRateMax')], [3, 3]);
  assert.is(seen.frontends[0].rate(1500), 3);
  assert.is(seen.frontends[0].rate(9000), 0);
  assert.is(seen.backends[0].sum('bytesIn'), 2 ** 40 + 5);
  assert.is(seen.servers[0][0].highest('queuedMax'), 7);
});

test('nothing of one row is seen in another', () => {
  const shared = allocateStatistics(names({ f: ['a', 'b'], g: ['a'] }, { be: ['s', 't'], f: ['s'] }), 3);
  const all = reader(shared).all;
  assert.is(all.length, 1 + 2 + 3 + 2 + 3);
  for (const [i, row] of new ProxyTable(shared, 1).all.entries()) {
    row.own.fill(i + 1);
    for (let n = 0; n <= i; n++) row.arrive();
  }
  assert.equal(
    all.map((row) => [row.sum('sessions'), row.current]),
    all.map((_, i) => [i + 1, i + 1]),
  );
});

test('a plan that knows a name keeps its row, whatever its place is', () => {
  const before = allocateStatistics(names({ f: ['x'] }, { a: ['s', 't'], b: [] }), 1);
  const worker = new ProxyTable(before, 0);
  worker.frontends[0].enter(0);
  worker.servers[0][1].own[STAT.sessions] = 41;
  const after = allocateStatistics(names({ g: [], f: ['x', 'y'] }, { c: ['s'], a: ['t'] }), 1, [before]);
  assert.equal(reader(after).frontends[1].current, 1);
  assert.is(reader(after).frontends[0].current, 0);
  worker.servers[0][1].own[STAT.sessions]++; // a session of the old plan
  new ProxyTable(after, 0).servers[1][0].own[STAT.sessions]++;
  assert.is(reader(after).servers[1][0].total, 43);
  assert.is(reader(after).servers[0][0].total, 0, 'c/s is another one than a/s');
  worker.frontends[0].leave();
  assert.is(reader(after).frontends[1].current, 0);
});

test('a row is given to another only when no plan with sessions uses it, and begins at zero', () => {
  const first = allocateStatistics(names({ f: [] }, { a: ['s', 't'] }), 1);
  new ProxyTable(first, 0).servers[0][1].own.fill(9);
  const second = allocateStatistics(names({ f: [] }, { a: ['s'] }), 1, [first]);
  const third = allocateStatistics(names({ f: [] }, { a: ['s', 'u'] }), 1, [first, second]);
  assert.is(chunksOf(third).size, 2, 'a/t has sessions');
  assert.is(reader(third).servers[0][1].total, 0);
  const back = allocateStatistics(names({ f: [] }, { a: ['t'] }), 1, [first, second]);
  assert.is(reader(back).servers[0][0].total, 9, 'a name that comes back while it has sessions');
  const fourth = allocateStatistics(names({ f: [] }, { a: ['s', 'u'] }), 1, [second]);
  assert.is(chunksOf(fourth).size, 1);
  assert.is(reader(fourth).servers[0][1].total, 0, 'it was not zero before');
});

test('a thousand plans of other names do not grow', () => {
  let shared = allocateStatistics(names({ f: ['b'] }, { a: ['s0', 's1'] }), 2);
  for (let i = 1; i <= 1000; i++) {
    const next = names({ f: ['b'], [`g${i}`]: [] }, { a: [`s${i}`, `s${i + 1}`] });
    shared = allocateStatistics(next, 2, [shared]);
  }
  const bytes = [...chunksOf(shared)].reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
  const fresh = allocateStatistics(names({ f: ['b'], g: [] }, { a: ['s', 't'] }), 2);
  const needed = [...chunksOf(fresh)][0].buffer.byteLength;
  assert.ok(bytes <= 2 * needed, `${bytes} bytes for what takes ${needed}`);
});

test('what a dead worker had open is taken off, what it has counted stays', () => {
  const shared = allocateStatistics(names({ f: [] }, {}), 2);
  const [dead, alive] = [0, 1].map((worker) => new ProxyTable(shared, worker).frontends[0]);
  dead.enter(0);
  dead.enter(0);
  alive.enter(0);
  new ProxyTable(shared, 0).frontends[0].leaveAll(); // by the master, in its name
  assert.equal([alive.current, reader(shared).frontends[0].total], [1, 3]);
  dead.enter(0);
  assert.equal([alive.current, reader(shared).frontends[0].total], [2, 4]);
});

test('averages are those of the latest samples, all workers together', () => {
  const shared = allocateStatistics(names({}, { a: [] }), 2);
  const [one, two] = [0, 1].map((worker) => new ProxyTable(shared, worker).backends[0]);
  const seen = reader(shared).backends[0];
  assert.is(seen.average('totalMs'), 0);
  one.sample(0, 10, 100);
  two.sample(0, 20, 200);
  assert.equal([seen.average('queueMs'), seen.average('connectMs'), seen.average('totalMs')], [0, 15, 150]);
  for (let i = 0; i < 10_000; i++) one.sample(3, 10, 40);
  for (let i = 0; i < 10_000; i++) two.sample(5, 10, 40);
  assert.equal([seen.average('queueMs'), seen.average('connectMs'), seen.average('totalMs')], [4, 10, 40]);
  assert.equal([seen.highest('queueMsMax'), seen.highest('connectMsMax'), seen.highest('totalMsMax')], [5, 20, 200]);
});

test('cleared maxima begin anew, all else stays; cleared counters begin at zero, what is open stays', () => {
  const shared = allocateStatistics(names({ f: [] }, {}), 2);
  const [one, two] = [0, 1].map((worker) => new ProxyTable(shared, worker).frontends[0]);
  const seen = reader(shared).frontends[0];
  for (let i = 0; i < 3; i++) one.enter(0);
  two.enter(0);
  two.leave();
  one.sample(1, 1, 50);
  seen.clearHighest();
  assert.equal([seen.highest('currentMax'), seen.highest('totalMsMax'), seen.total, seen.average('totalMs')], [0, 0, 4, 50]);
  reader(shared).frontends[0].clearAll();
  assert.equal([seen.total, seen.current, seen.average('totalMs')], [0, 3, 0]);
  two.enter(0);
  one.sample(1, 1, 20);
  assert.equal([seen.total, seen.current, seen.highest('currentMax'), seen.average('totalMs')], [1, 4, 4, 20]);
});

test.run();
