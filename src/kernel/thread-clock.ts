/** The processor time that the calling thread has used (clock_gettime(2)). */
import type { Holdings } from './engine.js';
import { CLOCK_THREAD_CPUTIME_ID } from './sys/constants.js';
import { sys } from './sys/libc.js';
import { allocate, type Region } from './sys/memory.js';

/** Belongs to the thread that reads it. */
export class ThreadClock {
  private readonly region: Region;

  constructor(holdings: Holdings) {
    this.region = allocate(16);
    holdings.holdMemory(this.region.address, this.region.length);
  }

  /** Milliseconds, with fractions, since the thread began; in user and kernel mode. */
  readMs(): number {
    sys.clockGettime(CLOCK_THREAD_CPUTIME_ID, this.region.address);
    const { i32 } = this.region;
    return ((i32[0] >>> 0) + i32[1] * 0x1_0000_0000) * 1000 + i32[2] / 1_000_000;
  }
}
