/** The monotonic clock is one clock, whichever thread reads it. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { monotonicMs, monotonicSeconds } from '../../src/kernel/monotonic-clock.js';

const MODULE = new URL('../../src/kernel/monotonic-clock.js', import.meta.url).href;

/** CLOCK_MONOTONIC in nanoseconds, as Node reads it. */
const now = (): bigint => process.hrtime.bigint();

test('seconds are those of the system, in every thread', async () => {
  const before = now() - 1_000_000n; // parts of a millisecond are lost in between
  const source = `import(workerData).then((clock) => parentPort.postMessage(clock.monotonicSeconds()))`;
  const worker = new Worker(`const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads'); ${source}`, {
    eval: true,
    workerData: MODULE,
  });
  const [there] = (await once(worker, 'message')) as [number];
  const here = monotonicSeconds();
  const after = now() + 1_000_000n;
  for (const seconds of [there, here]) {
    assert.ok(BigInt(seconds) >= before / 1_000_000_000n, `${seconds} is not before`);
    assert.ok(BigInt(seconds) <= after / 1_000_000_000n, `${seconds} is not after`);
  }
});

test('milliseconds wrap as 32-bit integers', () => {
  const before = now() / 1_000_000n;
  const between = monotonicMs();
  const after = now() / 1_000_000n;
  assert.is(between, between | 0);
  assert.ok(BigInt.asIntN(32, BigInt(between) - before) >= 0n);
  assert.ok(BigInt.asIntN(32, after - BigInt(between)) >= 0n);
});

test.run();
