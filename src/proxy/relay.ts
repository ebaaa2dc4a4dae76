/**
 * Moves bytes between the two endpoints of a session, in both directions alike: a received buffer
 * is sent from where it lies. A direction reads from its source and sends to the source's peer, the
 * sink. The end of a stream is passed on after what was queued; a failure ends the session once
 * what the failed side had sent before is delivered. It knows neither listeners nor servers.
 */

import { NO_BUFFER } from '../kernel/buffers.js';
import {
  BUFFER_SHIFT,
  type Engine,
  FLAG_BUFFER,
  FLAG_MORE,
  OP_POLL_IN,
  OP_POLL_OUT,
  OP_RECEIVE,
  OP_SEND,
} from '../kernel/engine.js';
import { NO_PIPE } from '../kernel/pipes.js';
import { EAGAIN, ECANCELED, ENOBUFS } from '../kernel/sys/constants.js';
import { COUNTER } from '../shared/counters.js';
import type { WorkerBase } from './lane.js';
import {
  CLOSING,
  type Endpoint,
  IDLE,
  isUnconnected,
  READ_MULTISHOT,
  READ_ONCE,
  READ_SPLICE,
  RELAYING,
  type Session,
  type Termination,
} from './session.js';
import { countBytes, countLost } from './session-statistics.js';

/** Buffers queued for a sink at which its source is no longer read. */
export const QUEUE_MAX = 8;
/** Buffers left in the queue when reading goes on. */
const QUEUE_RESUME = 2;
/** Buffers that may wait for a decision: two hold more bytes than one, which is all that is looked at. */
const HELD_MAX = 2;
/**
 * Part of the pool's number: so many sessions at a time are read while they are inspected or wait for a
 * server. What they have sent, two buffers at most, stays until then; a quarter of the pool is left to
 * those that have a server, so that they come to their end.
 */
const AHEAD_PART = 3 / 8;
/** Below this part of the pool buffers are scarce: then a slow peer may keep only one of them from the others. */
const SCARCE_PART = 1 / 4;
/** Full buffers in a row that make a stream of a direction. */
const STREAM_AFTER = 4;
/** Without a pipe: receives before another is asked for. */
const PIPE_RETRY_AFTER = 64;
/** Rounds of splice(2) for one direction before others get their turn. */
const SPLICE_ROUNDS = 8;

/** Bytes asked of one splice(2); the pipe takes what it can. */
const SPLICE_LENGTH = 1 << 20;

const RECEIVING = 1 << OP_RECEIVE;
const SENDING = 1 << OP_SEND;
const POLLING_IN = 1 << OP_POLL_IN;
const POLLING_OUT = 1 << OP_POLL_OUT;

/** Whom the relay tells that a session is over. */
export interface RelayOwner {
  /** The session shall end; with a reset if `session.resetting`. */
  finish(session: Session, termination: Termination): void;
  /** An endpoint was half-closed by us: its inactivity now counts as `timeout client-fin`/`server-fin`. */
  onShutdown(endpoint: Endpoint): void;
  /** More has come from `source`, or its end, which waits at its peer, since that is held. */
  onHeld(source: Endpoint): void;
  /** `source` has failed while its peer is held. */
  onHeldFailure(source: Endpoint): void;
  /** Whether bulk data from here may go through a pipe. */
  maySplice(source: Endpoint): boolean;
  /** The present, in the engine's milliseconds. */
  readonly nowMs: number;
}

/** The directions of all sessions of one worker. */
export class Relay {
  private readonly engine: Engine;
  private readonly counters: Float64Array;
  /** Endpoints waiting for a free buffer, first come first served. */
  private readonly starving: Endpoint[] = [];
  /** Free buffers below which they are scarce. */
  private readonly scarceBelow: number;
  /** Sessions that are read while they have no server, how many may be, and clients that are not read for that. */
  private readonly waitingToReadAhead: Endpoint[] = [];
  private readingAhead = 0;
  private readonly readingAheadMax: number;

  constructor(
    base: WorkerBase,
    private readonly owner: RelayOwner,
  ) {
    this.engine = base.engine;
    this.counters = base.counters;
    this.scarceBelow = base.engine.buffers.count * SCARCE_PART;
    this.readingAheadMax = Math.max(1, base.engine.buffers.count * AHEAD_PART);
  }

  /** Begins to read both sides, and to send what the client has sent before. */
  start(session: Session): void {
    const { client, server } = session;
    if (server.held) this.letGo(server);
    else {
      if (server.head !== NO_BUFFER) this.sendHead(server); // a PROXY header
      this.resume(client);
    }
    this.resume(server);
  }

  /** Reads a source whose peer cannot, or shall not, be sent anything yet. */
  hold(source: Endpoint): void {
    source.peer.held = true;
    this.resume(source);
  }

  /** Sends what was held. */
  letGo(sink: Endpoint): void {
    const { peer: source } = sink;
    this.endReadingAhead(sink.session);
    if (source.starved) this.leave(this.waitingToReadAhead, source);
    sink.held = false;
    sink.activeAt = this.owner.nowMs;
    if (sink.head !== NO_BUFFER) this.sendHead(sink);
    else if (source.ended) this.deliverEnd(source);
    this.resume(source);
  }

  /** Takes bytes off the beginning of what is held for a sink. */
  skip(sink: Endpoint, bytes: number): void {
    const { buffers } = this.engine;
    sink.sentOfHead += bytes;
    while (sink.head !== NO_BUFFER && sink.sentOfHead >= buffers.length[sink.head]) {
      const buffer = sink.head;
      sink.sentOfHead -= buffers.length[buffer];
      sink.head = buffers.next[buffer];
      sink.queued--;
      buffers.give(buffer);
    }
  }

  /** Reads no more from a source that has gone silent: to its peer its stream has ended. */
  giveUp(source: Endpoint): void {
    source.ended = true;
    this.stopReading(source);
    if (source.peer.queued === 0 && source.pipeBytes === 0 && !source.peer.held) this.deliverEnd(source);
  }

  /** Ends a source's stream where it is, and the session when what it has sent before is delivered. */
  cutOff(source: Endpoint): void {
    const { peer: sink } = source;
    source.ended = true;
    sink.ended = true;
    sink.delivered = true;
    this.stopReading(source);
    this.stopReading(sink);
    this.letGo(sink);
  }

  onReceive(source: Endpoint, result: number, flags: number): void {
    const armed = (flags & FLAG_MORE) !== 0;
    if (!armed) {
      source.pending &= ~RECEIVING;
      source.cancelled &= ~RECEIVING;
    }
    if (result > 0) this.onData(source, flags >>> BUFFER_SHIFT, result, armed);
    else this.onNoData(source, result, flags, armed);
  }

  onSend(sink: Endpoint, result: number): void {
    sink.pending &= ~SENDING;
    if (result > 0) this.counters[COUNTER.bytesSent] += result;
    if (sink.session.state !== RELAYING || sink.broken) return; // the buffer is given back with the session
    if (result < 0) {
      this.breakSink(sink);
      return;
    }
    const { buffers } = this.engine;
    const buffer = sink.head;
    sink.activeAt = this.owner.nowMs;
    if (sink.sentOfHead + result < buffers.length[buffer]) {
      sink.sentOfHead += result;
      this.sendHead(sink);
      return;
    }
    sink.head = buffers.next[buffer];
    sink.sentOfHead = 0;
    sink.queued--;
    buffers.give(buffer);
    if (sink.head !== NO_BUFFER) this.sendHead(sink);
    if (sink.queued <= QUEUE_RESUME) this.onQueueLow(sink);
  }

  onPollIn(source: Endpoint): void {
    source.pending &= ~POLLING_IN;
    source.cancelled &= ~POLLING_IN;
    if (source.session.state === RELAYING && !source.peer.broken && !source.ended) this.stream(source, true);
  }

  onPollOut(sink: Endpoint): void {
    sink.pending &= ~POLLING_OUT;
    this.resume(sink.peer);
  }

  /** At the end of each turn: endpoints that waited for buffers receive again while there are some. */
  feedStarving(): void {
    let free = Math.min(this.starving.length, this.engine.freeBuffers());
    // The list may shrink meanwhile: resuming one endpoint can end a session, and with it another one's wait.
    for (; free > 0 && this.starving.length > 0; free--) {
      const endpoint = this.starving.shift() as Endpoint;
      endpoint.starved = false;
      this.resume(endpoint);
    }
  }

  /** Endpoints wait for buffers, and there are some: the loop must not sleep. */
  get hungry(): boolean {
    return this.starving.length > 0 && this.engine.freeBuffers() > 0;
  }

  /**
   * Whether the session cannot go on without this endpoint: it is the one to send something, or to
   * take what is queued for it. One that we do not read, since its peer is slow or buffers are
   * short, is not to blame; nor is a client that has said something and waits for its server.
   */
  isWaitingFor(endpoint: Endpoint): boolean {
    const { peer } = endpoint;
    if (this.isTaking(endpoint)) return true;
    if (isUnconnected(endpoint.session) && ((endpoint.pending & RECEIVING) === 0 || peer.queued > 0)) return false;
    return !endpoint.ended && !endpoint.starved && (peer.queued === 0 || peer.held) && endpoint.pipeBytes === 0;
  }

  /** Whether something is on its way to this endpoint. */
  isTaking({ queued, held, peer }: Endpoint): boolean {
    return (queued > 0 && !held) || peer.pipeBytes > 0;
  }

  /** Gives up everything an endpoint has queued. The kernel must hold nothing of it. */
  discard(endpoint: Endpoint): void {
    this.endReadingAhead(endpoint.session);
    this.dropQueue(endpoint, NO_BUFFER);
    if (endpoint.pipe !== NO_PIPE) this.releasePipe(endpoint);
    if (!endpoint.starved) return;
    this.leave(this.waitingToReadAhead, endpoint);
    this.leave(this.starving, endpoint);
  }

  private onData(source: Endpoint, buffer: number, length: number, armed: boolean): void {
    const { session, peer: sink } = source;
    const { buffers } = this.engine;
    source.activeAt = this.owner.nowMs;
    if (!isLive(session) || sink.broken || source.ended) {
      buffers.give(buffer);
      return;
    }
    source.received += length;
    this.counters[source.bytesCounter] += length;
    countBytes(source, length);
    buffers.length[buffer] = length;
    if (sink.held) {
      this.onHeldData(source, buffer, armed);
      return;
    }
    this.enqueue(sink, buffer);
    this.noticeStream(source, length === buffers.size);
    if (!armed) this.resume(source);
    else if (sink.queued >= this.queueLimit() || source.reading !== READ_MULTISHOT) this.cancel(source, OP_RECEIVE);
  }

  /** What is held is kept in as few buffers as hold it: a client that sends single bytes shall not take many. */
  private onHeldData(source: Endpoint, buffer: number, armed: boolean): void {
    const { peer: sink } = source;
    const { buffers } = this.engine;
    const length = buffers.length[buffer];
    const tail = sink.head === NO_BUFFER ? NO_BUFFER : sink.tail;
    if (tail !== NO_BUFFER && buffers.length[tail] + length <= buffers.size) {
      buffers.append(tail, buffer);
      buffers.give(buffer);
    } else this.enqueue(sink, buffer);
    this.owner.onHeld(source);
    if (!armed) this.resume(source);
    else if (sink.held && sink.queued >= HELD_MAX) this.cancel(source, OP_RECEIVE);
  }

  private onNoData(source: Endpoint, result: number, flags: number, armed: boolean): void {
    if ((flags & FLAG_BUFFER) !== 0) this.engine.buffers.give(flags >>> BUFFER_SHIFT);
    if (!isLive(source.session) || armed || source.ended) return;
    if (result === 0) this.onEnd(source);
    else if (result === -ECANCELED) this.resume(source);
    else if (result === -ENOBUFS) this.starve(source);
    else this.onFailure(source);
  }

  private starve(source: Endpoint): void {
    this.counters[COUNTER.buffersExhausted]++;
    source.starved = true;
    this.starving.push(source);
  }

  /** Four full buffers in a row make a stream; a smaller one makes messages of it again. */
  private noticeStream(source: Endpoint, full: boolean): void {
    if (!full) {
      source.fullReceives = 0;
      source.reading = READ_MULTISHOT;
      return;
    }
    source.fullReceives++;
    if (source.fullReceives !== STREAM_AFTER || !this.owner.maySplice(source)) return;
    source.reading = READ_SPLICE;
    this.counters[COUNTER.streams]++;
  }

  /** Reads on, in the way the direction is read now, unless something stands against it. */
  private resume(source: Endpoint): void {
    const sink = source.peer;
    if (!isLive(source.session) || source.starved || sink.broken) return;
    if (source.ended && source.pipeBytes === 0) return;
    if ((source.pending & (RECEIVING | POLLING_IN)) !== 0 || (sink.pending & POLLING_OUT) !== 0) return;
    if (source.reading === READ_SPLICE || source.pipeBytes > 0) {
      if (sink.queued === 0) this.stream(source, false);
      return;
    }
    const limit = sink.held ? HELD_MAX : this.queueLimit();
    if (sink.queued >= limit || (sink.held && !this.mayReadAhead(source))) return;
    source.activeAt = this.owner.nowMs; // only from now on is it waited for
    source.pending |= RECEIVING;
    if (source.reading === READ_ONCE || limit < QUEUE_MAX) this.engine.receiveOnce(source.slot, source.fd);
    else this.engine.receive(source.slot, source.fd);
  }

  /** Whether a client may be read while it has no server. Whoever may not is read when others have theirs. */
  private mayReadAhead(source: Endpoint): boolean {
    const { session } = source;
    if (session.readsAhead || source === session.server) return true;
    if (this.readingAhead >= this.readingAheadMax) {
      source.starved = true;
      this.waitingToReadAhead.push(source);
      return false;
    }
    session.readsAhead = true;
    this.readingAhead++;
    return true;
  }

  private endReadingAhead(session: Session): void {
    if (!session.readsAhead) return;
    session.readsAhead = false;
    this.readingAhead--;
    const next = this.waitingToReadAhead.shift();
    if (next === undefined) return;
    next.starved = false;
    this.resume(next);
  }

  /** Takes an endpoint out of a list of those that wait to be read, if it is there. */
  private leave(list: Endpoint[], endpoint: Endpoint): void {
    const at = list.indexOf(endpoint);
    if (at < 0) return;
    list.splice(at, 1);
    endpoint.starved = false;
  }

  /** Buffers queued for a sink at which its source is no longer read, now. */
  private queueLimit(): number {
    return this.engine.freeBuffers() < this.scarceBelow ? 1 : QUEUE_MAX;
  }

  private enqueue(sink: Endpoint, buffer: number): void {
    sink.queued++;
    if (sink.head !== NO_BUFFER) {
      this.engine.buffers.next[sink.tail] = buffer;
      sink.tail = buffer;
      return;
    }
    sink.head = buffer;
    sink.tail = buffer;
    if (sink.held) return;
    sink.activeAt = this.owner.nowMs; // only from now on is it waited for
    this.sendHead(sink);
  }

  private sendHead(sink: Endpoint): void {
    const buffer = sink.head;
    sink.pending |= SENDING;
    this.engine.send(sink.slot, sink.fd, buffer, sink.sentOfHead, this.engine.buffers.length[buffer] - sink.sentOfHead);
  }

  private onQueueLow(sink: Endpoint): void {
    const source = sink.peer;
    if (source.ended) {
      if (sink.queued === 0) this.deliverEnd(source);
    } else if ((source.pending & RECEIVING) === 0) {
      this.resume(source);
    }
  }

  private onEnd(source: Endpoint): void {
    if (source.ended) return; // the sink broke: the end cannot be passed on
    markEnded(source);
    if (source.peer.held) this.owner.onHeld(source);
    else if (source.peer.queued === 0 && source.pipeBytes === 0) this.deliverEnd(source);
  }

  /** Everything that came from `source` is sent: pass the end on, or end the session. */
  private deliverEnd(source: Endpoint): void {
    const sink = source.peer;
    source.delivered = true;
    // With `option nolinger` the server's connection is not half closed.
    if (sink.delivered || (sink.resetsOnClose && sink === source.session.server)) {
      this.owner.finish(source.session, source.session.termination);
      return;
    }
    this.engine.shutdownWrite(sink.fd);
    this.owner.onShutdown(sink);
  }

  private onFailure(source: Endpoint): void {
    if (source.peer.held) this.owner.onHeldFailure(source);
    else this.fail(source);
  }

  /** Nothing comes from this endpoint any more, and nothing goes to it. */
  fail(source: Endpoint): void {
    source.ended = true;
    this.breakSink(source);
    if (source.session.state !== RELAYING || source.delivered) return; // over, perhaps even back in the pool
    if (source.peer.queued === 0 && source.pipeBytes === 0) this.deliverEnd(source);
  }

  /**
   * Nothing can be sent to this endpoint any more. What comes from its peer is void; what it sent
   * itself before is still delivered, after which the session ends with a reset.
   */
  private breakSink(sink: Endpoint): void {
    const { peer: source, session } = sink;
    if (session.state !== RELAYING || sink.broken) return;
    sink.broken = true;
    this.counters[COUNTER.resets]++;
    session.resetting = true;
    if (session.termination === '--') session.termination = sink === session.client ? 'CD' : 'SD';
    this.dropQueue(sink, (sink.pending & SENDING) !== 0 ? sink.head : NO_BUFFER);
    if (source.pipe !== NO_PIPE) this.releasePipe(source);
    source.ended = true;
    source.delivered = true;
    this.stopReading(source);
    if (sink.delivered) this.owner.finish(session, session.termination);
  }

  private stopReading(source: Endpoint): void {
    if ((source.pending & RECEIVING) !== 0) this.cancel(source, OP_RECEIVE);
    if ((source.pending & POLLING_IN) !== 0) this.cancel(source, OP_POLL_IN);
  }

  /** Gives the queued buffers back, except `kept`, the one that the kernel holds. */
  private dropQueue(sink: Endpoint, kept: number): void {
    const { buffers } = this.engine;
    let buffer = sink.head;
    while (buffer !== NO_BUFFER) {
      const next = buffers.next[buffer];
      if (buffer !== kept) {
        countLost(sink, buffers.length[buffer] - (buffer === sink.head ? sink.sentOfHead : 0));
        buffers.give(buffer);
      }
      buffer = next;
    }
    sink.head = kept;
    sink.tail = kept;
    sink.queued = kept === NO_BUFFER ? 0 : 1;
    if (kept !== NO_BUFFER) buffers.next[kept] = NO_BUFFER;
  }

  private cancel(endpoint: Endpoint, op: number): void {
    if ((endpoint.cancelled & (1 << op)) !== 0) return;
    endpoint.cancelled |= 1 << op;
    this.engine.cancel(endpoint.slot, op);
  }

  /**
   * Moves bytes through a pipe until one side is not ready.
   * @param signalled the source was just said to be readable: finding little in it ends the stream
   */
  private stream(source: Endpoint, signalled: boolean): void {
    if (source.pipe === NO_PIPE) {
      source.pipe = this.engine.takePipe();
      if (source.pipe === NO_PIPE) {
        this.streamWithoutPipe(source);
        return;
      }
      this.counters[COUNTER.pipesInUseNow]++;
      if (this.counters[COUNTER.pipesIdleNow] > 0) this.counters[COUNTER.pipesIdleNow]--;
    }
    let moved = 0;
    for (let round = 0; round < SPLICE_ROUNDS; round++) {
      const before = source.pipeBytes;
      if (!source.ended && before === 0 && !this.fillPipe(source, signalled && moved < this.engine.buffers.size)) return;
      const filled = source.pipeBytes;
      if (filled > 0 && !this.drainPipe(source)) return;
      moved += filled;
      if (source.ended) {
        this.releasePipe(source);
        this.deliverEnd(source);
        return;
      }
    }
    this.pollIn(source); // more is there: come back after the others
  }

  /** Socket -> pipe. False when the direction has to wait or is over. */
  private fillPipe(source: Endpoint, ranDry: boolean): boolean {
    const result = this.engine.spliceIn(source.fd, source.pipe, SPLICE_LENGTH);
    if (result > 0) {
      source.pipeBytes = result;
      source.activeAt = this.owner.nowMs;
      source.peer.activeAt = this.owner.nowMs;
      source.received += result;
      this.counters[source.bytesCounter] += result;
      countBytes(source, result);
      return true;
    }
    if (result === 0) {
      markEnded(source);
      return true;
    }
    this.releasePipe(source);
    if (result !== -EAGAIN) this.onFailure(source);
    else if (ranDry) this.backToMessages(source);
    else this.pollIn(source);
    return false;
  }

  /** Pipe -> socket. False when the sink has to be waited for or is broken. */
  private drainPipe(source: Endpoint): boolean {
    const sink = source.peer;
    const result = this.engine.spliceOut(source.pipe, sink.fd, source.pipeBytes, false);
    if (result > 0) {
      source.pipeBytes -= result;
      this.counters[COUNTER.bytesSent] += result;
      this.counters[COUNTER.bytesSpliced] += result;
      sink.activeAt = this.owner.nowMs;
      if (source.pipeBytes === 0) return true;
    } else if (result !== -EAGAIN) {
      this.breakSink(sink);
      return false;
    }
    sink.pending |= POLLING_OUT;
    this.engine.pollOut(sink.slot, sink.fd);
    return false;
  }

  private pollIn(source: Endpoint): void {
    source.pending |= POLLING_IN;
    this.engine.pollIn(source.slot, source.fd);
  }

  /** The stream ran dry with little in it: receive messages again. */
  private backToMessages(source: Endpoint): void {
    source.reading = READ_MULTISHOT;
    source.fullReceives = 0;
    this.resume(source);
  }

  private streamWithoutPipe(source: Endpoint): void {
    this.counters[COUNTER.pipesExhausted]++;
    source.reading = READ_ONCE;
    source.fullReceives = STREAM_AFTER - PIPE_RETRY_AFTER;
    this.resume(source);
  }

  private releasePipe(source: Endpoint): void {
    if (source.pipeBytes > 0) {
      countLost(source.peer, source.pipeBytes);
      this.engine.discardPipe(source.pipe);
    } else {
      this.engine.givePipe(source.pipe);
      this.counters[COUNTER.pipesIdleNow]++;
    }
    this.counters[COUNTER.pipesInUseNow]--;
    source.pipe = NO_PIPE;
    source.pipeBytes = 0;
  }
}

/** The end of a stream has come. A server that ended it is not reset any more, `option nolinger` or not. */
function markEnded(source: Endpoint): void {
  source.ended = true;
  if (source === source.session.server) source.resetsOnClose = false;
}

/** Whether a session is under way: neither over nor in the pool. */
function isLive({ state }: Session): boolean {
  return state !== CLOSING && state !== IDLE;
}
