/**
 * Pipes through which splice(2) moves bytes between sockets without copying them (pipe(7)). A
 * pool, because opening one costs two descriptors and three calls; empty pipes hold no pages.
 */
import type { Holdings } from './engine.js';
import { F_SETPIPE_SZ, O_CLOEXEC, O_NONBLOCK, SPLICE_F_MORE, SPLICE_F_MOVE, SPLICE_F_NONBLOCK } from './sys/constants.js';
import { sys } from './sys/libc.js';
import { allocate, type Region } from './sys/memory.js';

/** "No pipe", wherever a pipe number is expected. */
export const NO_PIPE = -1;

/** A pool of pipes, opened when first needed and kept. */
export class PipePool {
  private readonly readEnd: Int32Array;
  private readonly writeEnd: Int32Array;
  private readonly idle: Int32Array;
  private idleCount = 0;
  private readonly unopened: Int32Array;
  private unopenedCount: number;
  private readonly scratch: Region;

  /**
   * @param max pipes at most
   * @param size bytes of capacity asked for; the system may grant less (pipe-user-pages-soft)
   */
  constructor(
    max: number,
    private readonly size: number,
    private readonly holdings: Holdings,
  ) {
    this.readEnd = new Int32Array(max).fill(-1);
    this.writeEnd = new Int32Array(max).fill(-1);
    this.idle = new Int32Array(max);
    this.unopened = Int32Array.from({ length: max }, (_, i) => max - 1 - i);
    this.unopenedCount = max;
    this.scratch = allocate(4096);
    holdings.holdMemory(this.scratch.address, this.scratch.length);
  }

  /** An empty pipe, or NO_PIPE when the pool or the process has no more. */
  take(): number {
    if (this.idleCount > 0) return this.idle[--this.idleCount];
    if (this.unopenedCount === 0) return NO_PIPE;
    if (sys.pipe2(this.scratch.address, O_NONBLOCK | O_CLOEXEC) < 0) return NO_PIPE;
    const pipe = this.unopened[--this.unopenedCount];
    this.readEnd[pipe] = this.scratch.i32[0];
    this.writeEnd[pipe] = this.scratch.i32[1];
    this.holdings.hold(this.readEnd[pipe]);
    this.holdings.hold(this.writeEnd[pipe]);
    sys.fcntl(this.writeEnd[pipe], F_SETPIPE_SZ, this.size); // refused: the default 64 KiB serve
    return pipe;
  }

  give(pipe: number): void {
    this.idle[this.idleCount++] = pipe;
  }

  discard(pipe: number): void {
    this.closeEnd(this.readEnd, pipe);
    this.closeEnd(this.writeEnd, pipe);
    this.unopened[this.unopenedCount++] = pipe;
  }

  spliceIn(fd: number, pipe: number, length: number): number {
    return sys.splice(fd, this.writeEnd[pipe], length, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  }

  spliceOut(pipe: number, fd: number, length: number, more: boolean): number {
    return sys.splice(this.readEnd[pipe], fd, length, SPLICE_F_MOVE | SPLICE_F_NONBLOCK | (more ? SPLICE_F_MORE : 0));
  }

  /** Closes every pipe that was opened, whoever has it. The pool is of no use afterwards. */
  closeAll(): void {
    this.idleCount = 0;
    this.unopenedCount = 0;
    for (let pipe = 0; pipe < this.readEnd.length; pipe++) {
      if (this.readEnd[pipe] < 0) continue;
      this.closeEnd(this.readEnd, pipe);
      this.closeEnd(this.writeEnd, pipe);
    }
  }

  private closeEnd(ends: Int32Array, pipe: number): void {
    this.holdings.drop(ends[pipe]);
    sys.close(ends[pipe]);
    ends[pipe] = -1;
  }
}
