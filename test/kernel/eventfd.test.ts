/** The eventfd: signals add up, reading takes them all, and signalling never blocks. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openEventfd, signalEventfd } from '../../src/kernel/eventfd.js';
import { EAGAIN } from '../../src/kernel/sys/constants.js';
import { sys } from '../../src/kernel/sys/libc.js';
import { allocate } from '../../src/kernel/sys/memory.js';

const memory = allocate(8);
const read = (fd: number) => (sys.read(fd, memory.address, 8) === 8 ? memory.u64(0) : 0);

test('a new eventfd holds nothing and does not block its reader', () => {
  const fd = openEventfd();
  assert.is(sys.read(fd, memory.address, 8), -EAGAIN);
  sys.close(fd);
});

test('many signals are read at once', () => {
  const fd = openEventfd();
  for (let i = 0; i < 3; i++) signalEventfd(fd);
  assert.is(read(fd), 3);
  assert.is(read(fd), 0);
  sys.close(fd);
});

test('a full counter does not fail the one who signals', () => {
  const fd = openEventfd();
  assert.is(sys.eventfdWrite(fd, Number.MAX_SAFE_INTEGER), 0);
  for (let i = 0; i < 2100; i++) sys.eventfdWrite(fd, Number.MAX_SAFE_INTEGER);
  assert.is(sys.eventfdWrite(fd, Number.MAX_SAFE_INTEGER), -EAGAIN, 'it is full');
  signalEventfd(fd);
  sys.close(fd);
});

test('a descriptor that is no eventfd is an error that names the call', () => {
  assert.throws(() => signalEventfd(-1), /eventfd_write: bad file descriptor \(EBADF\)/);
});

test.run();
