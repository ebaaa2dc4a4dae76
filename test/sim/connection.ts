/**
 * One TCP connection between a peer of the simulation and the balancer, as far as either end can
 * tell: two bounded streams, the two ends of stream, resets, and what errors each call gets.
 * Modelled on Linux: after a reset what was received can still be read, the error is told to one
 * call only, and closing with unread data resets.
 */
import { ECONNRESET, ENOTCONN, EPIPE } from '../../src/kernel/sys/constants.js';
import { fillFromStream, StreamReader } from './streams.js';
import { demand } from './violation.js';

/** Which side of the balancer the peer is on. */
export type Side = 'client' | 'server';

/** A connection. "In" is towards the balancer, "out" away from it. */
export class Connection {
  /** The balancer's descriptor, or -1 before it was accepted and after it was closed. */
  fd = -1;
  /** The slot that the balancer uses it on, or -1 before it was. */
  slot = -1;
  /** The worker that has it. */
  lane = -1;
  /** Bytes the peer has sent, and those the balancer has taken. */
  produced = 0;
  consumed = 0;
  /** The peer has ended its stream. */
  inEnded = false;
  /** The peer takes nothing any more: whatever arrives resets. */
  peerClosed = false;
  /** What arrives at the peer. */
  readonly arrived = new StreamReader();
  /** Bytes of it the peer has read. */
  read = 0;
  /** The balancer has ended its stream. */
  outEnded = false;
  /** The peer reset the connection; and `-errno` that one call of the balancer still gets, or 0. */
  failed = false;
  error = 0;
  /** The balancer closed its end; with a reset. */
  closed = false;
  closedWithReset = false;
  resetOnClose = false;
  /** When bytes last moved between the balancer and this connection (ms), as far as the balancer can tell. */
  activeAt = 0;
  /** Since when there has been something to read for the balancer (ms). */
  readableAt = 0;
  establishedAt = 0;

  /**
   * @param id number of the stream that the peer sends
   * @param inRoom bytes that fit between peer and balancer, towards it
   * @param outRoom bytes that fit between them, away from it
   */
  constructor(
    readonly side: Side,
    readonly id: number,
    readonly inRoom: number,
    readonly outRoom: number,
  ) {}

  /** Bytes the balancer could receive. */
  get readable(): number {
    return this.produced - this.consumed;
  }

  /** Bytes the balancer could send. */
  get writable(): number {
    return this.outRoom - (this.arrived.position - this.read);
  }

  /** The peer sends `count` bytes of its stream. */
  produce(count: number, nowMs: number): void {
    if (this.readable === 0) this.readableAt = nowMs;
    this.produced += count;
  }

  /** The peer resets. `keep`: the balancer can still read what was on the way. */
  reset(keep: boolean): void {
    if (this.failed || this.closed) return;
    this.failed = true;
    this.error = -ECONNRESET;
    if (!keep) this.produced = this.consumed;
  }

  /** The balancer receives into `bytes`, at most what is there: bytes, 0 at the end, `-errno`; null: not now. */
  receive(bytes: Uint8Array, nowMs: number): number | null {
    const count = Math.min(bytes.length, this.readable);
    if (count === 0) return this.failed ? this.takeError(0) : this.inEnded ? 0 : null;
    fillFromStream(bytes.subarray(0, count), this.id, this.consumed);
    this.consumed += count;
    this.activeAt = nowMs;
    this.readableAt = nowMs;
    return count;
  }

  /** The balancer sends these bytes, or as many of them as there is room for: bytes, `-errno`; null: not now. */
  send(bytes: Uint8Array): number | null {
    demand(!this.outEnded, `sending on descriptor ${this.fd} after its stream was ended`);
    if (this.failed) return this.takeError(-EPIPE);
    const count = Math.min(bytes.length, this.writable);
    if (count === 0) return null;
    this.arrived.take(bytes.subarray(0, count));
    if (this.peerClosed) {
      this.read = this.arrived.position;
      this.failed = true;
      this.error = -EPIPE; // a reset that meets an ended stream, tcp_reset() of Linux
    }
    return count;
  }

  /** The balancer ends its stream. */
  shutdown(): number {
    if (this.failed) return -ENOTCONN;
    this.outEnded = true;
    return 0;
  }

  /** The balancer closes. */
  close(): void {
    this.closed = true;
    this.closedWithReset = this.resetOnClose || this.readable > 0;
    this.outEnded = true;
    this.fd = -1;
  }

  /** Whether a poll for reading, or for writing, would report something. */
  get pollsIn(): boolean {
    return this.readable > 0 || this.inEnded || this.failed;
  }

  get pollsOut(): boolean {
    return this.failed || this.writable > 0;
  }

  private takeError(otherwise: number): number {
    const error = this.error === 0 ? otherwise : this.error;
    this.error = 0;
    return error;
  }
}
