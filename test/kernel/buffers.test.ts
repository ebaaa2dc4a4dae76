/** The buffer pool: every buffer has one owner at a time. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { BUFFERS_MAX, BufferPool, NO_BUFFER } from '../../src/kernel/buffers.js';

test('each buffer is handed out once, then there is none', () => {
  const pool = new BufferPool(5, 64);
  const taken = Array.from({ length: 5 }, () => pool.take());
  assert.equal([...taken].sort(), [0, 1, 2, 3, 4]);
  assert.is(pool.available, 0);
  assert.is(pool.take(), NO_BUFFER);
  pool.unmap();
});

test('the buffer given back last is used next', () => {
  const pool = new BufferPool(4, 64);
  const [first, second] = [pool.take(), pool.take()];
  pool.give(first);
  pool.give(second);
  assert.is(pool.available, 4);
  assert.is(pool.take(), second);
  assert.is(pool.take(), first);
  pool.unmap();
});

test('a buffer given back stands in no queue', () => {
  const pool = new BufferPool(2, 64);
  const buffer = pool.take();
  pool.next[buffer] = 1;
  pool.give(buffer);
  assert.is(pool.next[buffer], NO_BUFFER);
  pool.unmap();
});

test('buffers do not overlap and bytes() shows what lies in one', () => {
  const pool = new BufferPool(3, 100);
  for (let buffer = 0; buffer < 3; buffer++) {
    pool.length[buffer] = 100;
    pool.bytes(buffer).fill(buffer + 1);
  }
  pool.length[1] = 7;
  assert.equal([...pool.bytes(1)], new Array(7).fill(2));
  assert.equal([...pool.bytes(0)], new Array(100).fill(1));
  assert.equal([...pool.bytes(2)], new Array(100).fill(3));
  for (let buffer = 0; buffer < 3; buffer++) assert.is(pool.address[buffer], pool.region.address + buffer * 100);
  pool.unmap();
});

test('addresses are small integers where there is room for them', () => {
  const pool = new BufferPool(16, 4096);
  for (const address of pool.address) assert.ok((address as number) < 2 ** 31, `${address} would be boxed at each call`);
  pool.unmap();
});

test('sizes that 16-bit buffer numbers cannot count are refused', () => {
  assert.throws(() => new BufferPool(0, 64), /0 is not within 1\.\.32768/);
  assert.throws(() => new BufferPool(BUFFERS_MAX + 1, 64), /32769 is not within/);
});

test.run();
