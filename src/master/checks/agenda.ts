/**
 * What is due when: many things at the same time share one timer, and what is not due any more takes
 * its timer along when it was the last. After the process has stood still, all would be due at once, and
 * from then on again and again: only so many are called in a step of time, the others in the next ones.
 * It calls, and knows nothing of what for.
 */
import type { Clock } from '../servers/server-states.js';

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

/** How many are called in how much time at most. */
export interface AgendaPace {
  readonly stepMs: number;
  readonly most: number;
}

/** Calls each thing once when it is due, or soon after. */
export class Agenda<T extends Due> {
  private readonly appointments = new Map<number, Appointment<T>>();
  /** The step that it is, by number, and how many were due in it so far. */
  private step = -1;
  private inStep = 0;

  constructor(
    private readonly clock: Clock,
    private readonly pace: AgendaPace,
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
      const later = this.stepsLater();
      if (later > 0) this.set(one, (this.step + later) * this.pace.stepMs);
      else {
        one.dueAt = null;
        this.call(one);
      }
    }
  }

  /** In how many steps from now there is room for one more; 0: now. */
  private stepsLater(): number {
    const step = Math.floor(this.clock.now() / this.pace.stepMs);
    if (step !== this.step) {
      this.step = step;
      this.inStep = 0;
    }
    return Math.floor(this.inStep++ / this.pace.most);
  }
}
