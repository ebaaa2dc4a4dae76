/** How many addresses a running process may listen on: workers' tables of sockets have the size that they began with. */
import type { Plan } from '../../plan/plan.js';
import { StartError } from '../start-error.js';

/** Later plans may have twice as many as the first, and at least this many more. */
const MORE = 64;

function addressesOf({ frontends }: Plan): number {
  return frontends.reduce((sum, { binds }) => sum + binds.length, 0);
}

/** Addresses to listen on that there is to be room for. @param first the plan that the process begins with */
export function listenersMax(first: Plan): number {
  const binds = addressesOf(first);
  return Math.max(2 * binds, binds + MORE);
}

/** Throws StartError when a later plan has more of them than there is room for. */
export function checkListeners(plan: Plan, most: number): void {
  const binds = addressesOf(plan);
  if (binds <= most) return;
  throw new StartError(
    `the new configuration has ${binds} addresses to listen on, a running process has room for ${most}: start it anew`,
  );
}
