/** Counters: one row for each worker, summed by whoever reads. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { COUNTER, COUNTER_NAMES, WorkerCounters } from '../../src/shared/counters.js';

test('the sum is that of all workers, of one name alone', () => {
  const buffer = WorkerCounters.create(3);
  for (let worker = 0; worker < 3; worker++) {
    const row = new WorkerCounters(buffer).row(worker);
    row[COUNTER.sessionsTotal] += 10 + worker;
    row[COUNTER.bytesFromServers] += 2 ** 40;
  }
  const reader = new WorkerCounters(buffer);
  assert.is(reader.total('sessionsTotal'), 33);
  assert.is(reader.total('bytesFromServers'), 3 * 2 ** 40);
  assert.is(reader.total('sessionsNow'), 0);
});

test('each name has a place of its own in the row', () => {
  const row = new WorkerCounters(WorkerCounters.create(1)).row(0);
  for (const [i, name] of COUNTER_NAMES.entries()) row[COUNTER[name]] = i + 1;
  assert.equal(
    [...row.subarray(0, COUNTER_NAMES.length)],
    COUNTER_NAMES.map((_, i) => i + 1),
  );
});

test('rows lie on cache lines of their own', () => {
  const counters = new WorkerCounters(WorkerCounters.create(2));
  assert.is((counters.row(1).byteOffset - counters.row(0).byteOffset) % 64, 0);
});

test.run();
