/** The lock between threads: one at a time, and a dead one's lock can be freed. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { lock, MASTER_OWNER, unlock, unlockFor } from '../../src/shared/lock.js';
import { inThreads } from './support/threads.js';

const THREADS = 4;
const ROUNDS = 50_000;

test('four threads count together and none is lost', async () => {
  const words = new Int32Array(new SharedArrayBuffer(256));
  const module = new URL('./support/lock-thread.js', import.meta.url);
  const intruders = await inThreads<object, number>(module, THREADS, { words, rounds: ROUNDS });
  assert.equal(intruders, [0, 0, 0, 0]);
  assert.is(words[16], THREADS * ROUNDS);
  assert.is(words[0], 0);
});

test('the word says who holds the lock', () => {
  const words = new Int32Array(new SharedArrayBuffer(64));
  lock(words, 3, 7);
  assert.is(words[3], 7);
  unlock(words, 3);
  assert.is(words[3], 0);
});

test('only the lock of the dead owner is freed', () => {
  const words = new Int32Array(new SharedArrayBuffer(64));
  lock(words, 0, 2);
  unlockFor(words, 0, 1);
  assert.is(words[0], 2, 'somebody else holds it');
  unlockFor(words, 0, 2);
  assert.is(words[0], 0);
});

test('the master does not wait for ever', () => {
  const words = new Int32Array(new SharedArrayBuffer(64));
  lock(words, 0, 3);
  assert.throws(() => lock(words, 0, MASTER_OWNER), /^worker 2 holds a lock for 5 s: it is stuck or dead$/);
  assert.is(words[0], 3);
  unlock(words, 0);
  lock(words, 0, MASTER_OWNER);
  assert.is(words[0], MASTER_OWNER);
});

test.run();
