/**
 * Opens the listening sockets of a process that starts, and that may have to wait until the ones before it have made
 * room. It decides nothing about sockets, which `listeners.ts` opens, nor how others are asked.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Plan } from '../../plan/plan.js';
import { BindError, type BindFailure } from '../start-error.js';
import type { HandedListeners } from './handed-listeners.js';
import type { ListenerChange, Listeners } from './listeners.js';

/** How often, and after which time, a bind is tried again when those before were asked for room; HAProxy's. */
const BIND_TRIES = 200;
const BIND_RETRY_MS = 10;

/**
 * Asks the processes before this one to stop listening for a while, unless some of what is taken is not theirs to give:
 * answers that.
 */
export type MakeRoom = (taken: readonly BindFailure[]) => readonly BindFailure[];

/** What there is of processes before this one. */
export interface Before {
  /** Their listening sockets: they need not make room. */
  readonly handed?: HandedListeners | null;
  readonly makeRoom?: MakeRoom;
}

/** Opens them for so many workers; `listen` of the change is to come when they are about to accept. Rejects with BindError when addresses stay taken, or others stand in the way. */
export async function openFirst(
  listeners: Listeners,
  plan: Plan,
  workers: number,
  { handed = null, makeRoom }: Before,
): Promise<ListenerChange> {
  for (let tries = 0; ; tries++) {
    try {
      // Nobody else listens where others have made room: who comes may wait there.
      return listeners.prepare(plan, workers, { handed, replaces: makeRoom !== undefined, listensLater: tries === 0 });
    } catch (error) {
      const isTaken = error instanceof BindError && error.failures.every(({ reason }) => reason.includes('EADDRINUSE'));
      if (!isTaken || makeRoom === undefined || handed !== null || tries === BIND_TRIES) throw error;
      const hopeless = tries === 0 ? makeRoom(error.failures) : [];
      if (hopeless.length > 0) throw new BindError(hopeless);
      await delay(BIND_RETRY_MS);
    }
  }
}
