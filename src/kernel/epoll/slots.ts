/**
 * What the epoll engine knows of each slot, as typed arrays: which descriptor is watched for it,
 * what that is ready for, and which operations were asked for and did not complete yet.
 *
 * Descriptors are watched edge-triggered: the kernel tells each change once, and readiness is
 * remembered here until a system call proves that it is gone. It is never forgotten otherwise:
 * at worst it is stale, and costs a call that answers EAGAIN.
 */

import { OP_ACCEPT, OP_CONNECT, OP_POLL_IN, OP_POLL_OUT, OP_RECEIVE, OP_SEND } from '../engine.js';
import { EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLPRI, EPOLLRDHUP } from '../sys/constants.js';

/** "Nothing is watched for this slot." */
export const NO_FD = -1;

// Readiness of a slot.
/** There may be something to read, or to accept. */
export const READY_IN = 1;
/** There may be room to write, or a connection attempt has ended. */
export const READY_OUT = 2;
/** The peer ended its stream or sent urgent data: a short read does not mean that nothing follows. */
export const READY_END = 4;
/** The connection failed, or is over in both directions. */
export const READY_FAULT = 8;
/** Not readiness, but it comes and goes with the watch: the descriptor is a listener. */
export const IS_LISTENER = 16;

// Operations asked for, one bit each; as `1 << OP_*`.
export const ASKED_ACCEPT = 1 << OP_ACCEPT;
export const ASKED_CONNECT = 1 << OP_CONNECT;
export const ASKED_RECEIVE = 1 << OP_RECEIVE;
export const ASKED_SEND = 1 << OP_SEND;
export const ASKED_POLL_IN = 1 << OP_POLL_IN;
export const ASKED_POLL_OUT = 1 << OP_POLL_OUT;
/** Not an operation: the receive, or the accept, of the slot is a multishot one. */
export const ASKED_MULTISHOT = 1 << 7;
/** Operations without modifiers. */
export const ASKED_OPERATIONS = ASKED_MULTISHOT - 1;
/** What a relayed message needs. */
export const ASKED_MESSAGES = ASKED_RECEIVE | ASKED_SEND | ASKED_MULTISHOT;

/** What an event of the kernel says about a slot's readiness. */
export function readinessOf(events: number): number {
  let ready = 0;
  if ((events & EPOLLIN) !== 0) ready = READY_IN;
  if ((events & EPOLLOUT) !== 0) ready |= READY_OUT;
  if ((events & (EPOLLRDHUP | EPOLLPRI)) !== 0) ready |= READY_IN | READY_END;
  if ((events & (EPOLLERR | EPOLLHUP)) !== 0) ready |= READY_IN | READY_OUT | READY_END | READY_FAULT;
  return ready;
}

/** What is known and asked of every slot, as columns of small integers. */
export class SlotTable {
  /** The descriptor that is watched, or NO_FD. */
  readonly fd: Int32Array;
  /** Counts the watches of a slot; an event with an older number is about a former descriptor. */
  readonly watch: Int32Array;
  /** READY_*, IS_LISTENER */
  readonly ready: Uint8Array;
  /** ASKED_* */
  readonly asked: Uint8Array;
  /** ASKED_*: operations that shall end. */
  readonly cancelled: Uint8Array;
  /** `-errno` with which every operation on the descriptor ends, or 0. */
  readonly failure: Int32Array;
  /** Of the send that was asked for: its buffer, the bytes of it, and how many of them are sent. */
  readonly sendBuffer: Int32Array;
  readonly sendOffset: Int32Array;
  readonly sendLength: Int32Array;
  readonly sendDone: Int32Array;

  constructor(slots: number) {
    this.fd = new Int32Array(slots).fill(NO_FD);
    this.watch = new Int32Array(slots);
    this.ready = new Uint8Array(slots);
    this.asked = new Uint8Array(slots);
    this.cancelled = new Uint8Array(slots);
    this.failure = new Int32Array(slots);
    this.sendBuffer = new Int32Array(slots);
    this.sendOffset = new Int32Array(slots);
    this.sendLength = new Int32Array(slots);
    this.sendDone = new Int32Array(slots);
  }

  /** Begins to watch a descriptor, of which is known only what `ready` says. */
  begin(slot: number, fd: number, ready: number): void {
    this.fd[slot] = fd;
    this.watch[slot]++;
    this.ready[slot] = ready;
    this.failure[slot] = 0;
  }

  /** Forgets the descriptor of a slot. */
  end(slot: number): void {
    this.begin(slot, NO_FD, 0);
  }

  /** Whether something else than its operations has to be seen to: an end asked for, a failure, a listener. */
  isTroubled(slot: number): boolean {
    return (this.cancelled[slot] | this.failure[slot] | (this.ready[slot] & IS_LISTENER)) !== 0;
  }

  /** Whether at least one of these READY_* bits is set. */
  isReady(slot: number, bits: number): boolean {
    return (this.ready[slot] & bits) !== 0;
  }

  /** Whether at least one of these ASKED_* bits is set. */
  isAsked(slot: number, bit: number): boolean {
    return (this.asked[slot] & bit) !== 0;
  }
}
