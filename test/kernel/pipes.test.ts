/** The pool of pipes: bounded, reused, closed, and splice(2) through it. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openEventfd } from '../../src/kernel/eventfd.js';
import { getNofileLimit, setNofileLimit } from '../../src/kernel/limits.js';
import { NO_PIPE, PipePool } from '../../src/kernel/pipes.js';
import { AF_UNIX, EAGAIN, EPIPE, SOCK_NONBLOCK, SOCK_STREAM } from '../../src/kernel/sys/constants.js';
import { sys } from '../../src/kernel/sys/libc.js';
import { allocate } from '../../src/kernel/sys/memory.js';
import { Ledger } from './support/ledger.js';

const PIPE_SIZE = 65536;
const memory = allocate(1 << 20);

function withPool(max: number, body: (pool: PipePool, ledger: Ledger) => void): void {
  const ledger = new Ledger();
  const pool = new PipePool(max, PIPE_SIZE, ledger);
  body(pool, ledger);
  pool.closeAll();
  ledger.assertBalanced();
  ledger.unmapAll();
}

/** Two connected sockets. */
function socketPair(): [number, number] {
  assert.is(sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, memory.address), 0);
  return [memory.i32[0], memory.i32[1]];
}

test('pipes are opened when they are needed, up to the bound', () =>
  withPool(2, (pool, ledger) => {
    assert.is(ledger.descriptors.size, 0);
    const [first, second] = [pool.take(), pool.take()];
    assert.is.not(first, second);
    assert.is(ledger.descriptors.size, 4);
    assert.is(pool.take(), NO_PIPE);
  }));

test('a pipe given back is used again without opening one', () =>
  withPool(2, (pool, ledger) => {
    const pipe = pool.take();
    pool.give(pipe);
    assert.is(pool.take(), pipe);
    assert.is(ledger.descriptors.size, 2);
  }));

test('a discarded pipe is closed and makes room for a new, empty one', () =>
  withPool(1, (pool, ledger) => {
    const [near, far] = socketPair();
    const pipe = pool.take();
    assert.is(sys.write(near, memory.address, 10), 10);
    assert.is(pool.spliceIn(far, pipe, 100), 10);
    pool.discard(pipe);
    assert.is(ledger.descriptors.size, 0);
    const fresh = pool.take();
    assert.is(pool.spliceOut(fresh, near, 100, false), -EAGAIN, 'the new one is empty');
    sys.close(near);
    sys.close(far);
  }));

test('no descriptor left: no pipe, and none is lost from the pool', () =>
  withPool(1, (pool) => {
    const lowestFree = openEventfd();
    sys.close(lowestFree);
    const limit = getNofileLimit();
    assert.is(setNofileLimit({ soft: lowestFree, hard: limit.hard }), 0);
    const refused = pool.take();
    assert.is(setNofileLimit(limit), 0);
    assert.is(refused, NO_PIPE);
    assert.ok(pool.take() >= 0);
  }));

test('bytes go in and come out, in portions of any size', () =>
  withPool(1, (pool) => {
    const [near, far] = socketPair();
    const pipe = pool.take();
    memory.u8.set(Buffer.from('through the pipe'));
    sys.write(near, memory.address, 16);
    assert.is(pool.spliceIn(far, pipe, 7), 7);
    assert.is(pool.spliceIn(far, pipe, 100), 9);
    assert.is(pool.spliceIn(far, pipe, 100), -EAGAIN);
    assert.is(pool.spliceOut(pipe, far, 10, true), 10);
    assert.is(pool.spliceOut(pipe, far, 10, false), 6);
    assert.is(sys.read(near, memory.address, 100), 16);
    assert.is(Buffer.from(memory.u8.subarray(0, 16)).toString(), 'through the pipe');
    pool.give(pipe);
    sys.close(near);
    sys.close(far);
  }));

test('a full pipe says EAGAIN though the socket has more, and then gives out all that went in', () =>
  withPool(1, (pool) => {
    const [near, far] = socketPair();
    const pipe = pool.take();
    let taken = 0;
    for (let result = 0; result >= 0; ) {
      sys.write(near, memory.address, 4096);
      result = pool.spliceIn(far, pipe, 1 << 20);
      if (result > 0) taken += result;
      else assert.is(result, -EAGAIN);
    }
    assert.is(sys.recv(far, memory.address, 4096, 0), 4096, 'it was not the socket that was empty');
    assert.is(pool.spliceOut(pipe, far, 1 << 20, false), taken);
    pool.give(pipe);
    sys.close(near);
    sys.close(far);
  }));

test('the end of the stream is 0, a peer that is gone an error', () =>
  withPool(1, (pool) => {
    const [near, far] = socketPair();
    const pipe = pool.take();
    sys.write(near, memory.address, 5);
    assert.is(pool.spliceIn(far, pipe, 100), 5);
    sys.close(near);
    assert.is(pool.spliceIn(far, pipe, 100), 0);
    assert.is(pool.spliceOut(pipe, far, 5, false), -EPIPE);
    pool.discard(pipe);
    sys.close(far);
  }));

test.run();
