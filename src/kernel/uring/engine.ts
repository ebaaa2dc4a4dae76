/**
 * The engine on io_uring: every operation is a submission entry, one system call a turn hands all
 * of them over and brings the completions. Bytes arrive in buffers that the kernel picks from the
 * provided ring (multishot receive) and leave from where they lie.
 */
import type { EncodedAddress } from '../address.js';
import {
  type CompletionHandler,
  type Engine,
  type EngineOptions,
  FLAG_BUFFER,
  OP_ACCEPT,
  OP_CONNECT,
  OP_INTERNAL,
  OP_POLL_IN,
  OP_POLL_OUT,
  OP_RECEIVE,
  OP_SEND,
  OP_WAKE,
} from '../engine.js';
import { KernelEngine } from '../kernel-engine.js';
import {
  EALREADY,
  EHOSTUNREACH,
  ENOENT,
  IORING_ACCEPT_MULTISHOT,
  IORING_ASYNC_CANCEL_ALL,
  IORING_ASYNC_CANCEL_ANY,
  IORING_OP_ACCEPT,
  IORING_OP_ASYNC_CANCEL,
  IORING_OP_CLOSE,
  IORING_OP_CONNECT,
  IORING_OP_POLL_ADD,
  IORING_OP_RECV,
  IORING_OP_SEND,
  IORING_RECV_MULTISHOT,
  IOSQE_BUFFER_SELECT,
  IOSQE_CQE_SKIP_SUCCESS,
  MSG_NOSIGNAL,
  MSG_WAITALL,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  POLLRDHUP,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
} from '../sys/constants.js';
import { sys } from '../sys/libc.js';
import { BufferRing } from './buffer-ring.js';
import { Patience } from './patience.js';
import {
  Ring,
  SQE_ADDR_HIGH,
  SQE_ADDR_LOW,
  SQE_BUF_GROUP,
  SQE_FD,
  SQE_LEN,
  SQE_OFF_HIGH,
  SQE_OFF_LOW,
  SQE_OP,
  SQE_OP_FLAGS,
  SQE_USER_HIGH,
  SQE_USER_LOW,
} from './ring.js';

/** Submission entries: more than a turn usually makes; a fuller turn costs one more system call. */
const SQ_ENTRIES = 2048;
/** Completion entries: as many as could arrive while one turn is handled; beyond, the kernel queues. */
const CQ_ENTRIES = 16384;

/** Turns in which a stopping engine collects what its cancelled operations still complete. */
const STOP_TURNS = 4;

const FLAGS_SHIFT = 8;
const IOPRIO_SHIFT = 16;
const GENERATION_SHIFT = 8;
const OP_MASK = 0xff;

const SQE_RECV = IORING_OP_RECV | (IOSQE_BUFFER_SELECT << FLAGS_SHIFT);
const SQE_RECV_MULTISHOT = SQE_RECV | (IORING_RECV_MULTISHOT << IOPRIO_SHIFT);
const SQE_ACCEPT_MULTISHOT = IORING_OP_ACCEPT | (IORING_ACCEPT_MULTISHOT << IOPRIO_SHIFT);
const SQE_CLOSE = IORING_OP_CLOSE | (IOSQE_CQE_SKIP_SUCCESS << FLAGS_SHIFT);
const SQE_CANCEL = IORING_OP_ASYNC_CANCEL | (IOSQE_CQE_SKIP_SUCCESS << FLAGS_SHIFT);

/** An Engine on io_uring(7). */
export class UringEngine extends KernelEngine implements Engine {
  readonly name = 'uring';
  private readonly ring: Ring;
  private readonly provided: BufferRing;
  private readonly sqe: Int32Array;
  private readonly patience = new Patience();
  /** The socket that a slot connects. */
  private readonly connecting: Int32Array;
  private stopping = false;

  /** Throws SystemCallError when the kernel refuses a ring. */
  constructor(options: EngineOptions) {
    super(options);
    this.connecting = new Int32Array(options.slots);
    this.ring = new Ring(SQ_ENTRIES, CQ_ENTRIES);
    this.holdings.hold(this.ring.fd);
    for (const region of this.ring.regions) this.holdings.holdMemory(region.address, region.length);
    this.provided = new BufferRing(this.ring, this.buffers);
    this.holdings.holdMemory(this.provided.region.address, this.provided.region.length);
    this.sqe = this.ring.sqe;
    if (this.wakeFd >= 0) this.pollWake();
  }

  override freeBuffers(): number {
    return this.buffers.available + this.provided.held;
  }

  accept(slot: number, listener: number): void {
    const at = this.prepare(SQE_ACCEPT_MULTISHOT, listener, OP_ACCEPT, slot);
    this.sqe[at + SQE_OP_FLAGS] = SOCK_NONBLOCK | SOCK_CLOEXEC;
  }

  acceptOnce(slot: number, listener: number): void {
    this.patience.hurry();
    const at = this.prepare(IORING_OP_ACCEPT, listener, OP_ACCEPT, slot);
    this.sqe[at + SQE_OP_FLAGS] = SOCK_NONBLOCK | SOCK_CLOEXEC;
  }

  connect(slot: number, fd: number, address: EncodedAddress): void {
    this.connecting[slot] = fd;
    const at = this.prepare(IORING_OP_CONNECT, fd, OP_CONNECT, slot);
    this.setAddress(at, address.address);
    this.sqe[at + SQE_OFF_LOW] = address.length;
  }

  receive(slot: number, fd: number): void {
    const at = this.prepare(SQE_RECV_MULTISHOT, fd, OP_RECEIVE, slot);
    this.sqe[at + SQE_BUF_GROUP] = this.provided.group;
  }

  receiveOnce(slot: number, fd: number): void {
    const at = this.prepare(SQE_RECV, fd, OP_RECEIVE, slot);
    this.sqe[at + SQE_BUF_GROUP] = this.provided.group;
    this.sqe[at + SQE_LEN] = this.buffers.size;
  }

  send(slot: number, fd: number, buffer: number, offset: number, length: number): void {
    const at = this.prepare(IORING_OP_SEND, fd, OP_SEND, slot);
    this.setAddress(at, (this.buffers.address[buffer] as number) + offset);
    this.sqe[at + SQE_LEN] = length;
    this.sqe[at + SQE_OP_FLAGS] = MSG_NOSIGNAL | MSG_WAITALL;
  }

  pollIn(slot: number, fd: number): void {
    this.patience.hurry();
    const at = this.prepare(IORING_OP_POLL_ADD, fd, OP_POLL_IN, slot);
    this.sqe[at + SQE_OP_FLAGS] = POLLIN | POLLRDHUP | POLLERR | POLLHUP;
  }

  pollOut(slot: number, fd: number): void {
    this.patience.hurry();
    const at = this.prepare(IORING_OP_POLL_ADD, fd, OP_POLL_OUT, slot);
    this.sqe[at + SQE_OP_FLAGS] = POLLOUT | POLLERR | POLLHUP;
  }

  cancel(slot: number, op: number): void {
    const at = this.prepare(SQE_CANCEL, -1, OP_INTERNAL, slot);
    this.sqe[at + SQE_ADDR_LOW] = slot;
    this.sqe[at + SQE_ADDR_HIGH] = op | (this.generations[slot] << GENERATION_SHIFT);
  }

  close(fd: number): void {
    this.holdings.drop(fd);
    this.prepare(SQE_CLOSE, fd, OP_INTERNAL, 0);
  }

  wait(timeoutMs: number, handler: CompletionHandler): void {
    this.stats.turns++;
    this.provided.refill();
    this.ring.submitAndWait(timeoutMs, this.patience.next());
    this.deliver(handler);
  }

  stop(): void {
    const closeAccepted: CompletionHandler = {
      onCompletion: (op, _slot, result) => {
        if (op === OP_ACCEPT && result >= 0) this.close(result);
      },
    };
    // An operation holds its socket open, and a listener listening, until the kernel has let go of
    // it; left to the end of the ring, that would happen some time after the process is gone.
    this.stopping = true;
    const at = this.prepare(SQE_CANCEL, -1, OP_INTERNAL, 0);
    this.sqe[at + SQE_OP_FLAGS] = IORING_ASYNC_CANCEL_ALL | IORING_ASYNC_CANCEL_ANY;
    for (let turn = 0; turn < STOP_TURNS; turn++) {
      this.ring.submitAndWait(0, 1);
      this.deliver(closeAccepted);
    }
    this.closePipes();
    this.holdings.drop(this.ring.fd);
    sys.close(this.ring.fd);
  }

  private deliver(handler: CompletionHandler): void {
    const { ring, generations, stats } = this;
    const { words, cqMask, cqBase } = ring;
    let head = ring.completionsBegin();
    const end = ring.completionsEnd();
    this.patience.learn((end - head) | 0);
    for (; head !== end; head = (head + 1) | 0) {
      const at = cqBase + ((head & cqMask) << 2);
      const slot = words[at];
      const high = words[at + 1];
      const result = words[at + 2];
      const flags = words[at + 3];
      const op = high & OP_MASK;
      // Everything is read: a handler that throws must not meet this completion again.
      ring.completionsTaken((head + 1) | 0);
      if ((flags & FLAG_BUFFER) !== 0) this.provided.taken();
      if (op >= OP_WAKE) this.onInternal(op, result, handler);
      else if (high >>> GENERATION_SHIFT !== generations[slot]) this.onLate(op, result, flags);
      else {
        if (op === OP_ACCEPT && result >= 0) this.holdings.hold(result);
        stats.completions++;
        handler.onCompletion(op, slot, op === OP_CONNECT ? this.connected(slot, result) : result, flags);
      }
    }
  }

  /**
   * What became of a connect. An ICMP message that arrives while connect(2) is still at work (from the same
   * host, a container) leaves its error aside, and Linux 6.18 completes the operation with 0 while the SYN is
   * without an answer.
   */
  private connected(slot: number, result: number): number {
    const fd = this.connecting[slot];
    return result === 0 && this.isUnanswered(fd) ? this.socketError(fd) || -EHOSTUNREACH : result;
  }

  private onInternal(op: number, result: number, handler: CompletionHandler): void {
    if (this.stopping) return;
    if (op === OP_WAKE) {
      this.readWake();
      this.pollWake();
      this.stats.completions++;
      handler.onCompletion(OP_WAKE, 0, 0, 0);
    } else if (result !== -ENOENT && result !== -EALREADY) {
      this.stats.internalErrors++; // ENOENT, EALREADY: what was to be cancelled had just completed, or is about to
    }
  }

  private onLate(op: number, result: number, flags: number): void {
    this.stats.lateCompletions++;
    if ((flags & FLAG_BUFFER) !== 0) this.buffers.give(flags >>> 16);
    if (op === OP_ACCEPT && result >= 0) sys.close(result);
  }

  private pollWake(): void {
    const at = this.prepare(IORING_OP_POLL_ADD, this.wakeFd, OP_WAKE, 0);
    this.sqe[at + SQE_OP_FLAGS] = POLLIN;
  }

  /** Fills a submission entry, zeroing what the operation does not set, and answers its index. */
  private prepare(operation: number, fd: number, op: number, slot: number): number {
    const at = this.ring.entry();
    const { sqe } = this;
    sqe[at + SQE_OP] = operation;
    sqe[at + SQE_FD] = fd;
    sqe[at + SQE_OFF_LOW] = 0;
    sqe[at + SQE_OFF_HIGH] = 0;
    sqe[at + SQE_ADDR_LOW] = 0;
    sqe[at + SQE_ADDR_HIGH] = 0;
    sqe[at + SQE_LEN] = 0;
    sqe[at + SQE_OP_FLAGS] = 0;
    sqe[at + SQE_USER_LOW] = slot;
    sqe[at + SQE_USER_HIGH] = op | (this.generations[slot] << GENERATION_SHIFT);
    sqe[at + SQE_BUF_GROUP] = 0;
    return at;
  }

  private setAddress(at: number, address: number): void {
    this.sqe[at + SQE_ADDR_LOW] = address | 0;
    this.sqe[at + SQE_ADDR_HIGH] = (address / 0x1_0000_0000) | 0;
  }
}
