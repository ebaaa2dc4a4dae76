/** Listeners: options, addresses, paths left behind by dead processes, and inherited descriptors. */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeAddresses, type SocketAddress } from '../../src/kernel/address.js';
import { SystemCallError } from '../../src/kernel/errno.js';
import { openEventfd } from '../../src/kernel/eventfd.js';
import { adoptListener, type ListenerOptions, localAddress, openListener, type TcpOptions } from '../../src/kernel/listener.js';
import {
  EADDRINUSE,
  ENODEV,
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
  SO_KEEPALIVE,
  SO_RCVBUF,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SO_SNDBUF,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_DEFER_ACCEPT,
  TCP_FASTOPEN,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_MAXSEG,
  TCP_NODELAY,
  TCP_USER_TIMEOUT,
} from '../../src/kernel/sys/constants.js';
import { sys } from '../../src/kernel/sys/libc.js';
import { allocate } from '../../src/kernel/sys/memory.js';
import { scratchFolder } from '../harness.js';

const ANY_PORT: SocketAddress = { family: 'ipv4', host: '127.0.0.1', port: 0 };
const NOTHING: TcpOptions = {
  interface: null,
  mss: 0,
  deferAccept: false,
  userTimeoutMs: 0,
  fastOpen: false,
  keepAlive: null,
  receiveBuffer: 0,
  sendBuffer: 0,
};
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

test('an IPv6 listener takes IPv4 connections as it is told, or as the system has it', () => {
  const usual = open({ family: 'ipv6', host: '::', port: 0 });
  const system = Number(readFileSync('/proc/sys/net/ipv6/bindv6only', 'utf8'));
  assert.is(option(usual, IPPROTO_IPV6, IPV6_V6ONLY), system);
  sys.close(usual);
  const only = open({ family: 'ipv6', host: '::', port: 0 }, { v6only: true });
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

test('accepted sockets inherit keep-alive, the user timeout and buffer sizes', () => {
  const fd = open(ANY_PORT, {
    tcp: {
      ...NOTHING,
      userTimeoutMs: 7000,
      keepAlive: { idleMs: 9000, intervalMs: 3500, count: 5 },
      receiveBuffer: 30_000,
      sendBuffer: 20_000,
    },
  });
  const { region, encoded } = encodeAddresses([localAddress(fd)]);
  const client = sys.socket(encoded[0].family, SOCK_STREAM, 0);
  assert.is(sys.connect(client, encoded[0].address, encoded[0].length), 0);
  const accepted = sys.accept4(fd, 0, 0, 0);
  assert.is(option(accepted, SOL_SOCKET, SO_KEEPALIVE), 1);
  assert.is(option(accepted, IPPROTO_TCP, TCP_KEEPIDLE), 9);
  assert.is(option(accepted, IPPROTO_TCP, TCP_KEEPINTVL), 4, 'rounded up to whole seconds');
  assert.is(option(accepted, IPPROTO_TCP, TCP_KEEPCNT), 5);
  assert.is(option(accepted, IPPROTO_TCP, TCP_USER_TIMEOUT), 7000);
  assert.is(option(accepted, SOL_SOCKET, SO_RCVBUF), 60_000, 'the kernel doubles it');
  assert.is(option(accepted, SOL_SOCKET, SO_SNDBUF), 40_000);
  for (const one of [accepted, client, fd]) sys.close(one);
  region.unmap();
});

test('the options of a listener itself', () => {
  const fd = open(ANY_PORT, { tcp: { ...NOTHING, mss: 1200, deferAccept: true, interface: 'lo', fastOpen: true } });
  assert.ok(option(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT) > 0);
  assert.is(option(fd, IPPROTO_TCP, TCP_MAXSEG), 1200);
  assert.is(option(fd, IPPROTO_TCP, TCP_FASTOPEN), 16);
  sys.close(fd);
  assert.throws(
    () => open(ANY_PORT, { tcp: { ...NOTHING, interface: 'none-such' } }),
    failsWith('setsockopt(SO_BINDTODEVICE, none-such)', ENODEV),
  );
});

test('a UNIX listener has the mode and owner that were asked for', () => {
  const address: SocketAddress = { family: 'unix', path: join(folder, 'owned'), abstract: false };
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  const fd = open(address, { permissions: { mode: 0o620, uid, gid } });
  const { mode, uid: owner, gid: group } = statSync(address.path);
  assert.equal([mode & 0o777, owner, group], [0o620, uid, gid]);
  sys.close(fd);
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
