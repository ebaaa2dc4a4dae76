/**
 * The descriptors, mappings and connections each worker holds, where the master can see them when
 * a worker has died: a thread takes none of them along. One writer each, the worker itself; the
 * master reads only when that worker has ended.
 */
import { closeDescriptor, freeMemory } from '../kernel/descriptors.js';
import type { Holdings } from '../kernel/engine.js';

/**
 * Mappings a worker may have: rings, buffers and scratch memory of each pool are some 12, and each plan
 * that still has sessions has some 8 (addresses, options of sockets, log lines).
 */
const MEMORY_MAX = 1024;
const WORDS_HEADER = 16;
// Words of the header.
const MEMORY_COUNT = 0;

/** What a worker holds, of which it may give back mappings while it lives. */
export interface WorkerHoldings extends Holdings {
  /** Something is unmapped, or about to be. */
  dropMemory(address: number): void;
}

/** What each worker holds of the kernel. */
export class HoldingsTable {
  private readonly words: Int32Array;
  private readonly doubles: Float64Array;
  private readonly bitmapWords: number;

  /** @param descriptorsMax descriptor numbers are below this */
  static create(workers: number, descriptorsMax: number): SharedArrayBuffer {
    const bitmapWords = Math.ceil(descriptorsMax / 512) * 16;
    const buffer = new SharedArrayBuffer(64 + workers * (WORDS_HEADER + MEMORY_MAX * 4 + bitmapWords) * 4);
    new Int32Array(buffer)[0] = bitmapWords;
    return buffer;
  }

  constructor(buffer: SharedArrayBuffer) {
    this.words = new Int32Array(buffer);
    this.doubles = new Float64Array(buffer);
    this.bitmapWords = this.words[0];
  }

  private base(worker: number): number {
    return 16 + worker * (WORDS_HEADER + MEMORY_MAX * 4 + this.bitmapWords);
  }

  /** What the engine of that worker writes to. */
  forWorker(worker: number): WorkerHoldings {
    const { words, doubles } = this;
    const base = this.base(worker);
    const memory = (base + WORDS_HEADER) / 2;
    const bitmap = base + WORDS_HEADER + MEMORY_MAX * 4;
    const limit = this.bitmapWords * 32;
    return {
      hold(fd) {
        if (fd < limit) words[bitmap + (fd >> 5)] |= 1 << (fd & 31);
      },
      drop(fd) {
        if (fd < limit) words[bitmap + (fd >> 5)] &= ~(1 << (fd & 31));
      },
      holdMemory(address, length) {
        const count = words[base + MEMORY_COUNT];
        if (count === MEMORY_MAX) throw new RangeError(`a worker has more than ${MEMORY_MAX} mappings`);
        doubles[memory + 2 * count] = address;
        doubles[memory + 2 * count + 1] = length;
        words[base + MEMORY_COUNT] = count + 1;
      },
      dropMemory(address) {
        const last = words[base + MEMORY_COUNT] - 1;
        for (let i = 0; i <= last; i++) {
          if (doubles[memory + 2 * i] !== address) continue;
          doubles[memory + 2 * i] = doubles[memory + 2 * last];
          doubles[memory + 2 * i + 1] = doubles[memory + 2 * last + 1];
          words[base + MEMORY_COUNT] = last;
          return;
        }
      },
    };
  }

  /** The descriptors a worker holds. */
  descriptors(worker: number): number[] {
    const bitmap = this.base(worker) + WORDS_HEADER + MEMORY_MAX * 4;
    const found: number[] = [];
    for (let i = 0; i < this.bitmapWords; i++) {
      const bits = this.words[bitmap + i];
      for (let bit = 0; bits !== 0 && bit < 32; bit++) if ((bits & (1 << bit)) !== 0) found.push(i * 32 + bit);
    }
    return found;
  }

  /** The mappings a worker holds, as [address, bytes]. */
  memory(worker: number): [number, number][] {
    const base = this.base(worker);
    const at = (base + WORDS_HEADER) / 2;
    return Array.from({ length: this.words[base + MEMORY_COUNT] }, (_, i) => [
      this.doubles[at + 2 * i],
      this.doubles[at + 2 * i + 1],
    ]);
  }

  /** Forgets everything of a worker, after the master has freed it. */
  clear(worker: number): void {
    const base = this.base(worker);
    this.words.fill(0, base, base + WORDS_HEADER + MEMORY_MAX * 4 + this.bitmapWords);
  }
}

/** The part of a worker's holdings that goes before the worker does: what one plan needs. */
export class PassingHoldings implements Holdings {
  private readonly descriptors = new Set<number>();
  private readonly memory = new Map<number, number>();

  constructor(private readonly worker: WorkerHoldings) {}

  hold(fd: number): void {
    this.descriptors.add(fd);
    this.worker.hold(fd);
  }

  drop(fd: number): void {
    this.descriptors.delete(fd);
    this.worker.drop(fd);
  }

  holdMemory(address: number, length: number): void {
    this.memory.set(address, length);
    this.worker.holdMemory(address, length);
  }

  /** Closes and unmaps all that is still held. Nothing in the kernel may use it, and no view of it may be touched any more. */
  free(): void {
    for (const fd of [...this.descriptors]) {
      this.drop(fd);
      closeDescriptor(fd);
    }
    for (const [address, length] of this.memory) {
      this.worker.dropMemory(address);
      freeMemory(address, length);
    }
    this.memory.clear();
  }
}
