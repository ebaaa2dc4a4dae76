/** The book of what an engine holds, kept strictly: nothing is opened twice or closed unopened. */
import * as assert from 'uvu/assert';
import type { Holdings } from '../../../src/kernel/engine.js';
import { sys } from '../../../src/kernel/sys/libc.js';

/** Holdings that object. */
export class Ledger implements Holdings {
  readonly descriptors = new Set<number>();
  private readonly mappings: [address: number, length: number][] = [];
  private readonly faults: string[] = [];

  hold(fd: number): void {
    if (this.descriptors.has(fd)) this.faults.push(`descriptor ${fd} is held twice`);
    this.descriptors.add(fd);
  }

  drop(fd: number): void {
    if (!this.descriptors.delete(fd)) this.faults.push(`descriptor ${fd} is dropped but was not held`);
  }

  holdMemory(address: number, length: number): void {
    this.mappings.push([address, length]);
  }

  /** Frees the mappings, as the master does for a worker that has ended. */
  unmapAll(): void {
    for (const [address, length] of this.mappings) if (sys.munmap(address, length) < 0) this.faults.push(`munmap of ${address}`);
  }

  assertBalanced(): void {
    assert.equal(this.faults, []);
    assert.equal([...this.descriptors], [], 'descriptors still held');
  }
}
