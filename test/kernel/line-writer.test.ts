/** Lines to inherited descriptors: nothing blocks, nothing is cut, nothing is changed for others. */
import { closeSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LineWriter } from '../../src/kernel/line-writer.js';
import { AF_UNIX, EAGAIN, EBADF, EPIPE, F_GETFL, O_NONBLOCK, SOCK_STREAM } from '../../src/kernel/sys/constants.js';
import { sys } from '../../src/kernel/sys/libc.js';
import { allocate } from '../../src/kernel/sys/memory.js';
import { scratchFolder } from '../harness.js';
import { Ledger } from './support/ledger.js';

const ROOM = 16384;
const scratch = allocate(4096);
const source = Buffer.alloc(8192, 'x');
source.write('<6>');

/** A pipe, blocking as a shell makes it. */
function pipe(): { from: number; to: number } {
  assert.is(sys.pipe2(scratch.address, 0), 0);
  return { from: scratch.i32[0], to: scratch.i32[1] };
}

/** Adds a line of 3 + `length` characters. */
const add = (writer: LineWriter, length: number): boolean => writer.add(source, 0, 3, 3, length);
const line = (length: number): string => `<6>${'x'.repeat(length)}\n`;

/** What a descriptor gives at once. */
function read(fd: number, max = 1 << 20): string {
  const bytes = Buffer.alloc(max);
  return bytes.toString('latin1', 0, readSync(fd, bytes));
}

test('to a pipe, whose other users see no change', () => {
  const { from, to } = pipe();
  const ledger = new Ledger();
  const writer = new LineWriter(to, ROOM, ledger);
  assert.ok(add(writer, 2));
  assert.ok(add(writer, 0));
  assert.is(writer.flush(), 0);
  assert.is(read(from), '<6>xx\n<6>\n');
  assert.is(sys.fcntl(to, F_GETFL, 0) & O_NONBLOCK, 0, 'the inherited opening still blocks');
  assert.is(ledger.descriptors.size, 1);
  writer.close();
  assert.is(ledger.descriptors.size, 0);
  writeSync(to, 'still open');
  assert.is(read(from), 'still open');
  closeSync(from);
  closeSync(to);
});

test('a pipe that nobody reads: lines wait, then are refused, and none is cut', () => {
  const { from, to } = pipe();
  const writer = new LineWriter(to, ROOM, new Ledger());
  let taken = 0;
  while (add(writer, 900)) {
    taken++;
    assert.is(writer.flush(), 0);
  }
  assert.is(writer.failure, -EAGAIN);
  assert.ok(writer.waiting > ROOM - 1000);
  let all = '';
  while (writer.waiting > 0 || all.length < taken * 904) {
    all += read(from);
    writer.flush();
  }
  assert.is(all, line(900).repeat(taken));
  assert.ok(add(writer, 900), 'there is room again');
  writer.close();
  closeSync(from);
  closeSync(to);
});

test('two writers never mix their lines in a pipe', () => {
  const { from, to } = pipe();
  const writers = [new LineWriter(to, ROOM, new Ledger()), new LineWriter(to, ROOM, new Ledger())];
  let all = '';
  for (let round = 0; round < 100; round++) {
    for (const [i, writer] of writers.entries()) while (add(writer, 700 + 100 * i));
    const [first, second] = round % 2 === 0 ? writers : [writers[1], writers[0]];
    first.flush();
    second.flush();
    all += read(from, 9000); // it stays nearly full: there is seldom room for all that waits
  }
  for (const one of all.split('\n').slice(0, -1)) assert.ok(one.length === 703 || one.length === 803, `a line of ${one.length}`);
  for (const writer of writers) writer.close();
  closeSync(from);
  closeSync(to);
});

test('a line longer than a pipe takes at once', () => {
  const { from, to } = pipe();
  const writer = new LineWriter(to, ROOM, new Ledger());
  assert.ok(add(writer, 1));
  assert.ok(add(writer, 6000));
  writer.flush();
  assert.is(read(from), line(1) + line(6000));
  writer.close();
  closeSync(from);
  closeSync(to);
});

test('a pipe whose reader has gone', () => {
  const { from, to } = pipe();
  const writer = new LineWriter(to, ROOM, new Ledger());
  closeSync(from);
  add(writer, 1);
  add(writer, 1);
  assert.is(writer.flush(), 2);
  assert.is(writer.failure, -EPIPE);
  assert.is(writer.waiting, 0);
  writer.close();
  closeSync(to);
});

test('to a file, after what is there', () => {
  const path = join(scratchFolder(), 'log');
  const fd = openSync(path, 'w');
  writeSync(fd, 'before\n');
  const writer = new LineWriter(fd, ROOM, new Ledger());
  add(writer, 1);
  writer.flush();
  writer.close();
  writeSync(fd, 'after\n');
  closeSync(fd);
  assert.is(readFileSync(path, 'utf8'), 'before\n<6>x\nafter\n');
});

test('to a socket that is full, and that is closed', () => {
  assert.is(sys.socketpair(AF_UNIX, SOCK_STREAM, 0, scratch.address), 0);
  const [ours, theirs] = [scratch.i32[0], scratch.i32[1]];
  const writer = new LineWriter(ours, ROOM, new Ledger());
  while (add(writer, 900)) assert.is(writer.flush(), 0);
  assert.ok(writer.waiting > 0);
  sys.close(theirs);
  assert.ok(writer.flush() > 0);
  assert.is(writer.failure, -EPIPE);
  writer.close();
  assert.is(sys.close(ours), 0, 'it stays open: it belongs to the process');
});

test('a descriptor that is not open', () => {
  const writer = new LineWriter(999, ROOM, new Ledger());
  add(writer, 1);
  assert.is(writer.flush(), 1);
  assert.is(writer.failure, -EBADF);
  writer.close();
});

test.run();
