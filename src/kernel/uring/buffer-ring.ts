/**
 * The ring of provided buffers (io_uring_register_buf_ring(3)): the part of the buffer pool that
 * the kernel owns at the moment and fills as data arrives. It is kept short, so that the same few
 * buffers, warm in the cache, are used again and again; the rest stays on the pool's stack.
 */
import type { BufferPool } from '../buffers.js';
import { SystemCallError } from '../errno.js';
import { IORING_REGISTER_PBUF_RING } from '../sys/constants.js';
import { allocate, type Region } from '../sys/memory.js';
import type { Ring } from './ring.js';

/** sizeof(struct io_uring_buf), in 32-bit words and bytes. */
export const BUF_WORDS = 4;
export const BUF_BYTES = 16;
/** The ring's tail lies in the unused part of entry 0, as a 16-bit word at byte 14. */
export const TAIL_U16 = 7;
/** Buffers the kernel holds at most; a power of two. A multishot receive takes up to 32 in one go. */
const PROVIDED_MAX = 256;

/** The provided buffers of one ring, all of one group. */
export class BufferRing {
  readonly group = 0;
  readonly region: Region;
  private readonly u16: Uint16Array;
  private readonly entries: number;
  private tail = 0;
  private provided = 0;

  constructor(
    ring: Ring,
    private readonly pool: BufferPool,
  ) {
    this.entries = 2 ** Math.floor(Math.log2(Math.min(PROVIDED_MAX, pool.count)));
    this.region = allocate(Math.max(4096, this.entries * BUF_BYTES));
    this.u16 = new Uint16Array(this.region.i32.buffer);
    const argument = allocate(4096); // struct io_uring_buf_reg
    argument.setU64(0, this.region.address);
    argument.view.setUint32(8, this.entries, true);
    argument.view.setUint16(12, this.group, true);
    const result = ring.register(IORING_REGISTER_PBUF_RING, argument.address, 1);
    argument.unmap();
    if (result < 0) {
      this.region.unmap();
      throw new SystemCallError('io_uring_register(PBUF_RING)', result);
    }
    this.refill();
  }

  /** Buffers that wait in the kernel's ring to be filled. */
  get held(): number {
    return this.provided;
  }

  /** The kernel filled this buffer: it belongs to whoever gets the completion. */
  taken(): void {
    this.provided--;
  }

  /** Tops the ring up from the pool. */
  refill(): void {
    if (this.provided === this.entries || this.pool.available === 0) return;
    const words = this.region.i32;
    while (this.provided < this.entries) {
      const buffer = this.pool.take();
      if (buffer < 0) break;
      const slot = this.tail & (this.entries - 1);
      const at = slot * BUF_WORDS;
      const address = this.pool.address[buffer] as number;
      words[at] = address | 0;
      words[at + 1] = (address / 0x1_0000_0000) | 0;
      words[at + 2] = this.pool.size;
      this.u16[slot * 8 + 6] = buffer;
      this.tail = (this.tail + 1) & 0xffff;
      this.provided++;
    }
    // No barrier: receives complete only inside our own io_uring_enter (DEFER_TASKRUN).
    this.u16[TAIL_U16] = this.tail;
  }
}
