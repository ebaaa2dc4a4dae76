/**
 * The verbs with which the data plane asks the kernel for something, and the completions it gets.
 * Everything above this file is written against these verbs alone and runs unchanged on io_uring,
 * on epoll, and on the simulated engine of the tests.
 *
 * A *slot* is a small number that the caller chose for one socket. At most one operation of each
 * kind may be outstanding on a slot. The caller owns a slot until it calls `retire`, which it may
 * do only when no operation is outstanding; a completion for an older generation of the slot is
 * dropped and counted in `stats.lateCompletions`.
 *
 * Verbs without a completion act at once and answer a result or `-errno`.
 */

import type { EncodedAddress } from './address.js';
import type { BufferPool } from './buffers.js';
import type { HostAddress } from './host-address.js';
import type { SocketSetup } from './socket-setup.js';

// Operations, as numbers: they travel through the kernel in a completion's user data.
export const OP_ACCEPT = 1;
export const OP_CONNECT = 2;
export const OP_RECEIVE = 3;
export const OP_SEND = 4;
export const OP_POLL_IN = 5;
export const OP_POLL_OUT = 6;
/** Somebody called `wake`; slot 0, result 0. */
export const OP_WAKE = 7;
/** Operations an engine uses itself; never delivered. */
export const OP_INTERNAL = 8;

/** The operations by number, for people. */
export const OPERATION_NAMES = ['', 'accept', 'connect', 'receive', 'send', 'poll-in', 'poll-out', 'wake', 'internal'] as const;

/** In `flags`: the multishot operation goes on and completes again. */
export const FLAG_MORE = 2;
/** In `flags`: the result lies in buffer number `flags >>> BUFFER_SHIFT`, which the caller now owns. */
export const FLAG_BUFFER = 1;
export const BUFFER_SHIFT = 16;

/** Receives every completion, in the order in which they happened on each slot. */
export interface CompletionHandler {
  /**
   * @param op one of OP_*
   * @param slot as given to the verb
   * @param result bytes, a descriptor, poll events, or `-errno`
   * @param flags FLAG_*
   */
  onCompletion(op: number, slot: number, result: number, flags: number): void;
}

/** Live counters of one engine. */
export interface EngineStats {
  /** Turns of the loop: calls of `wait`. */
  turns: number;
  /** Completions delivered. */
  completions: number;
  /** Completions of retired generations: a defect somewhere, never harmless to ignore. */
  lateCompletions: number;
  /** Completions of the engine's own operations (close, cancel) that reported an error. */
  internalErrors: number;
}

/**
 * The descriptors and mappings that a worker holds, written down where the master can read them:
 * a thread that dies takes none of them along, so that somebody else must close them.
 */
export interface Holdings {
  hold(fd: number): void;
  drop(fd: number): void;
  holdMemory(address: number, length: number): void;
}

/** What an engine is made for; all sizes are fixed for its life. */
export interface EngineOptions {
  /** Slot numbers in use are 0..slots-1. */
  readonly slots: number;
  /** Buffers in the pool, up to BUFFERS_MAX. */
  readonly bufferCount: number;
  /** Bytes of a buffer (`tune.bufsize`). */
  readonly bufferSize: number;
  /** How many of them are kept for what the balancer writes itself; none without. */
  readonly reservedBuffers?: number;
  /** Pipes for splice(2) at most; 0 keeps everything on buffers. */
  readonly pipesMax: number;
  /** Capacity asked of each pipe, in bytes (`tune.pipesize`). */
  readonly pipeSize: number;
  /** The eventfd that `wake` of another thread writes; -1 without. */
  readonly wakeFd: number;
  readonly holdings: Holdings;
}

/** The implementations; `simulated` exists in tests only. */
export type EngineName = 'uring' | 'epoll' | 'simulated';

/** One thread's way to the kernel. Only the thread that opened it may use it. */
export interface Engine {
  readonly name: EngineName;
  readonly buffers: BufferPool;
  readonly stats: EngineStats;

  /** Buffers that receiving can still use, those handed to the kernel included. */
  freeBuffers(): number;

  /** Accepts connections until cancelled or failed: one completion each, with the descriptor. */
  accept(slot: number, listener: number): void;
  /** Accepts one connection; completions as `accept`, never FLAG_MORE. */
  acceptOnce(slot: number, listener: number): void;
  /** Takes a connection that waits in the queue of a listener: its descriptor, or `-errno` (`-EAGAIN`: there is none). */
  acceptNow(listener: number): number;
  /** A listener answers nobody who is new, for the moment before `stopListening`: they ask again a second later. */
  turnAway(listener: number): void;
  /** A listener that nobody else has, and that is never used again, stops listening: others may have its address. */
  stopListening(listener: number): void;
  /** Connects a socket made by `openSocket`; completes with 0 or `-errno`. */
  connect(slot: number, fd: number, address: EncodedAddress): void;
  /**
   * Receives until cancelled, ended or failed: one completion for each piece of data, with a
   * buffer; 0 at end of stream; `-ENOBUFS` when no buffer was free, or none was within the kernel's
   * reach at that moment (call again when `freeBuffers` is not 0).
   */
  receive(slot: number, fd: number): void;
  /** Receives once. Completions as `receive`, never FLAG_MORE. */
  receiveOnce(slot: number, fd: number): void;
  /**
   * Sends `length` bytes of a buffer from `offset` on, all of them unless the connection fails:
   * fewer only with an error to follow on the next send, or after `cancel`. The buffer stays the
   * caller's; it must not be given back before the completion.
   */
  send(slot: number, fd: number, buffer: number, offset: number, length: number): void;
  /** Completes once when the socket can be read (or is at its end, or has failed). */
  pollIn(slot: number, fd: number): void;
  /** Completes once when the socket can be written (or has failed). */
  pollOut(slot: number, fd: number): void;
  /** Asks for the end of an operation; it still completes, with `-ECANCELED` or whatever came first. */
  cancel(slot: number, op: number): void;

  /**
   * A non-blocking stream socket with TCP_NODELAY, ready to connect to that address, with the
   * options and the source address of `setup`, if there are any.
   * @param sourcePort port of the source address; 0: the system's choice
   */
  openSocket(address: EncodedAddress, setup?: SocketSetup | null, sourcePort?: number): number;
  /** Ends sending: the peer sees the end of the stream after all that was sent. */
  shutdownWrite(fd: number): number;
  /** Makes the following `close` a reset instead of an orderly end (SO_LINGER 0, socket(7)). */
  resetOnClose(fd: number): number;
  /**
   * Makes the following `close` one that the peer does not notice, as far as the system lets us: without
   * a packet where the process may do that (CAP_NET_ADMIN), or with a reset that does not get far.
   */
  vanishOnClose(fd: number): void;
  /** Sets the type of service (DSCP) of what is sent to IP peers; what the system refuses stays as it is. */
  setTos(fd: number, value: number): void;
  /** Sets the firewall mark of what is sent (SO_MARK, needs CAP_NET_ADMIN); what the system refuses stays as it is. */
  setMark(fd: number, value: number): void;
  /** Closes a descriptor, at the latest when `wait` is called next. No operation may be outstanding on it. */
  close(fd: number): void;
  /** Reads the address of the peer, even when it has reset the connection; FAMILY_NONE for a UNIX socket. */
  peerAddress(fd: number, into: HostAddress): void;
  /** Reads the socket's own address, getsockname(2): where the client connected to. */
  localAddress(fd: number, into: HostAddress): void;

  /** An empty pipe of the pool, or -1 when there is none. */
  takePipe(): number;
  /** Takes back an empty pipe. */
  givePipe(pipe: number): void;
  /** Closes a pipe that still holds bytes nobody wants. */
  discardPipe(pipe: number): void;
  /** Moves bytes from a socket into a pipe, splice(2): bytes, 0 at end of stream, `-EAGAIN`, `-errno`. */
  spliceIn(fd: number, pipe: number, length: number): number;
  /** Moves bytes from a pipe to a socket. `more`: further bytes follow at once. */
  spliceOut(pipe: number, fd: number, length: number, more: boolean): number;

  /** Ends a generation of a slot. */
  retire(slot: number): void;
  /** Milliseconds of a monotonic clock as a wrapping 32-bit integer; subtract, never compare. */
  nowMs(): number;
  /**
   * Submits what was asked for, waits for at least one completion but not longer than
   * `timeoutMs` (-1: for ever, 0: not at all), and delivers all that there are.
   */
  wait(timeoutMs: number, handler: CompletionHandler): void;
  /** Closes what the engine itself opened. The kernel ends the operations still outstanding. */
  stop(): void;
}
