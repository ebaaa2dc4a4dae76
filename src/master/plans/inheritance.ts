/**
 * What of a plan goes on in the next one, by names: frontends, binds, groups of servers and stick tables
 * that are the same for those who count in shared memory. It compares plans, and knows no memory.
 */
import { formatAddress } from '../../kernel/address.js';
import type { BackendPlan, Plan } from '../../plan/plan.js';
import type { TablePlan } from '../../plan/rules.js';
import type { Before, SharedState } from '../../shared/state.js';

/** For each part of the next plan its number in the one before, or -1. */
export function inheritance(before: Plan, state: SharedState, next: Plan): Before {
  const names = ({ frontends }: Plan): string[] => frontends.map(({ name }) => name);
  return {
    state,
    frontends: places(names(before), names(next)),
    groups: places(before.backends.map(groupKey), next.backends.map(groupKey)),
    binds: places(bindKeys(before), bindKeys(next)),
    tables: places(before.tables.map(tableKey), next.tables.map(tableKey)),
  };
}

/**
 * The same for backends that can count connections, queue sessions and choose servers in one table: the
 * same servers in the same order, chosen in the same way. All that is written into the table may differ.
 */
function groupKey({ name, balance, servers }: BackendPlan): string {
  return JSON.stringify([name, balance, servers.map((server) => server.name)]);
}

function bindKeys({ frontends }: Plan): string[] {
  return frontends.flatMap(({ name, binds }) =>
    binds.map((bind) => JSON.stringify([name, bind.name ?? formatAddress(bind.address)])),
  );
}

/** When entries end may change while they are there; what they are made of may not. */
function tableKey({ expireMs: _expiry, nopurge: _purging, ...shape }: TablePlan): string {
  return JSON.stringify(shape);
}

/** Where each of the next has its equal before; each is used once. */
function places(before: readonly string[], next: readonly string[]): number[] {
  const at = new Map<string, number[]>();
  for (const [i, key] of before.entries()) at.set(key, [...(at.get(key) ?? []), i]);
  return next.map((key) => at.get(key)?.shift() ?? -1);
}
