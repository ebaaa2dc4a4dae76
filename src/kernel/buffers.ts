/**
 * The pool of receive buffers of one worker. A buffer is known by its number and has exactly one
 * owner at a time: pool -> kernel -> endpoint -> send queue -> pool. The free ones form a stack,
 * so that the buffer used last, still in the CPU's cache, is used next.
 */
import { allocate, type Region } from './sys/memory.js';

/** Buffer numbers are 16 bits wide in the kernel's completions. */
export const BUFFERS_MAX = 32768;

/** "No buffer", wherever a buffer number is expected. */
export const NO_BUFFER = -1;

/** A pool of equal buffers in one piece of memory that the kernel can read and write. */
export class BufferPool {
  /** Bytes of data in a buffer, set by who received into it. */
  readonly length: Int32Array;
  /** The next buffer of the send queue that a buffer is in, or NO_BUFFER. */
  readonly next: Int32Array;
  /** Address of each buffer. Kept as tagged numbers, since a call would box a raw double. */
  readonly address: readonly (number | null)[];
  readonly region: Region;
  private readonly stack: Int32Array;
  private free: number;

  /**
   * @param count buffers, up to BUFFERS_MAX
   * @param size bytes of each (`tune.bufsize`)
   * @param reserved how many of them only `takeReserved` gives out: never to be filled by the kernel
   */
  constructor(
    readonly count: number,
    readonly size: number,
    private readonly reserved = 0,
  ) {
    if (count < 1 || count > BUFFERS_MAX) throw new RangeError(`buffers: ${count} is not within 1..${BUFFERS_MAX}`);
    this.region = allocate(count * size);
    this.length = new Int32Array(count);
    this.next = new Int32Array(count).fill(NO_BUFFER);
    this.stack = new Int32Array(count);
    const address: (number | null)[] = [null];
    for (let i = 0; i < count; i++) {
      this.stack[i] = count - 1 - i;
      address[i] = this.region.address + i * size;
    }
    this.address = address;
    this.free = count;
  }

  /** Buffers that `take` can still pass on. */
  get available(): number {
    return Math.max(0, this.free - this.reserved);
  }

  /** Passes a buffer to the caller, or answers NO_BUFFER when all are in use. */
  take(): number {
    if (this.free <= this.reserved) return NO_BUFFER;
    return this.stack[--this.free];
  }

  /** The same for what the balancer itself writes: also those that are reserved. */
  takeReserved(): number {
    return this.free === 0 ? NO_BUFFER : this.stack[--this.free];
  }

  /** Takes a buffer back from its owner. */
  give(buffer: number): void {
    this.next[buffer] = NO_BUFFER;
    this.stack[this.free++] = buffer;
  }

  /** Copies what is in `from` behind what is in `to`, which has the room. */
  append(to: number, from: number): void {
    const { length, size } = this;
    this.region.u8.copyWithin(to * size + length[to], from * size, from * size + length[from]);
    length[to] += length[from];
  }

  /** The bytes of a buffer, for those who look into them (tests, protocols); not a copy. */
  bytes(buffer: number): Uint8Array {
    return this.region.u8.subarray(buffer * this.size, buffer * this.size + this.length[buffer]);
  }

  /** Gives the memory back to the system. The kernel must have let go of every buffer. */
  unmap(): void {
    this.region.unmap();
  }
}
