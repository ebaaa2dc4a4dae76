/**
 * What is due when: many things at the same time share one timer, and what is not due any more takes
 * its timer along when it was the last. It calls, and knows nothing of what for.
 */
import type { Clock } from '../server-states.js';

/** Something that is due now and then. */
export interface Due {
  /** When, by the clock; null: it is not. Set by the agenda alone. */
  dueAt: number | null;
}

/** Things that are due at the same time. */
interface Appointment<T> {
  readonly all: Set<T>;
  readonly callOff: () => void;
}

/** Calls each thing once when it is due. */
export class Agenda<T extends Due> {
  private readonly appointments = new Map<number, Appointment<T>>();

  constructor(
    private readonly clock: Clock,
    private readonly call: (one: T) => void,
  ) {}

  /** Due then, and not when it was before. */
  set(one: T, at: number): void {
    this.remove(one);
    one.dueAt = at;
    const known = this.appointments.get(at);
    if (known !== undefined) {
      known.all.add(one);
      return;
    }
    const callOff = this.clock.after(Math.ceil(at - this.clock.now()), () => this.keep(at));
    this.appointments.set(at, { all: new Set([one]), callOff });
  }

  /** Not due. */
  remove(one: T): void {
    const { dueAt } = one;
    if (dueAt === null) return;
    one.dueAt = null;
    const appointment = this.appointments.get(dueAt);
    if (appointment === undefined || !appointment.all.delete(one) || appointment.all.size > 0) return;
    appointment.callOff();
    this.appointments.delete(dueAt);
  }

  /** Nothing is due any more. */
  clear(): void {
    for (const { callOff } of this.appointments.values()) callOff();
    this.appointments.clear();
  }

  private keep(at: number): void {
    const { all } = this.appointments.get(at) as Appointment<T>;
    this.appointments.delete(at);
    for (const one of all) {
      // Another one may have made it due at another time meanwhile.
      if (one.dueAt !== at) continue;
      one.dueAt = null;
      this.call(one);
    }
  }
}
