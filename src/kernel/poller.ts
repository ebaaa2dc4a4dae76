/**
 * Stream sockets for a program that has an event loop already: nothing here waits. Sockets are
 * opened and connected without blocking, and `poll` tells at once which of them can go on. For the
 * master's health checks, thousands of connections that live for a moment; what traffic needs,
 * buffers in the kernel's hands and completions, is the engine's (`engine.ts`).
 */
import { EventSet } from './epoll/event-set.js';
import { applySetup, type SocketSetup } from './socket-setup.js';
import {
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
  SHUT_WR,
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
const AT_ADDRESS = 32;
const AT_DATA = 192;
/** Bytes that one receive or send moves at most. */
const DATA_MAX = 65536 - AT_DATA;

/** The sockets of one thread. Results are as the system's: a number, or `-errno`. */
export class SocketPoller {
  private readonly set = new EventSet();
  private readonly scratch: Region = allocate(AT_DATA + DATA_MAX);
  private readonly data: Buffer;
  /** With a serial number: a descriptor may be another socket's by the time that an event is told. */
  private readonly handlers = new Map<number, { readonly handler: PollHandler; readonly serial: number }>();
  private serial = 0;

  /** Throws SystemCallError. */
  constructor() {
    const { i32, u8 } = this.scratch;
    i32[AT_ONE >> 2] = 1;
    i32[AT_LINGER >> 2] = 1; // l_onoff; l_linger stays 0
    this.data = Buffer.from(u8.buffer, u8.byteOffset + AT_DATA, DATA_MAX);
  }

  /** Sockets that are watched. */
  get watched(): number {
    return this.handlers.size;
  }

  /** A socket of that family; `setup` gives it options and a source address. */
  open(family: number, setup: SocketSetup | null, sourcePort: number): number {
    const fd = sys.socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return fd;
    const result = setup === null ? 0 : applySetup(fd, setup, sourcePort);
    if (result >= 0) return fd;
    sys.close(fd);
    return result;
  }

  /**
   * Connects; 0: it is connected or will be.
   * @param address the bytes of its sockaddr
   * @param brief nothing will be sent: the last packet of the handshake is left to the reset that ends it, so that
   * the server's program never hears of the connection
   */
  connect(fd: number, address: Uint8Array, brief: boolean): number {
    this.scratch.u8.set(address, AT_ADDRESS);
    // On other sockets than TCP neither means anything, and fails quietly.
    if (brief) this.setOption(fd, IPPROTO_TCP, TCP_QUICKACK, AT_ZERO, 4);
    else this.setOption(fd, IPPROTO_TCP, TCP_NODELAY, AT_ONE, 4);
    const result = sys.connect(fd, this.scratch.address + AT_ADDRESS, address.length);
    return result === -EINPROGRESS ? 0 : result;
  }

  /** From now on the handler hears of the socket, what it is ready for already included. */
  watch(fd: number, handler: PollHandler): number {
    this.serial = (this.serial + 1) & 0x7fff_ffff;
    const result = this.set.add(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, fd, this.serial);
    if (result >= 0) this.handlers.set(fd, { handler, serial: this.serial });
    return result;
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

  /** Ends the stream towards the peer. */
  shutdown(fd: number): void {
    sys.shutdown(fd, SHUT_WR);
  }

  /** Closes a socket, with a reset unless it is to be in order; its handler hears no more. */
  close(fd: number, reset: boolean): void {
    this.handlers.delete(fd);
    if (reset) this.setOption(fd, SOL_SOCKET, SO_LINGER, AT_LINGER, 8);
    sys.close(fd);
  }

  /** Tells every handler whose socket is ready; answers how many there were. Handlers may close sockets, but not `stop`. */
  poll(): number {
    const { set } = this;
    const count = set.wait(0);
    for (let i = 0; i < count; i++) {
      const entry = this.handlers.get(set.low(i));
      if (entry?.serial !== set.high(i)) continue;
      const events = set.events(i);
      const failed = (events & (EPOLLERR | EPOLLHUP)) !== 0;
      entry.handler.onReady(failed || (events & (EPOLLIN | EPOLLRDHUP)) !== 0, failed || (events & EPOLLOUT) !== 0, failed);
    }
    return count;
  }

  /** Closes all sockets; of no use any more. */
  stop(): void {
    for (const fd of [...this.handlers.keys()]) this.close(fd, true);
    this.set.close();
    this.set.region.unmap();
    this.scratch.unmap();
  }

  private setOption(fd: number, level: number, name: number, at: number, length: number): void {
    sys.setsockopt(fd, level, name, this.scratch.address + at, length);
  }
}

/** The operation would have to wait. */
export function mustWait(result: number): boolean {
  return result === -EAGAIN || result === -EINTR;
}
