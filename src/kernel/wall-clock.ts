/** The time of day to the microsecond (clock_gettime(2)), which JavaScript's Date does not tell. */
import type { Holdings } from './engine.js';
import { CLOCK_REALTIME } from './sys/constants.js';
import { sys } from './sys/libc.js';
import { allocate, type Region } from './sys/memory.js';

/** Reads the clock into its own fields. */
export class WallClock {
  /** Seconds since 1970, and the microseconds after them, when `read` was last called. */
  seconds = 0;
  microseconds = 0;
  private readonly region: Region;

  constructor(holdings: Holdings) {
    this.region = allocate(16);
    holdings.holdMemory(this.region.address, this.region.length);
  }

  read(): void {
    sys.clockGettime(CLOCK_REALTIME, this.region.address);
    const { i32 } = this.region;
    this.seconds = (i32[0] >>> 0) + i32[1] * 0x1_0000_0000;
    this.microseconds = (i32[2] / 1000) | 0;
  }
}
