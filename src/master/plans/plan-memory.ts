/** The memory of a plan: sized by what it says and by the process, and, where there is not so much, the reason in words. */
import type { Plan } from '../../plan/plan.js';
import { statisticsNames } from '../../plan/statistics-names.js';
import { createShared, type SharedState } from '../../shared/state.js';
import { allocateStatistics, type SharedStatistics } from '../../shared/statistics.js';
import { StickTable } from '../../shared/stick-table.js';
import { StartError } from '../start-error.js';
import { inheritance } from './inheritance.js';

const MIB = 2 ** 20;

/** What the process has for every plan, decided at its start. */
export interface ProcessSizes {
  readonly workers: number;
  /** Client connections of the process at a time. */
  readonly maxconn: number;
  /** Descriptor numbers are below this (RLIMIT_NOFILE). */
  readonly descriptorsMax: number;
  /** One eventfd for each worker. */
  readonly wakeFds: readonly number[];
}

/**
 * Creates it. Throws StartError where the system does not give so much.
 * @param before the plan in force, of which goes on what both know by the same names
 * @param alive rows of statistics that sessions of former plans still count in
 */
export function memoryFor(
  plan: Plan,
  process: ProcessSizes,
  before: { readonly plan: Plan; readonly shared: SharedState } | null,
  alive: readonly SharedStatistics[],
): SharedState {
  const inUse = before === null ? alive : [...alive, before.shared.statistics];
  try {
    const sizes = {
      ...process,
      statistics: allocateStatistics(statisticsNames(plan), process.workers, inUse),
      tables: plan.tables,
      frontendLimits: plan.frontends.map(({ maxconn }) => maxconn),
      bindLimits: plan.frontends.flatMap(({ binds }) => binds.map(({ maxconn }) => maxconn)),
      backendSizes: plan.backends.map((backend) => backend.servers.length),
    };
    return createShared(sizes, before && inheritance(before.plan, before.shared, plan));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new StartError(shortage(plan));
  }
}

function shortage({ tables }: Plan): string {
  const bytes = tables.reduce((sum, table) => sum + StickTable.bytes(table), 0);
  const largest = tables.toSorted((a, b) => StickTable.bytes(b) - StickTable.bytes(a)).at(0);
  const most = largest === undefined ? '' : `, '${largest.name}' most (size ${largest.size})`;
  return `not enough memory: all stick tables take ${Math.ceil(bytes / MIB)} MiB${most}. Make them smaller, or raise the limit (ulimit -v, LimitAS=).`;
}
