/**
 * A BufferPool that knows the owner of each buffer, so that a buffer owned twice, given back while
 * the kernel sends from it, or kept for ever is seen; and that spoils what is given back, so that
 * whoever still sends it sends rubbish.
 */
import { BufferPool, NO_BUFFER } from '../../src/kernel/buffers.js';
import { demand } from './violation.js';

/** In the pool. */
const FREE = 0;
/** Received into, or waiting to be sent: the data plane's. */
const HELD = 1;
/** The kernel sends from it. */
const SENDING = 2;

const SPOILED = 0xdd;

/** The pool of a simulated engine. */
export class OwnedBuffers extends BufferPool {
  /** Buffers with data received on each slot that are not given back yet. */
  private readonly heldOfSlot = new Int32Array(64);
  /** The most of them that one slot had at a time, since the pool was handed out. */
  mostHeld = 0;
  private readonly owner: Uint8Array;
  private readonly slotOf: Int32Array;

  constructor(count: number, size: number) {
    super(count, size);
    this.owner = new Uint8Array(count);
    this.slotOf = new Int32Array(count).fill(-1);
  }

  override take(): number {
    const buffer = super.take();
    if (buffer !== NO_BUFFER) this.owner[buffer] = HELD;
    return buffer;
  }

  override give(buffer: number): void {
    demand(Number.isInteger(buffer) && buffer >= 0 && buffer < this.count, `buffer ${buffer} does not exist`);
    demand(this.owner[buffer] !== FREE, `buffer ${buffer} was given back twice`);
    demand(this.owner[buffer] !== SENDING, `buffer ${buffer} was given back while the kernel sends from it`);
    if (this.slotOf[buffer] >= 0) this.heldOfSlot[this.slotOf[buffer]]--;
    this.slotOf[buffer] = -1;
    this.owner[buffer] = FREE;
    this.whole(buffer).fill(SPOILED);
    super.give(buffer);
  }

  /** Data received on `slot` lies in the buffer now. */
  received(buffer: number, slot: number): void {
    this.slotOf[buffer] = slot;
    this.mostHeld = Math.max(this.mostHeld, ++this.heldOfSlot[slot]);
  }

  /** The kernel begins to send from the buffer. */
  lend(buffer: number): void {
    demand(this.owner[buffer] === HELD, `buffer ${buffer} is sent by somebody who does not own it`);
    this.owner[buffer] = SENDING;
  }

  /** The kernel is done with it. */
  giveBackFromKernel(buffer: number): void {
    this.owner[buffer] = HELD;
  }

  /** All bytes of a buffer, whatever is in it. */
  whole(buffer: number): Uint8Array {
    return this.region.u8.subarray(buffer * this.size, (buffer + 1) * this.size);
  }
}

const pools = new Map<string, OwnedBuffers>();

/** The pool of that form, made once: mapping memory for each of thousands of runs would take longer than the runs. */
export function pooledBuffers(lane: number, count: number, size: number): OwnedBuffers {
  const key = `${lane}/${count}/${size}`;
  const known = pools.get(key);
  if (known !== undefined && known.available === known.count) {
    known.mostHeld = 0;
    return known;
  }
  const pool = new OwnedBuffers(count, size);
  pools.set(key, pool); // a former one with buffers missing belongs to a run that failed
  return pool;
}
