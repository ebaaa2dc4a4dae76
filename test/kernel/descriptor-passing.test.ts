/** Descriptors through UNIX sockets, as the kernel hands them on. */
import { closeSync, fstatSync, openSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  CMSGHDR_LEVEL,
  CMSGHDR_SIZE,
  CMSGHDR_TYPE,
  connectStream,
  DESCRIPTORS_MAX,
  MSGHDR_CONTROL,
  MSGHDR_CONTROL_LENGTH,
  MSGHDR_FLAGS,
  MSGHDR_SIZE,
  receiveDescriptors,
  sendDescriptors,
} from '../../src/kernel/descriptor-passing.js';
import { SystemCallError } from '../../src/kernel/errno.js';
import { AF_UNIX, EAGAIN, SOCK_STREAM } from '../../src/kernel/sys/constants.js';
import { sys } from '../../src/kernel/sys/libc.js';
import { allocate } from '../../src/kernel/sys/memory.js';
import { scratchFolder } from '../harness.js';
import { evaluate } from './support/compiler.js';

/** Two ends of a UNIX socket. */
function socketPair(): [number, number] {
  const memory = allocate(8);
  assert.is(sys.socketpair(AF_UNIX, SOCK_STREAM, 0, memory.address), 0);
  const [a, b] = memory.i32;
  memory.unmap();
  return [a, b];
}

test('what was sent arrives, with copies of the descriptors', () => {
  const [a, b] = socketPair();
  const files = [openSync('/dev/null', 'r'), openSync('/dev/zero', 'r')];
  assert.is(sendDescriptors(a, Buffer.from('two'), files), 3);
  const { bytes, descriptors } = receiveDescriptors(b, 100);
  assert.is(Buffer.from(bytes).toString(), 'two');
  assert.equal(
    descriptors.map((fd) => fstatSync(fd).rdev),
    files.map((fd) => fstatSync(fd).rdev),
  );
  for (const fd of [...files, ...descriptors, a, b]) closeSync(fd);
});

test('as many as one message may carry, and none', () => {
  const [a, b] = socketPair();
  const file = openSync('/dev/null', 'r');
  assert.is(sendDescriptors(a, Buffer.from('x'), new Array<number>(DESCRIPTORS_MAX).fill(file)), 1);
  const { descriptors } = receiveDescriptors(b, 10);
  assert.is(descriptors.length, DESCRIPTORS_MAX);
  assert.is(sendDescriptors(a, Buffer.from('bare'), []), 4);
  assert.equal(receiveDescriptors(b, 4, true), { bytes: new Uint8Array(Buffer.from('bare')), descriptors: [] });
  assert.throws(() => sendDescriptors(a, Buffer.from('x'), new Array<number>(DESCRIPTORS_MAX + 1).fill(file)), RangeError);
  for (const fd of [file, ...descriptors, a, b]) closeSync(fd);
});

test('a peer that says nothing is not waited for longer than agreed', async () => {
  const path = join(scratchFolder(), 'socket');
  const peers: Socket[] = [];
  const server = createServer((peer) => peers.push(peer));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const fd = connectStream({ family: 'unix', path, abstract: false }, 50);
  assert.throws(
    () => receiveDescriptors(fd, 4, true),
    (error: unknown) => error instanceof SystemCallError && error.errno === EAGAIN,
  );
  closeSync(fd);
  server.close();
  for (const peer of peers) peer.destroy();
});

test('the layout of messages is the one of the headers', async () => {
  const ours = {
    'offsetof(struct msghdr, msg_control)': MSGHDR_CONTROL,
    'offsetof(struct msghdr, msg_controllen)': MSGHDR_CONTROL_LENGTH,
    'offsetof(struct msghdr, msg_flags)': MSGHDR_FLAGS,
    'sizeof(struct msghdr)': MSGHDR_SIZE,
    'offsetof(struct cmsghdr, cmsg_level)': CMSGHDR_LEVEL,
    'offsetof(struct cmsghdr, cmsg_type)': CMSGHDR_TYPE,
    'CMSG_LEN(0)': CMSGHDR_SIZE,
  };
  const headers = await evaluate(Object.keys(ours));
  assert.equal(Object.fromEntries(Object.keys(ours).map((name) => [name, Number(headers.get(name))])), ours);
});

test.run();
