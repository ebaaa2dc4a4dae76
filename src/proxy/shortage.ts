/**
 * Tells the operator once, for the whole process, that descriptors or memory have run out, and
 * once that the shortage is over.
 */
import type { Engine } from '../kernel/engine.js';
import { errnoText } from '../kernel/errno.js';
import { EMFILE, ENFILE, ENOBUFS, ENOMEM } from '../kernel/sys/constants.js';
import type { ConnectionGate } from '../shared/gate.js';
import type { Notify } from './lane.js';

/** A shortage is over when nothing failed for this long (ms). */
const OVER_AFTER_MS = 5000;

const SHORTAGES: readonly number[] = [EMFILE, ENFILE, ENOBUFS, ENOMEM];

/** Whether a system call was refused with this `-errno` because there is not enough of something. */
export function isShortage(result: number): boolean {
  return SHORTAGES.includes(-result);
}

/** What one worker knows of the process's shortage of descriptors or memory. */
export class Shortage {
  private metAt = 0;
  private present = false;

  constructor(
    private readonly engine: Engine,
    private readonly gate: ConnectionGate,
    private readonly notify: Notify,
  ) {}

  /** A system call was refused with this `-errno` (EMFILE, ENFILE, ENOBUFS, ENOMEM ...). */
  met(result: number): void {
    this.metAt = this.engine.nowMs();
    this.present = true;
    if (this.gate.beginShortage())
      this.notify('warning', `accepting slows down: ${errnoText(result)}; "turbo-lb doctor" shows the limits`);
  }

  /** A connection was taken. */
  passed(): void {
    if (!this.present || ((this.engine.nowMs() - this.metAt) | 0) < OVER_AFTER_MS) return;
    this.present = false;
    if (this.gate.endShortage()) this.notify('notice', 'accepting goes on at full speed');
  }
}
