/** The stack of a thread that does not come back. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { stackOfThread } from '../../../src/master/workers/thread-stack.js';

/** Counts in `data[0]`, without an end, until it is told to end by `data[1]`. */
const LOOP = `const { parentPort, workerData: data } = require('node:worker_threads');
function spin() { while (Atomics.load(data, 1) === 0) Atomics.add(data, 0, 1); }
function begin() { parentPort.postMessage('begun'); spin(); }
begin();`;

test('of a loop: its functions and places; and the loop goes on', async () => {
  const data = new Int32Array(new SharedArrayBuffer(8));
  const [worker, other] = [0, 1].map((i) => new Worker(LOOP, { eval: true, workerData: data, name: `worker ${i}` }));
  try {
    await Promise.all([once(worker, 'message'), once(other, 'message')]);
    const stack = await stackOfThread(worker.threadId);
    assert.match(stack ?? '', /^ {4}at spin \(\[worker eval\]:2:\d+\)\n {4}at begin \(\[worker eval\]:3:\d+\)\n/);
    const ended = [once(worker, 'exit'), once(other, 'exit')];
    Atomics.store(data, 1, 1);
    assert.equal(await Promise.all(ended), [[0], [0]], 'neither is held by the debugger');
  } finally {
    await Promise.all([worker.terminate(), other.terminate()]);
  }
});

test('of a thread that is not there: none', async () => {
  assert.is(await stackOfThread(1_000_000), null);
});

test.run();
