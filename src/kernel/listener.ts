/**
 * Listening sockets: opened for an address, or inherited from whoever started the process. What
 * is set here, accepted sockets inherit (TCP_NODELAY), so that accepting costs one call.
 */
import { chmodSync, chownSync, lstatSync, unlinkSync } from 'node:fs';
import { decodeSockaddr, type EncodedAddress, encodeAddresses, SOCKADDR_MAX, type SocketAddress } from './address.js';
import { SystemCallError } from './errno.js';
import { getOption, getTextOption, setOption, setTextOption } from './socket-options.js';
import {
  AF_INET,
  ECONNREFUSED,
  F_GETFL,
  F_SETFD,
  F_SETFL,
  FD_CLOEXEC,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_V6ONLY,
  O_NONBLOCK,
  SHUT_RD,
  SO_ACCEPTCONN,
  SO_BINDTODEVICE,
  SO_KEEPALIVE,
  SO_RCVBUF,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SO_SNDBUF,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
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
  /** Whether an IPv6 socket takes no IPv4 connections (HAProxy's `v6only`; false is `v4v6`); null: as net.ipv6.bindv6only says. */
  readonly v6only?: boolean | null;
  readonly tcp?: TcpOptions;
  /** Of a UNIX socket with a path. */
  readonly permissions?: SocketPermissions;
}

/** Options of a TCP listener, most of which accepted sockets inherit (tcp(7), socket(7)). 0, null: the system's. */
export interface TcpOptions {
  /** Only connections through this network interface (SO_BINDTODEVICE). */
  readonly interface: string | null;
  /** Bytes of a segment (TCP_MAXSEG); negative: so many less than the interface has, as HAProxy takes it. */
  readonly mss: number;
  /** Connections are handed over when their first data is there (TCP_DEFER_ACCEPT). */
  readonly deferAccept: boolean;
  /** How long sent data may stay unacknowledged (TCP_USER_TIMEOUT). */
  readonly userTimeoutMs: number;
  /** Data may come with the first packet (TCP_FASTOPEN). */
  readonly fastOpen: boolean;
  readonly keepAlive: KeepAlive | null;
  /** Bytes of SO_RCVBUF and SO_SNDBUF. */
  readonly receiveBuffer: number;
  readonly sendBuffer: number;
}

/** Parameters of TCP keep-alive (TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT); 0: the system's. */
export interface KeepAlive {
  readonly idleMs: number;
  readonly intervalMs: number;
  readonly count: number;
}

/** Who may connect to a UNIX socket; null: as the process's umask and identity make it. */
export interface SocketPermissions {
  readonly mode: number | null;
  readonly uid: number | null;
  readonly gid: number | null;
}

/** Seconds that TCP_DEFER_ACCEPT waits: HAProxy asks for the shortest time as well. */
const DEFER_ACCEPT_S = 1;
/** Bytes of an interface's name with its end (IFNAMSIZ). */
const INTERFACE_NAME_MAX = 16;
/** "Leave this one as it is", chown(2). */
const UNCHANGED = 0xffff_ffff;
/** TFO requests pending at a time, when nothing else limits them. */
const FASTOPEN_QUEUE_MAX = 4096;

/** Opens a non-blocking listener. Throws SystemCallError, naming the call that failed. */
export function openListener(options: ListenerOptions): number {
  const fd = openBound(options);
  try {
    listen(fd, options.backlog);
  } catch (error) {
    sys.close(fd);
    throw error;
  }
  return fd;
}

/** The same without listening, which `listen` does: nobody is connected to it yet. Throws SystemCallError. */
export function openBound(options: ListenerOptions): number {
  const { address } = options;
  if (address.family === 'unix' && !address.abstract) removeStale(address);
  return withEncoded(address, (encoded) => {
    const fd = must('socket', sys.socket(encoded.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    try {
      setOptions(fd, options);
      must('bind', sys.bind(fd, encoded.address, encoded.length));
      setPermissions(options);
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
  if (getOption(fd, SOL_SOCKET, SO_ACCEPTCONN, 'getsockopt(SO_ACCEPTCONN)') === 0)
    throw new Error(`descriptor ${fd} does not listen`);
  const flags = must('fcntl(F_GETFL)', sys.fcntl(fd, F_GETFL, 0));
  must('fcntl(F_SETFL)', sys.fcntl(fd, F_SETFL, flags | O_NONBLOCK));
  must('fcntl(F_SETFD)', sys.fcntl(fd, F_SETFD, FD_CLOEXEC));
  if (localAddress(fd).family !== 'unix') setOption(fd, IPPROTO_TCP, TCP_NODELAY, 1, 'setsockopt(TCP_NODELAY)');
}

/** What of a listener may change while it listens. */
export interface ListenerSettings {
  readonly backlog: number;
  /** null: it is not a TCP socket. Its interface and its buffers stay as they are. */
  readonly tcp: TcpOptions | null;
}

/** Changes what differs; connections that come from now on have it. Throws SystemCallError. */
export function changeListener(fd: number, from: ListenerSettings, to: ListenerSettings): void {
  if (to.backlog !== from.backlog) listen(fd, to.backlog);
  if (to.tcp === null || from.tcp === null) return;
  const set = (option: number, before: number, after: number, name: string): void => {
    if (before !== after) setOption(fd, IPPROTO_TCP, option, after, `setsockopt(${name})`);
  };
  const { tcp } = to;
  const queue = ({ tcp: options, backlog }: ListenerSettings): number =>
    options?.fastOpen === true ? Math.min(backlog, FASTOPEN_QUEUE_MAX) : 0;
  set(TCP_MAXSEG, from.tcp.mss, tcp.mss < 0 ? lessThanDefault(fd, tcp.mss) : tcp.mss, 'TCP_MAXSEG');
  set(TCP_DEFER_ACCEPT, Number(from.tcp.deferAccept), Number(tcp.deferAccept), 'TCP_DEFER_ACCEPT');
  set(TCP_USER_TIMEOUT, from.tcp.userTimeoutMs, tcp.userTimeoutMs, 'TCP_USER_TIMEOUT');
  set(TCP_FASTOPEN, queue(from), queue(to), 'TCP_FASTOPEN');
  if (JSON.stringify(from.tcp.keepAlive) !== JSON.stringify(tcp.keepAlive))
    changeKeepAlive(fd, from.tcp.keepAlive, tcp.keepAlive);
}

/** Parameters that are the system's again are asked of a new socket. */
function changeKeepAlive(fd: number, from: KeepAlive | null, to: KeepAlive | null): void {
  if (to === null) {
    setOption(fd, SOL_SOCKET, SO_KEEPALIVE, 0, 'setsockopt(SO_KEEPALIVE)');
    return;
  }
  const fresh = must('socket', sys.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  try {
    const usual = (option: number): number => getOption(fresh, IPPROTO_TCP, option, 'getsockopt');
    setKeepAlive(fd, {
      idleMs: to.idleMs || (from !== null && from.idleMs > 0 ? 1000 * usual(TCP_KEEPIDLE) : 0),
      intervalMs: to.intervalMs || (from !== null && from.intervalMs > 0 ? 1000 * usual(TCP_KEEPINTVL) : 0),
      count: to.count || (from !== null && from.count > 0 ? usual(TCP_KEEPCNT) : 0),
    });
  } finally {
    sys.close(fresh);
  }
}

/** Whether a descriptor is a socket that listens; what is no socket is none. */
export function isListener(fd: number): boolean {
  try {
    return getOption(fd, SOL_SOCKET, SO_ACCEPTCONN, 'getsockopt(SO_ACCEPTCONN)') !== 0;
  } catch (error) {
    if (error instanceof SystemCallError) return false;
    throw error;
  }
}

/** The network interface that a socket is bound to (SO_BINDTODEVICE); null: any. Throws SystemCallError. */
export function boundInterface(fd: number): string | null {
  return getTextOption(fd, SOL_SOCKET, SO_BINDTODEVICE, INTERFACE_NAME_MAX, 'getsockopt(SO_BINDTODEVICE)') || null;
}

/** Whether an IPv6 socket takes no IPv4 connections. Throws SystemCallError. */
export function isV6only(fd: number): boolean {
  return getOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 'getsockopt(IPV6_V6ONLY)') !== 0;
}

/** Has a socket that listens already do as another process would have opened it. Throws SystemCallError. */
export function takeOverListener(fd: number, { tcp, backlog }: ListenerSettings): void {
  adoptListener(fd);
  if (tcp !== null) setTcpOptions(fd, tcp, backlog);
  listen(fd, backlog);
}

/** Stops a TCP socket from listening: what waits in its queue is reset, and others may bind the address. Throws SystemCallError. */
export function stopListening(fd: number): void {
  must('shutdown', sys.shutdown(fd, SHUT_RD));
}

/** Listens, also again after `stopListening`. Throws SystemCallError (EADDRINUSE: somebody else does, by now). */
export function listen(fd: number, backlog: number): void {
  must('listen', sys.listen(fd, backlog));
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
  const { address, v6only = null } = options;
  if (address.family === 'unix') return;
  setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1, 'setsockopt(SO_REUSEADDR)');
  if (options.reusePort) setOption(fd, SOL_SOCKET, SO_REUSEPORT, 1, 'setsockopt(SO_REUSEPORT)');
  if (address.family === 'ipv6' && v6only !== null)
    setOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, v6only ? 1 : 0, 'setsockopt(IPV6_V6ONLY)');
  setOption(fd, IPPROTO_TCP, TCP_NODELAY, 1, 'setsockopt(TCP_NODELAY)');
  if (options.tcp !== undefined) setTcpOptions(fd, options.tcp, options.backlog);
}

function setTcpOptions(fd: number, tcp: TcpOptions, backlog: number): void {
  if (tcp.interface !== null)
    setTextOption(fd, SOL_SOCKET, SO_BINDTODEVICE, tcp.interface, `setsockopt(SO_BINDTODEVICE, ${tcp.interface})`);
  if (tcp.mss !== 0)
    setOption(fd, IPPROTO_TCP, TCP_MAXSEG, tcp.mss > 0 ? tcp.mss : lessThanDefault(fd, tcp.mss), 'setsockopt(TCP_MAXSEG)');
  if (tcp.deferAccept) setOption(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, DEFER_ACCEPT_S, 'setsockopt(TCP_DEFER_ACCEPT)');
  if (tcp.userTimeoutMs > 0) setOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, tcp.userTimeoutMs, 'setsockopt(TCP_USER_TIMEOUT)');
  if (tcp.fastOpen) setOption(fd, IPPROTO_TCP, TCP_FASTOPEN, Math.min(backlog, FASTOPEN_QUEUE_MAX), 'setsockopt(TCP_FASTOPEN)');
  if (tcp.receiveBuffer > 0) setOption(fd, SOL_SOCKET, SO_RCVBUF, tcp.receiveBuffer, 'setsockopt(SO_RCVBUF)');
  if (tcp.sendBuffer > 0) setOption(fd, SOL_SOCKET, SO_SNDBUF, tcp.sendBuffer, 'setsockopt(SO_SNDBUF)');
  if (tcp.keepAlive !== null) setKeepAlive(fd, tcp.keepAlive);
}

function setKeepAlive(fd: number, { idleMs, intervalMs, count }: KeepAlive): void {
  setOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1, 'setsockopt(SO_KEEPALIVE)');
  if (idleMs > 0) setOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, Math.ceil(idleMs / 1000), 'setsockopt(TCP_KEEPIDLE)');
  if (intervalMs > 0) setOption(fd, IPPROTO_TCP, TCP_KEEPINTVL, Math.ceil(intervalMs / 1000), 'setsockopt(TCP_KEEPINTVL)');
  if (count > 0) setOption(fd, IPPROTO_TCP, TCP_KEEPCNT, count, 'setsockopt(TCP_KEEPCNT)');
}

/** The segment size that the system would use, less what `mss` says. */
function lessThanDefault(fd: number, mss: number): number {
  return Math.max(1, getOption(fd, IPPROTO_TCP, TCP_MAXSEG, 'getsockopt(TCP_MAXSEG)') + mss);
}

/** Who may connect to a UNIX socket; before listen(2), so that nobody can with other permissions. Throws SystemCallError. */
export function setPermissions({ address, permissions }: Pick<ListenerOptions, 'address' | 'permissions'>): void {
  if (address.family !== 'unix' || address.abstract || permissions === undefined) return;
  const { mode, uid, gid } = permissions;
  if (uid !== null || gid !== null) file('chown', () => chownSync(address.path, uid ?? UNCHANGED, gid ?? UNCHANGED));
  if (mode !== null) file('chmod', () => chmodSync(address.path, mode));
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

/** The result of a call that has to succeed. */
function must(call: string, result: number): number {
  if (result < 0) throw new SystemCallError(call, result);
  return result;
}
