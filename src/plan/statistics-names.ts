/** By which names the statistics of a plan go, and are shown (management manual, 9.1: pxname, svname). */
import type { StatisticsNames } from '../shared/statistics.js';
import type { BindPlan, Plan } from './plan.js';

/** The name of a bind: its own, or one made of its number. */
export function bindName({ name, id }: BindPlan): string {
  return name ?? `sock-${id}`;
}

/** All names of a plan, in its order. */
export function statisticsNames({ frontends, backends }: Pick<Plan, 'frontends' | 'backends'>): StatisticsNames {
  return {
    frontends: frontends.map(({ name, binds }) => ({ name, binds: distinct(binds.map(bindName)) })),
    backends: backends.map(({ name, servers }) => ({ name, servers: servers.map((server) => server.name) })),
  };
}

/** Several binds may have one name: then their order tells them apart. */
function distinct(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    return before === 0 ? name : `${name} ${before + 1}`;
  });
}
