/** A first-in first-out queue of slot numbers in which each slot stands at most once. */
export class WorkQueue {
  private readonly ring: Int32Array;
  private readonly queued: Uint8Array;
  private readonly mask: number;
  private head = 0;
  private count = 0;

  /** Slot numbers are 0..slots-1. */
  constructor(slots: number) {
    const room = 2 ** Math.ceil(Math.log2(Math.max(2, slots)));
    this.ring = new Int32Array(room);
    this.queued = new Uint8Array(slots);
    this.mask = room - 1;
  }

  /** Slots in the queue. */
  get length(): number {
    return this.count;
  }

  /** Queues a slot, unless it stands in the queue already. */
  push(slot: number): void {
    if (this.queued[slot] !== 0) return;
    this.queued[slot] = 1;
    this.ring[(this.head + this.count) & this.mask] = slot;
    this.count++;
  }

  /** Takes the slot that came first. The queue must not be empty. */
  shift(): number {
    const slot = this.ring[this.head];
    this.head = (this.head + 1) & this.mask;
    this.count--;
    this.queued[slot] = 0;
    return slot;
  }
}
