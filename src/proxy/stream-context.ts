/**
 * What expressions of this worker are evaluated against: one object that is turned to a session
 * before its rules, conditions and formats are evaluated, and the bytes that wait in the session's
 * queues as samples see them. Nothing is copied unless somebody reads it.
 */
import { type BufferPool, NO_BUFFER } from '../kernel/buffers.js';
import type { Lane } from './lane.js';
import type { PayloadView, SampleContext } from './samples/context.js';
import type { Endpoint, Session } from './session.js';

/** The bytes queued for an endpoint, `tune.bufsize` of them at most. */
export class QueueView implements PayloadView {
  length = 0;
  complete = true;
  private sink: Endpoint | null = null;
  private readonly memory: Buffer;

  constructor(private readonly buffers: BufferPool) {
    const { u8 } = buffers.region;
    this.memory = Buffer.from(u8.buffer, u8.byteOffset, u8.byteLength);
  }

  /** Looks at what waits for `sink`; null: at nothing. */
  turn(sink: Endpoint | null, complete: boolean): void {
    this.sink = sink;
    this.complete = complete;
    this.length = sink === null ? 0 : Math.min(queuedBytes(this.buffers, sink), this.buffers.size);
  }

  read(offset: number, length: number): string {
    const { buffers, sink } = this;
    if (sink === null || offset >= this.length) return '';
    let left = Math.min(length, this.length - offset);
    let skip = sink.sentOfHead + offset;
    let text = '';
    for (let buffer = sink.head; buffer !== NO_BUFFER && left > 0; buffer = buffers.next[buffer]) {
      const here = Math.min(left, buffers.length[buffer] - skip);
      if (here > 0) {
        const at = buffer * buffers.size + skip;
        text += this.memory.toString('latin1', at, at + here);
        left -= here;
        skip = 0;
      } else skip -= buffers.length[buffer];
    }
    return text;
  }

  byte(offset: number): number {
    const { buffers, sink } = this;
    if (sink === null || offset < 0 || offset >= this.length) return -1;
    let at = sink.sentOfHead + offset;
    let buffer = sink.head;
    while (at >= buffers.length[buffer]) {
      at -= buffers.length[buffer];
      buffer = buffers.next[buffer];
    }
    return this.memory[buffer * buffers.size + at];
  }
}

/** Bytes that wait in the queue of an endpoint. */
export function queuedBytes(buffers: BufferPool, sink: Endpoint): number {
  let bytes = -sink.sentOfHead;
  for (let buffer = sink.head; buffer !== NO_BUFFER; buffer = buffers.next[buffer]) bytes += buffers.length[buffer];
  return bytes;
}

/** The SampleContext of one worker. */
export class StreamContext implements SampleContext {
  readonly request: QueueView;
  readonly response: QueueView;
  proxy = 0;
  inBackend = false;
  nowMs = 0;
  private current: Session | null = null;

  constructor(readonly lane: Lane) {
    this.request = new QueueView(lane.engine.buffers);
    this.response = new QueueView(lane.engine.buffers);
  }

  get session(): Session {
    return this.current as Session;
  }

  /** Turns to a session without looking at contents: rules of connections, log lines, choosing a server. */
  turn(session: Session, nowMs: number, inBackend = false): this {
    this.current = session;
    this.nowMs = nowMs;
    this.inBackend = inBackend;
    this.proxy = inBackend ? session.backend : session.frontend;
    this.request.turn(null, true);
    this.response.turn(null, true);
    return this;
  }

  /** Turns to a session and what its client has sent. `complete`: the decision is due. */
  turnToRequest(session: Session, nowMs: number, inBackend: boolean, complete: boolean): this {
    this.turn(session, nowMs, inBackend);
    this.request.turn(session.server, complete);
    return this;
  }

  /** Turns to a session and what its server has sent. */
  turnToResponse(session: Session, nowMs: number, complete: boolean): this {
    this.turn(session, nowMs, true);
    this.response.turn(session.client, complete);
    return this;
  }
}
