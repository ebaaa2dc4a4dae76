/**
 * The engine on epoll(7), for kernels without a usable io_uring. It emulates completions: a verb
 * notes what is asked for; when the descriptor is ready, `wait` performs it and reports it done.
 * Each descriptor is watched once, edge-triggered for everything, so that relaying a message
 * costs one epoll_wait, one recv and one send.
 */
import type { EncodedAddress } from '../address.js';
import { NO_BUFFER } from '../buffers.js';
import {
  BUFFER_SHIFT,
  type CompletionHandler,
  type Engine,
  type EngineOptions,
  FLAG_BUFFER,
  FLAG_MORE,
  OP_ACCEPT,
  OP_CONNECT,
  OP_POLL_IN,
  OP_POLL_OUT,
  OP_RECEIVE,
  OP_SEND,
  OP_WAKE,
} from '../engine.js';
import { SystemCallError } from '../errno.js';
import { KernelEngine } from '../kernel-engine.js';
import {
  EAGAIN,
  ECANCELED,
  ECONNABORTED,
  EINPROGRESS,
  EINTR,
  ENOBUFS,
  EPOLLET,
  EPOLLEXCLUSIVE,
  EPOLLIN,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDHUP,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  POLLRDHUP,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
} from '../sys/constants.js';
import { sys } from '../sys/libc.js';
import { EventSet } from './event-set.js';
import {
  ASKED_ACCEPT,
  ASKED_CONNECT,
  ASKED_MESSAGES,
  ASKED_MULTISHOT,
  ASKED_OPERATIONS,
  ASKED_POLL_IN,
  ASKED_POLL_OUT,
  ASKED_RECEIVE,
  ASKED_SEND,
  IS_LISTENER,
  READY_END,
  READY_FAULT,
  READY_IN,
  READY_OUT,
  readinessOf,
  SlotTable,
} from './slots.js';
import { WorkQueue } from './work-queue.js';

/** Connected sockets: everything, each change once. */
const INTEREST = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET;
/**
 * Listeners: level-triggered, so that what one turn leaves comes again; exclusive, so that of
 * several workers on one listener a connection wakes one.
 */
const LISTENER_INTEREST = EPOLLIN | EPOLLEXCLUSIVE;
/** Stands for the eventfd where an event carries a slot. */
const WAKE_SLOT = -1;

/** Receives, and sends, of one slot in a row: a busy connection must let the others have their turn. */
const TRANSFERS_PER_TURN = 4;
/** Connections taken from one listener in a row. */
const ACCEPTS_PER_TURN = 64;

/** An Engine on epoll(7). */
export class EpollEngine extends KernelEngine implements Engine {
  readonly name = 'epoll';
  private readonly set: EventSet;
  private readonly slots: SlotTable;
  /** Slots on which something can be done, or reported. */
  private readonly work: WorkQueue;

  /** Throws SystemCallError. */
  constructor(options: EngineOptions) {
    super(options);
    this.set = new EventSet();
    this.slots = new SlotTable(options.slots);
    this.work = new WorkQueue(options.slots);
    this.holdings.hold(this.set.fd);
    this.holdings.holdMemory(this.set.region.address, this.set.region.length);
    if (this.wakeFd < 0) return;
    const result = this.set.add(this.wakeFd, EPOLLIN, WAKE_SLOT, 0);
    if (result < 0) throw new SystemCallError('epoll_ctl', result);
  }

  accept(slot: number, listener: number): void {
    this.ask(slot, ASKED_ACCEPT | ASKED_MULTISHOT);
    this.watchListener(slot, listener);
  }

  acceptOnce(slot: number, listener: number): void {
    this.ask(slot, ASKED_ACCEPT);
    this.watchListener(slot, listener);
  }

  connect(slot: number, fd: number, address: EncodedAddress): void {
    this.ask(slot, ASKED_CONNECT);
    // Connecting before watching: a socket that does nothing yet counts as writable and hung up.
    const result = sys.connect(fd, address.address, address.length);
    this.watch(slot, fd, INTEREST, result === 0 ? READY_OUT : 0);
    if (result !== 0 && result !== -EINPROGRESS) this.slots.failure[slot] = result;
    this.schedule(slot, READY_OUT);
  }

  receive(slot: number, fd: number): void {
    this.ask(slot, ASKED_RECEIVE | ASKED_MULTISHOT);
    this.expect(slot, fd, READY_IN);
  }

  receiveOnce(slot: number, fd: number): void {
    this.ask(slot, ASKED_RECEIVE);
    this.expect(slot, fd, READY_IN);
  }

  send(slot: number, fd: number, buffer: number, offset: number, length: number): void {
    const { slots } = this;
    slots.sendBuffer[slot] = buffer;
    slots.sendOffset[slot] = offset;
    slots.sendLength[slot] = length;
    slots.sendDone[slot] = 0;
    this.ask(slot, ASKED_SEND);
    this.expect(slot, fd, READY_OUT);
  }

  pollIn(slot: number, fd: number): void {
    this.ask(slot, ASKED_POLL_IN);
    this.review(slot, fd, READY_IN);
  }

  pollOut(slot: number, fd: number): void {
    this.ask(slot, ASKED_POLL_OUT);
    this.review(slot, fd, READY_OUT);
  }

  cancel(slot: number, op: number): void {
    if (!this.slots.isAsked(slot, 1 << op)) return;
    this.slots.cancelled[slot] |= 1 << op;
    this.work.push(slot);
  }

  close(fd: number): void {
    this.holdings.drop(fd);
    if (sys.close(fd) < 0) this.stats.internalErrors++;
  }

  override retire(slot: number): void {
    const { slots } = this;
    for (let asked = slots.asked[slot] & ASKED_OPERATIONS; asked !== 0; asked &= asked - 1) this.stats.lateCompletions++;
    slots.asked[slot] = 0;
    slots.cancelled[slot] = 0;
    if (slots.isReady(slot, IS_LISTENER)) this.unwatchListener(slot);
    else slots.end(slot);
    super.retire(slot);
  }

  wait(timeoutMs: number, handler: CompletionHandler): void {
    const { stats, work } = this;
    stats.turns++;
    const before = stats.completions;
    this.runWork(handler); // what was asked for since the last turn
    const idle = work.length === 0 && stats.completions === before;
    const woken = this.collect(idle ? timeoutMs : 0);
    if (woken) this.deliverWake(handler);
    this.runWork(handler); // what became ready
    this.runWork(handler); // what the handlers of that asked for: the message leaves in the turn it came in
  }

  stop(): void {
    this.holdings.drop(this.set.fd);
    this.set.close();
    this.closePipes();
  }

  private ask(slot: number, bits: number): void {
    this.slots.asked[slot] |= bits;
  }

  /** Watches a descriptor for a slot. Should that fail, every operation on it will. */
  private watch(slot: number, fd: number, interest: number, ready: number): void {
    const { slots } = this;
    slots.begin(slot, fd, ready);
    const result = this.set.add(fd, interest, slot, slots.watch[slot]);
    if (result >= 0) return;
    slots.failure[slot] = result;
    this.work.push(slot);
  }

  private watchListener(slot: number, listener: number): void {
    const { slots } = this;
    if (slots.fd[slot] !== listener || !slots.isReady(slot, IS_LISTENER))
      this.watch(slot, listener, LISTENER_INTEREST, IS_LISTENER);
  }

  /** Level-triggered: a listener that nobody accepts from must not be watched, or the loop never sleeps. */
  private unwatchListener(slot: number): void {
    this.set.remove(this.slots.fd[slot]);
    this.slots.end(slot);
  }

  /** Sees to it that an operation which needs this readiness will run. */
  private expect(slot: number, fd: number, ready: number): void {
    // A socket not known yet is taken as writable: it nearly always is, and the call will tell.
    if (this.slots.fd[slot] !== fd) this.watch(slot, fd, INTEREST, READY_OUT);
    this.schedule(slot, ready);
  }

  /**
   * As `expect`, but asks the kernel anew instead of trusting what is remembered: splice(2) reads
   * and writes without the slot being told.
   */
  private review(slot: number, fd: number, ready: number): void {
    const { slots } = this;
    if (slots.fd[slot] !== fd) {
      this.watch(slot, fd, INTEREST, 0);
      return;
    }
    slots.ready[slot] &= ~ready;
    if (this.set.rearm(fd, INTEREST, slot, slots.watch[slot]) < 0) this.watch(slot, fd, INTEREST, 0);
  }

  private schedule(slot: number, ready: number): void {
    if (this.slots.isReady(slot, ready) || this.slots.failure[slot] !== 0) this.work.push(slot);
  }

  /** Takes the kernel's events, before any handler runs: none of them can be out of date. */
  private collect(timeoutMs: number): boolean {
    const { set, slots } = this;
    const count = set.wait(timeoutMs);
    let woken = false;
    for (let i = 0; i < count; i++) {
      const slot = set.low(i);
      if (slot === WAKE_SLOT) {
        woken = true;
      } else if (set.high(i) === slots.watch[slot]) {
        slots.ready[slot] |= readinessOf(set.events(i));
        if (slots.asked[slot] !== 0) this.work.push(slot);
      }
    }
    return woken;
  }

  private deliverWake(handler: CompletionHandler): void {
    this.readWake();
    this.stats.completions++;
    handler.onCompletion(OP_WAKE, 0, 0, 0);
  }

  /** Runs the slots that are queued now; those queued meanwhile have to wait for the next call. */
  private runWork(handler: CompletionHandler): void {
    for (let left = this.work.length; left > 0; left--) this.run(this.work.shift(), handler);
  }

  /**
   * Does what can be done on a slot. A handler may cancel, close, retire and use the slot for
   * something else, so that each step looks at the tables again and keeps nothing in variables.
   * Reading comes before writing: after a reset the first call of either kind takes the error.
   */
  private run(slot: number, handler: CompletionHandler): void {
    const { slots } = this;
    // Messages are all that a busy slot sees: they are looked for first.
    if ((slots.asked[slot] & ~ASKED_MESSAGES) !== 0 || slots.isTroubled(slot)) this.runOthers(slot, handler);
    if (slots.isAsked(slot, ASKED_RECEIVE) && slots.isReady(slot, READY_IN)) this.runReceive(slot, handler);
    if (slots.isAsked(slot, ASKED_SEND) && slots.isReady(slot, READY_OUT)) this.runSend(slot, handler);
  }

  /** All but receiving and sending. */
  private runOthers(slot: number, handler: CompletionHandler): void {
    const { slots } = this;
    if (slots.isReady(slot, IS_LISTENER) && !slots.isAsked(slot, ASKED_ACCEPT)) this.unwatchListener(slot);
    if (slots.cancelled[slot] !== 0) this.runCancelled(slot, handler);
    if (slots.failure[slot] !== 0) this.runFailed(slot, handler);
    if (slots.isAsked(slot, ASKED_CONNECT) && slots.isReady(slot, READY_OUT)) this.runConnect(slot, handler);
    if (slots.isAsked(slot, ASKED_ACCEPT) && slots.isReady(slot, READY_IN)) this.runAccept(slot, handler);
    if (slots.isAsked(slot, ASKED_POLL_IN) && slots.isReady(slot, READY_IN))
      this.complete(OP_POLL_IN, slot, this.pollEvents(slot, POLLIN), 0, handler);
    if (slots.isAsked(slot, ASKED_POLL_OUT) && slots.isReady(slot, READY_OUT))
      this.complete(OP_POLL_OUT, slot, this.pollEvents(slot, POLLOUT), 0, handler);
  }

  private runCancelled(slot: number, handler: CompletionHandler): void {
    const { slots } = this;
    while (slots.cancelled[slot] !== 0) {
      const op = 31 - Math.clz32(slots.cancelled[slot]);
      this.complete(op, slot, op === OP_SEND && slots.sendDone[slot] > 0 ? slots.sendDone[slot] : -ECANCELED, 0, handler);
    }
  }

  private runFailed(slot: number, handler: CompletionHandler): void {
    const { slots } = this;
    while (slots.failure[slot] !== 0 && (slots.asked[slot] & ASKED_OPERATIONS) !== 0)
      this.complete(31 - Math.clz32(slots.asked[slot] & ASKED_OPERATIONS), slot, slots.failure[slot], 0, handler);
  }

  private runConnect(slot: number, handler: CompletionHandler): void {
    const { slots } = this;
    // Only an attempt that may have failed costs a system call to ask.
    const result = slots.isReady(slot, READY_FAULT) ? this.socketError(slots.fd[slot]) : 0;
    this.complete(OP_CONNECT, slot, result, 0, handler);
  }

  private runAccept(slot: number, handler: CompletionHandler): void {
    const { slots } = this;
    slots.ready[slot] &= ~READY_IN; // level-triggered: the next turn hears of what is left
    for (let n = 0; n < ACCEPTS_PER_TURN && this.goesOn(slot, ASKED_ACCEPT); n++) {
      const result = sys.accept4(slots.fd[slot], 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (result === -EAGAIN) return;
      if (result === -ECONNABORTED || result === -EINTR) continue;
      if (result < 0) {
        this.complete(OP_ACCEPT, slot, result, 0, handler);
        return;
      }
      this.holdings.hold(result);
      this.complete(OP_ACCEPT, slot, result, this.moreFlag(slot), handler);
    }
  }

  private runReceive(slot: number, handler: CompletionHandler): void {
    const { buffers, slots } = this;
    for (let n = 0; n < TRANSFERS_PER_TURN; n++) {
      const buffer = buffers.take();
      if (buffer === NO_BUFFER) {
        this.complete(OP_RECEIVE, slot, -ENOBUFS, 0, handler);
        return;
      }
      const result = sys.recv(slots.fd[slot], buffers.address[buffer] as number, buffers.size, MSG_DONTWAIT);
      if (result <= 0) {
        buffers.give(buffer);
        this.receivedNothing(slot, result, handler);
        return;
      }
      // A short read emptied the socket, epoll(7) question 9; what arrives later is a new edge.
      if (result < buffers.size && !slots.isReady(slot, READY_END)) slots.ready[slot] &= ~READY_IN;
      const flags = FLAG_BUFFER | this.moreFlag(slot) | (buffer << BUFFER_SHIFT);
      this.complete(OP_RECEIVE, slot, result, flags, handler);
      if (!slots.isReady(slot, READY_IN) || !this.goesOn(slot, ASKED_RECEIVE)) return;
    }
    this.work.push(slot);
  }

  /** The stream ended (0), failed, or has nothing for now. */
  private receivedNothing(slot: number, result: number, handler: CompletionHandler): void {
    if (result === -EAGAIN) this.slots.ready[slot] &= ~READY_IN;
    else if (result === -EINTR) this.work.push(slot);
    else this.complete(OP_RECEIVE, slot, result, 0, handler);
  }

  private runSend(slot: number, handler: CompletionHandler): void {
    const { buffers, slots } = this;
    for (let n = 0; n < TRANSFERS_PER_TURN; n++) {
      const done = slots.sendDone[slot];
      const from = slots.sendOffset[slot] + done;
      const begin = buffers.address[slots.sendBuffer[slot]] as number;
      const left = slots.sendLength[slot] - done;
      const result = sys.send(slots.fd[slot], begin + from, left, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (result !== left) {
        this.sentLess(slot, result, handler);
        return;
      }
      this.complete(OP_SEND, slot, done + result, 0, handler);
      if (!slots.isReady(slot, READY_OUT) || !this.goesOn(slot, ASKED_SEND)) return;
    }
    this.work.push(slot);
  }

  /** The socket took a part, or nothing for now, or the connection failed. */
  private sentLess(slot: number, result: number, handler: CompletionHandler): void {
    const { slots } = this;
    if (result === -EINTR) {
      this.work.push(slot);
    } else if (result >= 0 || result === -EAGAIN) {
      slots.ready[slot] &= ~READY_OUT; // the kernel tells when there is room again
      if (result > 0) slots.sendDone[slot] += result;
    } else {
      this.complete(OP_SEND, slot, slots.sendDone[slot] > 0 ? slots.sendDone[slot] : result, 0, handler);
    }
  }

  /** Whether an operation is still asked for, and not about to be cancelled, after a handler ran. */
  private goesOn(slot: number, bit: number): boolean {
    return (this.slots.asked[slot] & ~this.slots.cancelled[slot] & bit) !== 0;
  }

  private moreFlag(slot: number): number {
    return this.slots.isAsked(slot, ASKED_MULTISHOT) ? FLAG_MORE : 0;
  }

  private pollEvents(slot: number, event: number): number {
    const { slots } = this;
    return event | (slots.isReady(slot, READY_END) ? POLLRDHUP : 0) | (slots.isReady(slot, READY_FAULT) ? POLLERR | POLLHUP : 0);
  }

  /** Reports a completion; without FLAG_MORE the operation is over before its handler runs. */
  private complete(op: number, slot: number, result: number, flags: number, handler: CompletionHandler): void {
    if ((flags & FLAG_MORE) === 0) this.over(op, slot, result);
    this.stats.completions++;
    handler.onCompletion(op, slot, result, flags);
  }

  private over(op: number, slot: number, result: number): void {
    const { slots } = this;
    slots.cancelled[slot] &= ~(1 << op);
    slots.asked[slot] &= ~(op === OP_RECEIVE || op === OP_ACCEPT ? (1 << op) | ASKED_MULTISHOT : 1 << op);
    if (op !== OP_ACCEPT) return;
    // After a single accept the next one is usually asked for at once: `run` looks whether it was.
    if (result >= 0) this.work.push(slot);
    else this.unwatchListener(slot);
  }
}
