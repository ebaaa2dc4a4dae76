/** How single values of the process come about, for the table of its fields. */
import type { InfoSource } from './info-field.js';

const SECONDS_PER_DAY = 86_400;
const BYTES_PER_MEGABYTE = 1_048_576;

/** `0d 0h00m02s` */
export function daysAndTime(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const two = (number: number): string => String(number).padStart(2, '0');
  const [days, rest] = [Math.floor(seconds / SECONDS_PER_DAY), seconds % SECONDS_PER_DAY];
  return `${days}d ${Math.floor(rest / 3600)}h${two(Math.floor(rest / 60) % 60)}m${two(rest % 60)}s`;
}

/** Whole ones. */
export function megabytes(bytes: number): number {
  return Math.floor(bytes / BYTES_PER_MEGABYTE);
}

/** Memory of receive buffers: those in use, or those that have ever been. */
export function bufferBytes({ tables, balancer }: InfoSource, which: 'buffersInUseNow' | 'buffersTouched'): number {
  return tables.counters.total(which) * balancer.plan.process.tune.bufsize;
}

/** Addresses that are listened on; workers do not count. */
export function listeners({ balancer }: InfoSource): number {
  const { frontends } = balancer.plan;
  return frontends.reduce(
    (sum, { name, binds }) => sum + (balancer.isPaused(name) || balancer.isOver(name) ? 0 : binds.length),
    0,
  );
}

/** What is under way or waits for its time: sessions, health checks, listeners, and the workers themselves. */
export function tasks(info: InfoSource): number {
  const { balancer, tables } = info;
  const checks = balancer.plan.backends.flatMap(({ servers }) => servers).filter(({ check }) => check.enabled).length;
  return tables.counters.total('sessionsNow') + checks + listeners(info) + balancer.workerCount;
}

/** Patterns of ACLs and maps as the configuration has them, those in files and those written out. */
export function patterns({ balancer }: InfoSource): number {
  return balancer.plan.patternLists.reduce((sum, { entries }) => sum + entries.length, 0);
}
