/**
 * The simulated engine: the verbs of `kernel/engine.ts` over a Network, deterministic from a seed.
 * It completes operations in an order that is as bad as the interface allows, and holds every call
 * against what the interface demands of the caller; a breach is a Violation.
 */
import type { EncodedAddress } from '../../src/kernel/address.js';
import { NO_BUFFER } from '../../src/kernel/buffers.js';
import {
  BUFFER_SHIFT,
  type CompletionHandler,
  type Engine,
  type EngineStats,
  FLAG_BUFFER,
  FLAG_MORE,
  OP_ACCEPT,
  OP_CONNECT,
  OP_POLL_IN,
  OP_POLL_OUT,
  OP_RECEIVE,
  OP_SEND,
  OP_WAKE,
  OPERATION_NAMES,
} from '../../src/kernel/engine.js';
import type { HostAddress } from '../../src/kernel/host-address.js';
import { EAGAIN, ECANCELED, ECONNREFUSED, ENOBUFS, ETIMEDOUT } from '../../src/kernel/sys/constants.js';
import type { OwnedBuffers } from './buffers.js';
import type { Connection } from './connection.js';
import { CONNECT_PATIENCE_MS, type Network } from './network.js';
import { SimulatedPipes } from './pipes.js';
import type { Random } from './random.js';
import { demand } from './violation.js';

/** Completions that one multishot operation brings in one turn at most. */
export const MULTISHOT_BATCH = 4;

/** Thrown out of `wait` when a real engine would sleep: the simulation runs the others meanwhile. */
export const BLOCKED = new Error('the engine would sleep');

/** Polls of one run that report what is not so. */
const SPURIOUS_MAX = 30;

const POLL_EVENTS = 1;

/** An operation that the caller asked for and that has not reported its end yet. */
class Operation {
  multishot = false;
  /** Of a send: the bytes of a buffer, and how many of them are sent. */
  buffer = NO_BUFFER;
  offset = 0;
  length = 0;
  done = 0;
  /** Of a connect: to which server, and what becomes of it. */
  server = -1;
  fate: 'accept' | 'refuse' | 'hang' = 'accept';
  /** Completions of it in this turn. */
  shots = 0;
  /** Its last completion is on the way. */
  finished = false;

  /** @param since when it was asked for (ms) */
  constructor(
    readonly op: number,
    readonly slot: number,
    readonly fd: number,
    readonly since: number,
  ) {}
}

interface Completion {
  readonly operation: Operation | null;
  readonly op: number;
  readonly slot: number;
  readonly result: number;
  readonly flags: number;
}

/** How a run wants its engines. */
export interface SimulatedEngineOptions {
  readonly lane: number;
  readonly slots: number;
  readonly buffers: OwnedBuffers;
  readonly pipesMax: number;
  readonly pipeCapacity: number;
  /** Percent of the operations that could complete in a turn and do. */
  readonly eagerness: number;
  /** Percent of receives that find no buffer though there is one. */
  readonly starvePercent: number;
}

export class SimulatedEngine implements Engine {
  readonly name = 'simulated';
  readonly buffers: OwnedBuffers;
  readonly stats: EngineStats = { turns: 0, completions: 0, lateCompletions: 0, internalErrors: 0 };
  readonly pipes: SimulatedPipes;
  /** The time until which `wait` sleeps (ms), -1 while it does not. */
  blockedUntil = -1;
  protected readonly network: Network;
  protected readonly random: Random;
  private readonly outstanding: Operation[] = [];
  private readonly bySlot: (Operation | null)[];
  private readonly cancels: Operation[] = [];
  private completions: Completion[] = [];
  private wakes = 0;
  private spuriousLeft = SPURIOUS_MAX;

  constructor(
    network: Network,
    protected readonly options: SimulatedEngineOptions,
  ) {
    this.network = network;
    this.random = network.random;
    this.buffers = options.buffers;
    this.pipes = new SimulatedPipes(options.pipesMax, options.pipeCapacity, network.random);
    this.bySlot = new Array<Operation | null>(options.slots * 8).fill(null);
  }

  /** Operations that have not reported their end. */
  get operations(): number {
    return this.outstanding.length;
  }

  freeBuffers(): number {
    return this.buffers.available;
  }

  accept(slot: number, listener: number): void {
    this.network.queue(listener);
    this.begin(OP_ACCEPT, slot, listener).multishot = true;
  }

  acceptOnce(slot: number, listener: number): void {
    this.network.queue(listener);
    this.begin(OP_ACCEPT, slot, listener);
  }

  acceptNow(listener: number): number {
    const connection = this.network.queue(listener).shift();
    return connection === undefined ? -EAGAIN : this.network.admit(connection);
  }

  turnAway(listener: number): void {
    this.network.queue(listener);
  }

  stopListening(listener: number): void {
    demand(this.network.queue(listener).length === 0, `listener ${listener} stops while somebody waits in its queue`);
  }

  connect(slot: number, fd: number, address: EncodedAddress): void {
    const operation = this.begin(OP_CONNECT, slot, fd);
    operation.server = address.address;
    operation.fate = this.network.decideConnect(address.address);
  }

  receive(slot: number, fd: number): void {
    this.noteSlot(this.network.connection(fd, 'receive'), slot);
    this.begin(OP_RECEIVE, slot, fd).multishot = true;
  }

  receiveOnce(slot: number, fd: number): void {
    this.noteSlot(this.network.connection(fd, 'receiveOnce'), slot);
    this.begin(OP_RECEIVE, slot, fd);
  }

  send(slot: number, fd: number, buffer: number, offset: number, length: number): void {
    demand(!this.network.connection(fd, 'send').outEnded, `send on descriptor ${fd} after its stream was ended`);
    demand(length > 0 && offset >= 0 && offset + length <= this.buffers.size, `send of bytes ${offset}+${length} of a buffer`);
    this.buffers.lend(buffer);
    Object.assign(this.begin(OP_SEND, slot, fd), { buffer, offset, length });
  }

  pollIn(slot: number, fd: number): void {
    this.network.connection(fd, 'pollIn');
    this.begin(OP_POLL_IN, slot, fd);
  }

  pollOut(slot: number, fd: number): void {
    this.network.connection(fd, 'pollOut');
    this.begin(OP_POLL_OUT, slot, fd);
  }

  cancel(slot: number, op: number): void {
    this.say(() => `cancel ${OPERATION_NAMES[op]} on slot ${slot}`);
    // An operation that comes to the same slot later is not meant: the kernel takes requests in order.
    const operation = this.bySlot[slot * 8 + op];
    if (operation !== null) this.cancels.push(operation);
  }

  openSocket(_address: EncodedAddress): number {
    const refused = this.network.refuses();
    return refused < 0 ? refused : this.network.socket();
  }

  shutdownWrite(fd: number): number {
    const connection = this.network.connection(fd, 'shutdownWrite');
    this.say(() => `shutdown of descriptor ${fd} (connection ${connection.id})`);
    demand(!connection.outEnded, `descriptor ${fd} was shut down twice`);
    const sending = this.outstanding.some((operation) => operation.op === OP_SEND && operation.fd === fd);
    demand(!sending, `descriptor ${fd} was shut down with a send outstanding`);
    return connection.shutdown();
  }

  resetOnClose(fd: number): number {
    demand(this.network.isSocket(fd), `resetOnClose of descriptor ${fd}, which is not an open socket`);
    this.network.setResetOnClose(fd);
    return 0;
  }

  vanishOnClose(fd: number): void {
    demand(this.network.isSocket(fd), `vanishOnClose of descriptor ${fd}, which is not an open socket`);
  }

  setTos(fd: number): void {
    this.network.connection(fd, 'setTos');
  }

  setMark(fd: number): void {
    this.network.connection(fd, 'setMark');
  }

  close(fd: number): void {
    this.say(() => `close of descriptor ${fd}`);
    const holder = this.outstanding.find((operation) => operation.fd === fd);
    demand(holder === undefined, `descriptor ${fd} was closed with ${OPERATION_NAMES[holder?.op ?? 0]} outstanding`);
    this.network.close(fd);
  }

  peerAddress(fd: number, into: HostAddress): void {
    into.setIpv4(this.network.connection(fd, 'peerAddress').id, 1024);
  }

  localAddress(fd: number, into: HostAddress): void {
    this.network.connection(fd, 'localAddress');
    into.setIpv4(1, 80);
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
    const connection = this.network.connection(fd, 'spliceIn');
    const bytes = new Uint8Array(Math.min(this.pipes.room(pipe), length, 1 + this.random.below(this.pipes.capacity)));
    if (bytes.length === 0) return -EAGAIN; // the pipe is full
    const result = connection.receive(bytes, this.network.nowMs) ?? -EAGAIN;
    if (result > 0) this.pipes.bytes(pipe).push(...bytes.subarray(0, result));
    this.say(() => `splice in of descriptor ${fd} (connection ${connection.id}): ${result}`);
    return result;
  }

  spliceOut(pipe: number, fd: number, length: number, _more: boolean): number {
    const connection = this.network.connection(fd, 'spliceOut');
    const held = this.pipes.bytes(pipe);
    demand(length <= held.length, `splice out of ${length} bytes from a pipe that holds ${held.length}`);
    const part = this.random.chance(70) ? length : 1 + this.random.below(length);
    const bytes = Uint8Array.from(held.slice(0, part));
    const result = connection.send(bytes) ?? -EAGAIN;
    if (result > 0) held.splice(0, result);
    if (result > 0) connection.activeAt = this.network.nowMs;
    this.say(() => `splice out to descriptor ${fd} (connection ${connection.id}): ${result}`);
    return result;
  }

  retire(slot: number): void {
    for (let op = OP_ACCEPT; op <= OP_POLL_OUT; op++) {
      demand(this.bySlot[slot * 8 + op] === null, `slot ${slot} was retired with ${OPERATION_NAMES[op]} outstanding`);
    }
  }

  nowMs(): number {
    return (this.network.clockBase + this.network.nowMs) | 0;
  }

  /** When the sleep of `wait` ends, or a connection attempt does, by itself (ms). */
  wakesAt(): number {
    let at = this.blockedUntil < 0 ? Number.POSITIVE_INFINITY : this.blockedUntil;
    for (const { op, fate, since, server } of this.outstanding) {
      if (op !== OP_CONNECT) continue;
      at = Math.min(at, since + (fate === 'hang' ? CONNECT_PATIENCE_MS : this.network.servers[server].answerMs));
    }
    return at;
  }

  /** Somebody called `wake`, and it is not delivered yet. */
  get woken(): boolean {
    return this.wakes > 0;
  }

  /** Called by another lane. */
  wake(): void {
    this.wakes++;
  }

  wait(timeoutMs: number, handler: CompletionHandler): void {
    this.cancelAsked();
    this.completeSome();
    if (this.wakes > 0) this.post(null, OP_WAKE, 0, 0, 0);
    this.wakes = 0;
    if (this.completions.length === 0 && !this.completeOne() && timeoutMs !== 0) this.sleep(timeoutMs);
    this.blockedUntil = -1;
    this.stats.turns++;
    this.deliver(handler);
  }

  stop(): void {
    this.outstanding.length = 0;
  }

  /** Called around each completion; a canary does something wrong here. */
  protected handOver(handler: CompletionHandler, op: number, slot: number, result: number, flags: number): void {
    handler.onCompletion(op, slot, result, flags);
  }

  /** Throws BLOCKED unless the time is over. The caller comes back with the same timeout. */
  private sleep(timeoutMs: number): void {
    if (this.blockedUntil < 0) this.blockedUntil = timeoutMs < 0 ? Number.POSITIVE_INFINITY : this.network.nowMs + timeoutMs;
    if (this.network.nowMs < this.blockedUntil) throw BLOCKED;
  }

  private begin(op: number, slot: number, fd: number): Operation {
    const key = slot * 8 + op;
    demand(slot >= 0 && slot < this.options.slots, `slot ${slot} does not exist`);
    demand(this.bySlot[key] === null, `${OPERATION_NAMES[op]} was asked for twice on slot ${slot}`);
    demand(
      op === OP_ACCEPT || this.network.isSocket(fd),
      `${OPERATION_NAMES[op]} on descriptor ${fd}, which is not an open socket`,
    );
    this.say(() => `${OPERATION_NAMES[op]} on slot ${slot}, descriptor ${fd}`);
    const operation = new Operation(op, slot, fd, this.network.nowMs);
    this.bySlot[key] = operation;
    this.outstanding.push(operation);
    return operation;
  }

  private cancelAsked(): void {
    for (const operation of this.cancels.splice(0)) {
      if (operation.finished) continue;
      // Sometimes the cancellation comes too late: whatever can happen happens first, for the last time.
      if (this.random.chance(25) && this.attempt(operation, false)) continue;
      if (operation.op === OP_CONNECT) this.network.connectFaults++;
      const sent = operation.op === OP_SEND && operation.done > 0;
      this.finish(operation, sent ? operation.done : -ECANCELED);
    }
  }

  private completeSome(): void {
    const { length } = this.outstanding;
    if (length === 0) return;
    const first = this.random.below(length);
    for (let i = 0; i < length; i++) {
      const operation = this.outstanding[(first + i) % length];
      operation.shots = 0;
      while (operation.shots < MULTISHOT_BATCH && this.random.chance(this.options.eagerness)) {
        if (!this.attempt(operation, this.random.chance(90)) && !this.spuriousPoll(operation)) break;
      }
    }
  }

  /** Completes one operation if any can complete. */
  private completeOne(): boolean {
    const { length } = this.outstanding;
    const first = length === 0 ? 0 : this.random.below(length);
    for (let i = 0; i < length; i++) if (this.attempt(this.outstanding[(first + i) % length], true)) return true;
    return false;
  }

  /** Lets the kernel go on with an operation. True when that completed something. */
  private attempt(operation: Operation, goesOn: boolean): boolean {
    if (operation.finished) return false;
    switch (operation.op) {
      case OP_ACCEPT:
        return this.attemptAccept(operation, goesOn);
      case OP_CONNECT:
        return this.attemptConnect(operation);
      case OP_RECEIVE:
        return this.attemptReceive(operation, goesOn);
      case OP_SEND:
        return this.attemptSend(operation);
      case OP_POLL_IN:
        return this.network.connection(operation.fd, 'poll').pollsIn && this.finish(operation, POLL_EVENTS);
      default:
        return this.network.connection(operation.fd, 'poll').pollsOut && this.finish(operation, POLL_EVENTS);
    }
  }

  private attemptAccept(operation: Operation, goesOn: boolean): boolean {
    const queue = this.network.queue(operation.fd);
    if (queue.length === 0) return false;
    const refused = this.network.refuses();
    if (refused < 0) return this.finish(operation, refused);
    const connection = queue.shift() as NonNullable<(typeof queue)[number]>;
    return this.shoot(operation, this.network.admit(connection), 0, goesOn);
  }

  private attemptConnect(operation: Operation): boolean {
    const { fate, since, server, fd } = operation;
    const waited = this.network.nowMs - since;
    if (fate === 'hang') return waited >= CONNECT_PATIENCE_MS && this.finish(operation, -ETIMEDOUT);
    if (waited < this.network.servers[server].answerMs) return false;
    if (fate === 'refuse') return this.finish(operation, -ECONNREFUSED);
    this.network.establish(fd, server);
    this.noteSlot(this.network.connection(fd, 'connect'), operation.slot);
    return this.finish(operation, 0);
  }

  private attemptReceive(operation: Operation, goesOn: boolean): boolean {
    const connection = this.network.connection(operation.fd, 'receive');
    if (!connection.pollsIn) return false;
    const buffer = this.random.chance(this.options.starvePercent) ? NO_BUFFER : this.buffers.take();
    if (buffer === NO_BUFFER && connection.readable > 0) return this.finish(operation, -ENOBUFS);
    if (buffer === NO_BUFFER) return this.finish(operation, connection.receive(new Uint8Array(0), this.network.nowMs) ?? 0);
    const short = this.random.chance(10);
    const room = short ? 1 + this.random.below(this.buffers.size) : this.buffers.size;
    const result = connection.receive(this.buffers.whole(buffer).subarray(0, room), this.network.nowMs) ?? 0;
    const flags = FLAG_BUFFER | (buffer << BUFFER_SHIFT);
    if (result > 0) {
      this.buffers.received(buffer, operation.slot);
      return this.shoot(operation, result, flags, goesOn);
    }
    // At its end a stream may, or may not, come with the buffer that was picked for it.
    if (this.random.chance(20)) return this.finish(operation, result, flags);
    this.buffers.give(buffer);
    return this.finish(operation, result);
  }

  private attemptSend(operation: Operation): boolean {
    const connection = this.network.connection(operation.fd, 'send');
    const from = operation.offset + operation.done;
    const bytes = this.buffers.whole(operation.buffer).subarray(from, operation.offset + operation.length);
    const result = connection.send(bytes);
    if (result === null) return false;
    if (result < 0) return this.finish(operation, operation.done > 0 ? operation.done : result);
    operation.done += result;
    if (operation.done < operation.length) return false;
    connection.activeAt = this.network.nowMs;
    return this.finish(operation, operation.done);
  }

  /** A poll may report what is gone by the time that somebody looks. */
  private spuriousPoll(operation: Operation): boolean {
    if (operation.op !== OP_POLL_IN && operation.op !== OP_POLL_OUT) return false;
    return (
      !operation.finished &&
      this.spuriousLeft > 0 &&
      this.random.chance(10) &&
      this.spuriousLeft-- > 0 &&
      this.finish(operation, POLL_EVENTS)
    );
  }

  private shoot(operation: Operation, result: number, flags: number, goesOn: boolean): boolean {
    if (!operation.multishot || !goesOn) return this.finish(operation, result, flags);
    operation.shots++;
    return this.post(operation, operation.op, operation.slot, result, flags | FLAG_MORE);
  }

  private finish(operation: Operation, result: number, flags = 0): boolean {
    operation.finished = true;
    return this.post(operation, operation.op, operation.slot, result, flags);
  }

  private post(operation: Operation | null, op: number, slot: number, result: number, flags: number): boolean {
    this.completions.push({ operation, op, slot, result, flags });
    return true;
  }

  private deliver(handler: CompletionHandler): void {
    const { completions } = this;
    this.completions = [];
    for (const { operation, op, slot, result, flags } of completions) {
      this.say(() => `-> ${OPERATION_NAMES[op]} on slot ${slot}: ${result}, flags ${flags}`);
      if (operation !== null && (flags & FLAG_MORE) === 0) this.forget(operation);
      this.stats.completions++;
      this.handOver(handler, op, slot, result, flags);
    }
  }

  private forget(operation: Operation): void {
    if (operation.buffer !== NO_BUFFER) this.buffers.giveBackFromKernel(operation.buffer);
    this.bySlot[operation.slot * 8 + operation.op] = null;
    this.outstanding[this.outstanding.indexOf(operation)] = this.outstanding[this.outstanding.length - 1];
    this.outstanding.pop();
  }

  private noteSlot(connection: Connection, slot: number): void {
    connection.slot = slot;
    connection.lane = this.options.lane;
  }

  private say(line: () => string): void {
    if (this.network.tracing) this.network.trace(`lane ${this.options.lane}: ${line()}`);
  }
}
