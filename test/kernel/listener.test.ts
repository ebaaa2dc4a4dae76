/** Listeners: options, addresses, paths left behind by dead processes, and inherited descriptors. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeAddresses, type SocketAddress } from '../../src/kernel/address.js';
import { SystemCallError } from '../../src/kernel/errno.js';
import { openEventfd } from '../../src/kernel/eventfd.js';
import { adoptListener, type ListenerOptions, localAddress, openListener } from '../../src/kernel/listener.js';
import {
  EADDRINUSE,
  ENOTSOCK,
  F_GETFD,
  F_GETFL,
  F_SETFD,
  F_SETFL,
  FD_CLOEXEC,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_V6ONLY,
  O_NONBLOCK,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_NODELAY,
} from '../../src/kernel/sys/constants.js';
import { sys } from '../../src/kernel/sys/libc.js';
import { allocate } from '../../src/kernel/sys/memory.js';
import { scratchFolder } from '../harness.js';

const ANY_PORT: SocketAddress = { family: 'ipv4', host: '127.0.0.1', port: 0 };
const folder = scratchFolder();
const memory = allocate(8);

function open(address: SocketAddress, options: Partial<ListenerOptions> = {}): number {
  return openListener({ address, backlog: 16, reusePort: false, ...options });
}

function option(fd: number, level: number, name: number): number {
  memory.i32[1] = 4;
  assert.is(sys.getsockopt(fd, level, name, memory.address, memory.address + 4), 0);
  return memory.i32[0];
}

/** Connects once: 0 or `-errno`. */
function attempt(address: SocketAddress): number {
  const { region, encoded } = encodeAddresses([address]);
  const fd = sys.socket(encoded[0].family, SOCK_STREAM, 0);
  const result = sys.connect(fd, encoded[0].address, encoded[0].length);
  sys.close(fd);
  region.unmap();
  return result;
}

const failsWith = (call: string, errno: number) => (error: unknown) =>
  error instanceof SystemCallError && error.syscall === call && error.errno === errno;

test('an IPv4 listener: address, flags, options, and it listens', () => {
  const fd = open(ANY_PORT);
  const address = localAddress(fd);
  assert.is(address.family === 'ipv4' && address.host, '127.0.0.1');
  assert.ok(address.family === 'ipv4' && address.port > 0);
  assert.ok((sys.fcntl(fd, F_GETFL, 0) & O_NONBLOCK) !== 0);
  assert.is(sys.fcntl(fd, F_GETFD, 0), FD_CLOEXEC);
  assert.is(option(fd, SOL_SOCKET, SO_REUSEADDR), 1);
  assert.is(option(fd, SOL_SOCKET, SO_REUSEPORT), 0);
  assert.is(option(fd, IPPROTO_TCP, TCP_NODELAY), 1);
  assert.is(attempt(address), 0);
  sys.close(fd);
});

test('an address in use is an error of bind, unless all share it with reusePort', () => {
  const first = open(ANY_PORT);
  assert.throws(() => open(localAddress(first)), failsWith('bind', EADDRINUSE));
  sys.close(first);
  const shared = open(ANY_PORT, { reusePort: true });
  const second = open(localAddress(shared), { reusePort: true });
  assert.equal(localAddress(second), localAddress(shared));
  sys.close(shared);
  sys.close(second);
});

test('a failed attempt leaves no descriptor behind', () => {
  const first = open(ANY_PORT);
  const probe = openEventfd();
  sys.close(probe);
  assert.throws(() => open(localAddress(first)));
  const after = openEventfd();
  assert.is(after, probe);
  sys.close(after);
  sys.close(first);
});

test('an IPv6 listener takes no IPv4 connections unless it is told to', () => {
  const only = open({ family: 'ipv6', host: '::', port: 0 });
  assert.is(option(only, IPPROTO_IPV6, IPV6_V6ONLY), 1);
  const both = open({ family: 'ipv6', host: '::', port: 0 }, { v6only: false });
  assert.is(option(both, IPPROTO_IPV6, IPV6_V6ONLY), 0);
  const bound = localAddress(both);
  assert.is(attempt({ family: 'ipv4', host: '127.0.0.1', port: bound.family === 'ipv6' ? bound.port : 0 }), 0);
  sys.close(only);
  sys.close(both);
});

test('a UNIX listener binds its path, with reusePort too', () => {
  const address: SocketAddress = { family: 'unix', path: join(folder, 'plain'), abstract: false };
  const fd = open(address, { reusePort: true });
  assert.equal(localAddress(fd), address);
  assert.is(attempt(address), 0);
  sys.close(fd);
});

test('the path of a socket whose owner is gone is taken over', () => {
  const address: SocketAddress = { family: 'unix', path: join(folder, 'stale'), abstract: false };
  sys.close(open(address));
  assert.ok(existsSync(address.path), 'closing leaves the path');
  const fd = open(address);
  assert.is(attempt(address), 0);
  sys.close(fd);
});

test('the path of a socket that answers is left alone', () => {
  const address: SocketAddress = { family: 'unix', path: join(folder, 'alive'), abstract: false };
  const fd = open(address);
  assert.throws(() => open(address), failsWith('bind', EADDRINUSE));
  assert.is(attempt(address), 0, 'the first still answers');
  sys.close(fd);
});

test('a full accept queue counts as an answer', () => {
  const address: SocketAddress = { family: 'unix', path: join(folder, 'full'), abstract: false };
  const fd = open(address, { backlog: 0 });
  assert.is(attempt(address), 0);
  assert.throws(() => open(address), failsWith('bind', EADDRINUSE));
  assert.ok(existsSync(address.path));
  sys.close(fd);
});

test('a file or folder that is no socket is never removed', () => {
  const file = join(folder, 'file');
  writeFileSync(file, 'precious');
  mkdirSync(join(folder, 'folder'));
  for (const path of [file, join(folder, 'folder')]) {
    assert.throws(() => open({ family: 'unix', path, abstract: false }), failsWith('bind', EADDRINUSE));
    assert.ok(existsSync(path));
  }
});

test('an abstract UNIX listener', () => {
  const address: SocketAddress = { family: 'unix', path: `turbo-lb-test-${process.pid}`, abstract: true };
  const fd = open(address);
  assert.equal(localAddress(fd), address);
  assert.throws(() => open(address), failsWith('bind', EADDRINUSE));
  sys.close(fd);
});

test('an inherited listener is adopted: not blocking, closed on exec, with TCP_NODELAY', () => {
  const fd = open(ANY_PORT);
  sys.fcntl(fd, F_SETFL, 0);
  sys.fcntl(fd, F_SETFD, 0);
  memory.i32[0] = 0;
  sys.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, memory.address, 4);
  adoptListener(fd);
  assert.ok((sys.fcntl(fd, F_GETFL, 0) & O_NONBLOCK) !== 0);
  assert.is(sys.fcntl(fd, F_GETFD, 0), FD_CLOEXEC);
  assert.is(option(fd, IPPROTO_TCP, TCP_NODELAY), 1);
  sys.close(fd);
});

test('an inherited UNIX listener is adopted', () => {
  const fd = open({ family: 'unix', path: join(folder, 'inherited'), abstract: false });
  adoptListener(fd);
  sys.close(fd);
});

test('what does not listen is not adopted', () => {
  const socket = sys.socket(2, SOCK_STREAM, 0);
  assert.throws(() => adoptListener(socket), new RegExp(`descriptor ${socket} does not listen`));
  sys.close(socket);
  const eventfd = openEventfd();
  assert.throws(() => adoptListener(eventfd), failsWith('getsockopt(SO_ACCEPTCONN)', ENOTSOCK));
  sys.close(eventfd);
});

test.run();
