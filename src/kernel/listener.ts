/**
 * Listening sockets: opened for an address, or inherited from whoever started the process. What
 * is set here, accepted sockets inherit (TCP_NODELAY), so that accepting costs one call.
 */
import { lstatSync, unlinkSync } from 'node:fs';
import { decodeSockaddr, type EncodedAddress, encodeAddresses, SOCKADDR_MAX, type SocketAddress } from './address.js';
import { SystemCallError } from './errno.js';
import {
  ECONNREFUSED,
  F_GETFL,
  F_SETFD,
  F_SETFL,
  FD_CLOEXEC,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_V6ONLY,
  O_NONBLOCK,
  SO_ACCEPTCONN,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_NODELAY,
} from './sys/constants.js';
import { sys } from './sys/libc.js';
import { allocate } from './sys/memory.js';

/** How a listening socket is opened. */
export interface ListenerOptions {
  readonly address: SocketAddress;
  /** Length of the accept queue; the kernel caps it at net.core.somaxconn. */
  readonly backlog: number;
  /** Several sockets share the address and the kernel spreads connections; not for UNIX sockets. */
  readonly reusePort: boolean;
  /** An IPv6 socket takes no IPv4 connections (HAProxy's `v6only`; false is `v4v6`). Default true. */
  readonly v6only?: boolean;
}

/** Opens a non-blocking listener. Throws SystemCallError, naming the call that failed. */
export function openListener(options: ListenerOptions): number {
  const { address } = options;
  if (address.family === 'unix' && !address.abstract) removeStale(address);
  return withEncoded(address, (encoded) => {
    const fd = must('socket', sys.socket(encoded.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    try {
      setOptions(fd, options);
      must('bind', sys.bind(fd, encoded.address, encoded.length));
      must('listen', sys.listen(fd, options.backlog));
    } catch (error) {
      sys.close(fd);
      throw error;
    }
    return fd;
  });
}

/**
 * Takes over a descriptor that this process inherited, if it listens: makes it non-blocking,
 * closed on exec, with TCP_NODELAY. Throws SystemCallError, or Error when it does not listen.
 */
export function adoptListener(fd: number): void {
  if (getFlag(fd, SO_ACCEPTCONN, 'getsockopt(SO_ACCEPTCONN)') === 0) throw new Error(`descriptor ${fd} does not listen`);
  const flags = must('fcntl(F_GETFL)', sys.fcntl(fd, F_GETFL, 0));
  must('fcntl(F_SETFL)', sys.fcntl(fd, F_SETFL, flags | O_NONBLOCK));
  must('fcntl(F_SETFD)', sys.fcntl(fd, F_SETFD, FD_CLOEXEC));
  if (localAddress(fd).family !== 'unix') setFlag(fd, IPPROTO_TCP, TCP_NODELAY, 1, 'setsockopt(TCP_NODELAY)');
}

/** The address that a socket is bound to, getsockname(2). Throws SystemCallError. */
export function localAddress(fd: number): SocketAddress {
  const memory = allocate(4 + SOCKADDR_MAX);
  try {
    memory.i32[0] = SOCKADDR_MAX;
    must('getsockname', sys.getsockname(fd, memory.address + 4, memory.address));
    return decodeSockaddr(memory.u8.slice(4, 4 + Math.min(memory.i32[0], SOCKADDR_MAX)));
  } finally {
    memory.unmap();
  }
}

function setOptions(fd: number, options: ListenerOptions): void {
  const { family } = options.address;
  if (family === 'unix') return;
  setFlag(fd, SOL_SOCKET, SO_REUSEADDR, 1, 'setsockopt(SO_REUSEADDR)');
  if (options.reusePort) setFlag(fd, SOL_SOCKET, SO_REUSEPORT, 1, 'setsockopt(SO_REUSEPORT)');
  if (family === 'ipv6') setFlag(fd, IPPROTO_IPV6, IPV6_V6ONLY, options.v6only === false ? 0 : 1, 'setsockopt(IPV6_V6ONLY)');
  setFlag(fd, IPPROTO_TCP, TCP_NODELAY, 1, 'setsockopt(TCP_NODELAY)');
}

/**
 * bind(2) refuses the path of a socket whose owner is gone, unix(7). Such a path is removed; one
 * where somebody answers, or that is no socket, is left for bind to complain about.
 */
function removeStale(address: SocketAddress & { family: 'unix' }): void {
  const found = file('lstat', () => lstatSync(address.path, { throwIfNoEntry: false }));
  if (found?.isSocket() !== true) return;
  const answer = withEncoded(address, (encoded) => {
    const fd = must('socket', sys.socket(encoded.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const result = sys.connect(fd, encoded.address, encoded.length);
    sys.close(fd);
    return result;
  });
  if (answer === -ECONNREFUSED) file('unlink', () => unlinkSync(address.path));
}

/** Does something with a path, and fails as the calls of this file do. */
function file<T>(call: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const { errno } = error as NodeJS.ErrnoException;
    throw errno === undefined ? error : new SystemCallError(call, errno);
  }
}

function withEncoded<T>(address: SocketAddress, use: (encoded: EncodedAddress) => T): T {
  const { region, encoded } = encodeAddresses([address]);
  try {
    return use(encoded[0]);
  } finally {
    region.unmap();
  }
}

function setFlag(fd: number, level: number, option: number, value: number, call: string): void {
  const memory = allocate(4);
  memory.i32[0] = value;
  const result = sys.setsockopt(fd, level, option, memory.address, 4);
  memory.unmap();
  must(call, result);
}

function getFlag(fd: number, option: number, call: string): number {
  const memory = allocate(8);
  memory.i32[1] = 4;
  const result = sys.getsockopt(fd, SOL_SOCKET, option, memory.address, memory.address + 4);
  const value = memory.i32[0];
  memory.unmap();
  must(call, result);
  return value;
}

/** The result of a call that has to succeed. */
function must(call: string, result: number): number {
  if (result < 0) throw new SystemCallError(call, result);
  return result;
}
