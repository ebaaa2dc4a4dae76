/**
 * Stream sockets for a program that has an event loop already: nothing here waits. Sockets are
 * opened and connected without blocking, and `poll` tells at once which of them can go on. For the
 * master's health checks, thousands of connections that live for a moment; what traffic needs,
 * buffers in the kernel's hands and completions, is the engine's (`engine.ts`).
 *
 * A connection that is reset leaves its socket behind for the next one: connect(2) with AF_UNSPEC
 * dissolves it, by the same reset as a close without lingering, which saves a quarter of what the
 * system takes for a connection that is only tried.
 */
import { EventSet } from './epoll/event-set.js';
import { applySetup, type SocketSetup } from './socket-setup.js';
import {
  AF_INET,
  EAGAIN,
  EINPROGRESS,
  EINTR,
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDHUP,
  IPPROTO_TCP,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  SO_ERROR,
  SO_LINGER,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_NODELAY,
  TCP_QUICKACK,
} from './sys/constants.js';
import { sys } from './sys/libc.js';
import { allocate, type Region } from './sys/memory.js';

/** Hears that its socket can go on: it is connected or has failed, can be read, or written. */
export interface PollHandler {
  /** @param failed the connection has not come about, or is over */
  onReady(readable: boolean, writable: boolean, failed: boolean): void;
}

// Scratch memory, by byte offset.
const AT_ONE = 0;
const AT_ZERO = 4;
const AT_LINGER = 8;
const AT_ERROR = 16;
const AT_LENGTH = 20;
/** A sockaddr of AF_UNSPEC. */
const AT_NOWHERE = 24;
const NOWHERE_BYTES = 8;
const AT_ADDRESS = 32;
const AT_DATA = 192;
/** Bytes that one receive or send moves at most. */
const DATA_MAX = 65536 - AT_DATA;

/** Where a connection goes. */
export interface Destination {
  /** AF_INET, AF_INET6 or AF_UNIX. */
  readonly family: number;
  /** The bytes of its struct sockaddr. */
  readonly sockaddr: Uint8Array;
}

const INTEREST = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

/** Spare sockets at most: about as many as are in use at once where peers are near. */
const SPARE_MAX = 32;

/** A socket that the set watches. */
interface Watched {
  /** null: it is spare. */
  handler: PollHandler | null;
  /** How many looks there had been when it became the handler's: what an earlier one found is not for it. */
  since: number;
  /** It can be kept when its connection is over. */
  readonly reusable: boolean;
  /** TCP_NODELAY is set: it stays so. */
  undelayed: boolean;
}

/** The sockets of one thread. Results are as the system's: a number, or `-errno`. */
export class SocketPoller {
  private readonly set = new EventSet();
  private readonly scratch: Region = allocate(AT_DATA + DATA_MAX);
  private readonly data: Buffer;
  private readonly sockets = new Map<number, Watched>();
  /**
   * Sockets of IPv4 without a setup, unconnected: nothing of their former connections is left but TCP_NODELAY. (One of
   * IPv6 would remember that it has been connected to an IPv4 address.)
   */
  private readonly spares: number[] = [];
  private looks = 0;

  /** Throws SystemCallError. */
  constructor() {
    const { i32, u8 } = this.scratch;
    i32[AT_ONE >> 2] = 1;
    i32[AT_LINGER >> 2] = 1; // l_onoff; l_linger stays 0
    this.data = Buffer.from(u8.buffer, u8.byteOffset + AT_DATA, DATA_MAX);
  }

  /** Sockets that handlers wait for. */
  get watched(): number {
    return this.sockets.size - this.spares.length;
  }

  /** Descriptors of sockets, the spare ones included. */
  get descriptors(): number {
    return this.sockets.size;
  }

  /**
   * Begins to connect; a descriptor, or `-errno`. From now on the handler hears of the socket, what it is ready for
   * already included.
   * @param setup gives the socket options and a source address
   * @param brief nothing will be sent: the last packet of the handshake is left to the reset that ends it, so that
   * the server's program never hears of the connection
   */
  connect(to: Destination, setup: SocketSetup | null, sourcePort: number, brief: boolean, handler: PollHandler): number {
    const reusable = to.family === AF_INET && setup === null;
    const spare = reusable ? this.spares.pop() : undefined;
    const fd = spare ?? this.open(to.family, setup, sourcePort);
    if (fd < 0) return fd;
    const socket: Watched = this.sockets.get(fd) ?? { handler: null, since: 0, reusable, undelayed: false };
    const result = this.begin(fd, socket, to.sockaddr, brief);
    const watches = result < 0 || spare !== undefined ? result : this.set.add(fd, INTEREST, fd, 0);
    if (watches < 0) {
      this.discard(fd);
      return watches;
    }
    socket.handler = handler;
    socket.since = this.looks;
    if (spare === undefined) this.sockets.set(fd, socket);
    return fd;
  }

  /** Why a connection has failed, as a positive errno; 0: it has not. */
  failure(fd: number): number {
    const { address, i32 } = this.scratch;
    i32[AT_LENGTH >> 2] = 4;
    const result = sys.getsockopt(fd, SOL_SOCKET, SO_ERROR, address + AT_ERROR, address + AT_LENGTH);
    return result < 0 ? -result : i32[AT_ERROR >> 2];
  }

  /** What has come, a copy of at most `max` bytes; 0: the stream has ended. */
  receive(fd: number, max: number): Buffer | number {
    const result = sys.recv(fd, this.scratch.address + AT_DATA, Math.min(max, DATA_MAX), MSG_DONTWAIT);
    return result > 0 ? Buffer.from(this.data.subarray(0, result)) : result;
  }

  /** Sends bytes from a place on; answers how many went. */
  send(fd: number, bytes: Uint8Array, from: number): number {
    const part = bytes.subarray(from, from + DATA_MAX);
    this.data.set(part);
    return sys.send(fd, this.scratch.address + AT_DATA, part.length, MSG_DONTWAIT | MSG_NOSIGNAL);
  }

  /** Ends a connection, with a reset unless it is to be in order; its handler hears no more. */
  close(fd: number, reset: boolean): void {
    if (!reset) this.discard(fd);
    else if (!this.spare(fd)) this.reset(fd);
  }

  /** Tells every handler whose socket is ready; answers how many there were. Handlers may close sockets, but not `stop`. */
  poll(): number {
    const { set } = this;
    const count = set.wait(0);
    this.looks++;
    let told = 0;
    for (let i = 0; i < count; i++) {
      const watched = this.sockets.get(set.low(i));
      // What comes of a spare socket is that it has been dissolved.
      if (watched === undefined || watched.handler === null || watched.since === this.looks) continue;
      told++;
      const events = set.events(i);
      const failed = (events & (EPOLLERR | EPOLLHUP)) !== 0;
      watched.handler.onReady(failed || (events & (EPOLLIN | EPOLLRDHUP)) !== 0, failed || (events & EPOLLOUT) !== 0, failed);
    }
    return told;
  }

  /** Closes all sockets; of no use any more. */
  stop(): void {
    for (const fd of [...this.sockets.keys()]) this.reset(fd);
    this.set.close();
    this.set.region.unmap();
    this.scratch.unmap();
  }

  /** Dissolves the connection of a socket and keeps the socket; false: it must be closed. */
  private spare(fd: number): boolean {
    const watched = this.sockets.get(fd);
    if (!watched?.reusable || this.spares.length === SPARE_MAX) return false;
    if (sys.connect(fd, this.scratch.address + AT_NOWHERE, NOWHERE_BYTES) < 0) return false;
    watched.handler = null;
    this.spares.push(fd);
    return true;
  }

  private open(family: number, setup: SocketSetup | null, sourcePort: number): number {
    const fd = sys.socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return fd;
    const result = setup === null ? 0 : applySetup(fd, setup, sourcePort);
    if (result >= 0) return fd;
    sys.close(fd);
    return result;
  }

  /** 0: it is connected or will be. */
  private begin(fd: number, socket: Watched, sockaddr: Uint8Array, brief: boolean): number {
    this.scratch.u8.set(sockaddr, AT_ADDRESS);
    // On other sockets than TCP neither means anything, and fails quietly.
    if (brief) this.setOption(fd, IPPROTO_TCP, TCP_QUICKACK, AT_ZERO, 4);
    else if (!socket.undelayed) {
      this.setOption(fd, IPPROTO_TCP, TCP_NODELAY, AT_ONE, 4);
      socket.undelayed = true;
    }
    const result = sys.connect(fd, this.scratch.address + AT_ADDRESS, sockaddr.length);
    return result === -EINPROGRESS ? 0 : result;
  }

  private reset(fd: number): void {
    this.setOption(fd, SOL_SOCKET, SO_LINGER, AT_LINGER, 8);
    this.discard(fd);
  }

  private discard(fd: number): void {
    this.sockets.delete(fd);
    sys.close(fd);
  }

  private setOption(fd: number, level: number, name: number, at: number, length: number): void {
    sys.setsockopt(fd, level, name, this.scratch.address + at, length);
  }
}

/** The operation would have to wait. */
export function mustWait(result: number): boolean {
  return result === -EAGAIN || result === -EINTR;
}
