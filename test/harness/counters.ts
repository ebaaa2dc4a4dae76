/** What a process uses, from /proc (proc(5)). */
import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ: 100 on every architecture that Node supports. */
const MS_PER_TICK = 10;

/** A look at a process. */
export interface ProcessCounters {
  /** CPU time of all its threads, in milliseconds, in user mode and in the kernel. */
  readonly userMs: number;
  readonly systemMs: number;
  /** Resident memory, in bytes. */
  readonly rssBytes: number;
  /** Open descriptors. */
  readonly fds: number;
  readonly threads: number;
}

/** Reads the counters of a process of the same user. Throws when there is no such process. */
export function countersOf(pid: number): ProcessCounters {
  // The command, in parentheses, may hold blanks: fields are counted behind it, from field 3 on.
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const field = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    userMs: Number(field[14 - 3]) * MS_PER_TICK,
    systemMs: Number(field[15 - 3]) * MS_PER_TICK,
    rssBytes: Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024,
    fds: readdirSync(`/proc/${pid}/fd`).length,
    threads: Number(field[20 - 3]),
  };
}

/** Whether a process runs: one that has ended and only waits to be reaped, as in a container without an init, does not. */
export function isAlive(pid: number): boolean {
  const stat = statOf(pid);
  if (stat === null) return false;
  return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
}

/** null: there is no such process, or none any more (ESRCH: it went while it was read). */
function statOf(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}
