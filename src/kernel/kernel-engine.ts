/**
 * What the two real engines have in common: the verbs that are one immediate system call, the
 * pools, and the book of generations. `uring/engine.ts` and `epoll/engine.ts` add the operations
 * that complete later.
 */
import type { EncodedAddress } from './address.js';
import { BufferPool } from './buffers.js';
import type { EngineOptions, EngineStats, Holdings } from './engine.js';
import type { HostAddress } from './host-address.js';
import { PipePool } from './pipes.js';
import { applySetup, type SocketSetup } from './socket-setup.js';
import { turnAway } from './steering.js';
import {
  AF_INET,
  AF_INET6,
  CLOCK_MONOTONIC,
  IP_TOS,
  IP_TTL,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_TCLASS,
  IPV6_UNICAST_HOPS,
  SHUT_RD,
  SHUT_WR,
  SO_ERROR,
  SO_LINGER,
  SO_MARK,
  SO_PEERNAME,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_INFO,
  TCP_NODELAY,
  TCP_REPAIR,
  TCP_SYN_SENT,
} from './sys/constants.js';
import { sys } from './sys/libc.js';
import { allocate, type Region } from './sys/memory.js';

// Scratch memory of the immediate calls: byte offsets of what each of them uses.
const AT_ONE = 0;
const AT_LINGER = 8;
const AT_LENGTH = 16;
const AT_TIMESPEC = 32;
const AT_EVENTFD = 48;
const AT_NUMBER = 56;
const AT_SOCKADDR = 64;
const SOCKADDR_ROOM = 128;
/** sizeof(struct sockaddr_in6), sizeof(struct sockaddr_in), ip(7), ipv6(7). */
const SOCKADDR_IN6_SIZE = 28;
const SOCKADDR_IN_SIZE = 16;

/** Generations are counted in 24 bits: they share a word with the operation's number. */
export const GENERATION_MASK = 0xff_ffff;

/** The immediate verbs of an Engine on the real kernel, and its pools. */
export abstract class KernelEngine {
  readonly buffers: BufferPool;
  readonly stats: EngineStats = { turns: 0, completions: 0, lateCompletions: 0, internalErrors: 0 };
  protected readonly generations: Int32Array;
  protected readonly holdings: Holdings;
  protected readonly wakeFd: number;
  private readonly pipes: PipePool;
  private readonly scratch: Region;

  protected constructor(options: EngineOptions) {
    this.holdings = options.holdings;
    this.wakeFd = options.wakeFd;
    this.buffers = new BufferPool(options.bufferCount, options.bufferSize, options.reservedBuffers ?? 0);
    this.generations = new Int32Array(options.slots);
    this.pipes = new PipePool(options.pipesMax, options.pipeSize, options.holdings);
    this.scratch = allocate(4096);
    this.scratch.i32[AT_ONE >> 2] = 1;
    this.scratch.i32[AT_LINGER >> 2] = 1; // l_onoff; l_linger stays 0
    this.holdings.holdMemory(this.scratch.address, this.scratch.length);
    this.holdings.holdMemory(this.buffers.region.address, this.buffers.region.length);
  }

  freeBuffers(): number {
    return this.buffers.available;
  }

  acceptNow(listener: number): number {
    const fd = sys.accept4(listener, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) this.holdings.hold(fd);
    return fd;
  }

  turnAway(listener: number): void {
    turnAway(listener);
  }

  stopListening(listener: number): void {
    sys.shutdown(listener, SHUT_RD);
  }

  openSocket(address: EncodedAddress, setup: SocketSetup | null = null, sourcePort = 0): number {
    const fd = sys.socket(address.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return fd;
    if (address.family === AF_INET || address.family === AF_INET6)
      sys.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, this.scratch.address + AT_ONE, 4);
    const result = setup === null ? 0 : applySetup(fd, setup, sourcePort);
    if (result < 0) {
      sys.close(fd);
      return result;
    }
    this.holdings.hold(fd);
    return fd;
  }

  shutdownWrite(fd: number): number {
    return sys.shutdown(fd, SHUT_WR);
  }

  resetOnClose(fd: number): number {
    return sys.setsockopt(fd, SOL_SOCKET, SO_LINGER, this.scratch.address + AT_LINGER, 8);
  }

  vanishOnClose(fd: number): void {
    if (this.setNumber(fd, IPPROTO_TCP, TCP_REPAIR, 1) >= 0) return;
    this.setNumber(fd, IPPROTO_IP, IP_TTL, 1);
    this.setNumber(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 1);
    this.resetOnClose(fd);
  }

  setTos(fd: number, value: number): void {
    this.setNumber(fd, IPPROTO_IP, IP_TOS, value);
    this.setNumber(fd, IPPROTO_IPV6, IPV6_TCLASS, value);
  }

  setMark(fd: number, value: number): void {
    this.setNumber(fd, SOL_SOCKET, SO_MARK, value);
  }

  peerAddress(fd: number, into: HostAddress): void {
    into.clear();
    if (
      this.askAddress(sys.getpeername, fd) ||
      this.askFormerPeer(fd, SOCKADDR_IN6_SIZE) ||
      this.askFormerPeer(fd, SOCKADDR_IN_SIZE)
    )
      this.readAddress(into);
  }

  localAddress(fd: number, into: HostAddress): void {
    into.clear();
    if (this.askAddress(sys.getsockname, fd)) this.readAddress(into);
  }

  takePipe(): number {
    return this.pipes.take();
  }

  givePipe(pipe: number): void {
    this.pipes.give(pipe);
  }

  discardPipe(pipe: number): void {
    this.pipes.discard(pipe);
  }

  spliceIn(fd: number, pipe: number, length: number): number {
    return this.pipes.spliceIn(fd, pipe, length);
  }

  spliceOut(pipe: number, fd: number, length: number, more: boolean): number {
    return this.pipes.spliceOut(pipe, fd, length, more);
  }

  retire(slot: number): void {
    this.generations[slot] = (this.generations[slot] + 1) & GENERATION_MASK;
  }

  nowMs(): number {
    sys.clockGettime(CLOCK_MONOTONIC, this.scratch.address + AT_TIMESPEC);
    const words = this.scratch.i32;
    const seconds = words[AT_TIMESPEC >> 2] | 0;
    const nanoseconds = words[(AT_TIMESPEC >> 2) + 2] | 0;
    return (Math.imul(seconds, 1000) + ((nanoseconds / 1_000_000) | 0)) | 0;
  }

  private setNumber(fd: number, level: number, option: number, value: number): number {
    this.scratch.i32[AT_NUMBER >> 2] = value;
    return sys.setsockopt(fd, level, option, this.scratch.address + AT_NUMBER, 4);
  }

  private askAddress(call: typeof sys.getpeername, fd: number): boolean {
    const { address, i32 } = this.scratch;
    i32[AT_LENGTH >> 2] = SOCKADDR_ROOM;
    return call(fd, address + AT_SOCKADDR, address + AT_LENGTH) >= 0;
  }

  /** Whose connection it was: getpeername(2) no longer tells that of one that was reset. */
  private askFormerPeer(fd: number, size: number): boolean {
    const { address, i32 } = this.scratch;
    i32[AT_LENGTH >> 2] = size; // an address that is shorter is an error
    return sys.getsockopt(fd, SOL_SOCKET, SO_PEERNAME, address + AT_SOCKADDR, address + AT_LENGTH) >= 0;
  }

  private readAddress(into: HostAddress): void {
    const { view } = this.scratch;
    const family = view.getUint16(AT_SOCKADDR, true);
    const port = view.getUint16(AT_SOCKADDR + 2, false);
    const word = (at: number): number => view.getInt32(AT_SOCKADDR + at, false);
    if (family === AF_INET) into.setIpv4(word(4), port);
    else if (family === AF_INET6) into.setIpv6(word(8), word(12), word(16), word(20), port);
  }

  /** Takes the error that a socket is left with (SO_ERROR, socket(7)): 0 or `-errno`. */
  protected socketError(fd: number): number {
    const { scratch } = this;
    scratch.i32[AT_LENGTH >> 2] = 4;
    const result = sys.getsockopt(fd, SOL_SOCKET, SO_ERROR, scratch.address + AT_NUMBER, scratch.address + AT_LENGTH);
    return result < 0 ? result : -scratch.i32[AT_NUMBER >> 2];
  }

  /** Whether a TCP socket still waits for the other end to answer its SYN (TCP_INFO, tcp(7)). */
  protected isUnanswered(fd: number): boolean {
    const { scratch } = this;
    scratch.i32[AT_LENGTH >> 2] = 1; // the state is its first byte
    const result = sys.getsockopt(fd, IPPROTO_TCP, TCP_INFO, scratch.address + AT_NUMBER, scratch.address + AT_LENGTH);
    return result === 0 && scratch.u8[AT_NUMBER] === TCP_SYN_SENT;
  }

  /** Closes every pipe, in use or not: part of `stop`. */
  protected closePipes(): void {
    this.pipes.closeAll();
  }

  /** Empties the eventfd, so that the next `wake` is seen. */
  protected readWake(): void {
    sys.read(this.wakeFd, this.scratch.address + AT_EVENTFD, 8);
  }
}
