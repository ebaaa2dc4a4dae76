/**
 * A client or a server of the simulation: carries out a script on one connection. It sends a known
 * stream in pieces, reads in pieces, pauses, ends its stream, closes or resets, as the script says.
 */
import type { Connection } from './connection.js';
import type { Random } from './random.js';

/** "Never", where a script names a place in a stream. */
export const NEVER = Number.POSITIVE_INFINITY;

/** What a peer does. Places are counts of bytes; times are milliseconds. */
export interface Script {
  /** Bytes it sends. */
  readonly total: number;
  /** Bytes it writes, and reads, in one go at most. */
  readonly writePiece: number;
  readonly readPiece: number;
  /** When it ends its stream: after its last byte, or when the other's has ended as well, or not at all. */
  readonly end: 'after-last' | 'after-other' | 'never';
  /** It resets when it has sent, or read, that many bytes. */
  readonly resetWhenSent: number;
  readonly resetWhenRead: number;
  /** It closes altogether when it has read that many bytes. */
  readonly closeWhenRead: number;
  /** It stops sending, or reading, there for this long. */
  readonly pauseSendingAt: number;
  readonly pauseReadingAt: number;
  readonly pauseMs: number;
  /** Rest between two writes. */
  readonly trickleMs: number;
}

/** One peer at work. */
export class Peer {
  /** It saw the end of the stream that it reads. */
  sawEnd = false;
  /** Nothing is left to do: both streams ended, or the connection is gone. */
  over = false;
  /** The next time at which it does something by itself. */
  wakeAt = NEVER;
  private sendAgainAt = 0;
  private readAgainAt = 0;
  private pausedSending = false;
  private pausedReading = false;

  constructor(
    readonly connection: Connection,
    readonly script: Script,
    private readonly random: Random,
  ) {}

  /** It does not read at the moment, and by itself never will again. */
  get stoppedReading(): boolean {
    return this.readAgainAt === NEVER;
  }

  /** Does one thing of each kind, if there is one to do. True when something happened. */
  step(nowMs: number): boolean {
    if (this.over) return false;
    const { connection } = this;
    this.wakeAt = NEVER;
    if (connection.failed || connection.closedWithReset) {
      this.over = true;
      return true;
    }
    const wrote = this.write(nowMs);
    const readSome = this.readSome(nowMs);
    const ended = this.endIfDue();
    if (this.misbehave()) return true;
    this.over ||= (connection.inEnded || connection.closed) && this.sawEnd;
    return wrote || readSome || ended || this.over;
  }

  private write(nowMs: number): boolean {
    const { connection, script } = this;
    if (connection.inEnded || connection.produced >= script.total || this.rests(this.sendAgainAt, nowMs)) return false;
    if (connection.closed) return this.metClosedEnd();
    if (!this.pausedSending && connection.produced >= script.pauseSendingAt) {
      this.pausedSending = true;
      this.sendAgainAt = nowMs + script.pauseMs;
      return true;
    }
    const room = connection.inRoom - connection.readable;
    const count = Math.min(1 + this.random.below(script.writePiece), script.total - connection.produced, room);
    if (count === 0) return false;
    connection.produce(count, nowMs);
    if (script.trickleMs > 0) this.sendAgainAt = nowMs + script.trickleMs;
    return true;
  }

  private readSome(nowMs: number): boolean {
    const { connection, script } = this;
    if (this.rests(this.readAgainAt, nowMs)) return false;
    if (!this.pausedReading && connection.read >= script.pauseReadingAt) {
      this.pausedReading = true;
      this.readAgainAt = nowMs + script.pauseMs;
      return true;
    }
    const unread = connection.arrived.position - connection.read;
    if (unread > 0) connection.read += Math.min(1 + this.random.below(script.readPiece), unread);
    else if (connection.outEnded && !this.sawEnd) this.sawEnd = true;
    else return false;
    return true;
  }

  private endIfDue(): boolean {
    const { connection, script } = this;
    if (connection.inEnded || script.end === 'never' || connection.produced < script.total) return false;
    if (script.end === 'after-other' && !this.sawEnd) return false;
    connection.inEnded = true;
    return true;
  }

  private misbehave(): boolean {
    const { connection, script } = this;
    if (connection.closed) return false;
    if (connection.produced >= script.resetWhenSent || connection.read >= script.resetWhenRead) {
      connection.reset(this.random.chance(50));
      this.over = true;
    } else if (connection.read >= script.closeWhenRead) {
      connection.inEnded = true;
      connection.peerClosed = true;
      connection.read = connection.arrived.position;
      this.over = true;
    }
    return this.over;
  }

  /** It wrote to an end that is closed: the answer is a reset. */
  private metClosedEnd(): boolean {
    this.over = true;
    return true;
  }

  private rests(until: number, nowMs: number): boolean {
    if (nowMs >= until) return false;
    this.wakeAt = Math.min(this.wakeAt, until);
    return true;
  }
}
