/** Pipes as splice(2) sees them: bounded, sometimes none to be had, full before they look full. */
import type { Random } from './random.js';
import { demand } from './violation.js';

interface Pipe {
  taken: boolean;
  readonly bytes: number[];
}

/** The pipes of one simulated engine. */
export class SimulatedPipes {
  private readonly pipes: Pipe[];

  /**
   * @param max pipes at most
   * @param capacity bytes of each
   */
  constructor(
    max: number,
    readonly capacity: number,
    private readonly random: Random,
  ) {
    this.pipes = Array.from({ length: max }, () => ({ taken: false, bytes: [] }));
  }

  /** Pipes not given back. */
  get inUse(): number {
    return this.pipes.filter((pipe) => pipe.taken).length;
  }

  /** An empty pipe, or -1. */
  take(): number {
    if (this.random.chance(5)) return -1; // as when the process is out of descriptors
    const free = this.pipes.findIndex((pipe) => !pipe.taken);
    if (free >= 0) this.pipes[free].taken = true;
    return free;
  }

  /** Takes back an empty pipe. */
  give(pipe: number): void {
    demand(this.bytes(pipe).length === 0, `pipe ${pipe} went back to the pool with bytes in it`);
    this.pipes[pipe].taken = false;
  }

  /** Takes back a pipe with what is in it. */
  discard(pipe: number): void {
    this.bytes(pipe).length = 0;
    this.pipes[pipe].taken = false;
  }

  /** The bytes in a pipe that somebody has taken. */
  bytes(pipe: number): number[] {
    demand(this.pipes[pipe]?.taken === true, `pipe ${pipe} is used by somebody who has not taken it`);
    return this.pipes[pipe].bytes;
  }

  /** Bytes that a pipe can take now: a pipe counts pages, not bytes, and may be full early. */
  room(pipe: number): number {
    const { length } = this.bytes(pipe);
    if (length > 0 && this.random.chance(30)) return 0;
    return this.capacity - length;
  }
}
