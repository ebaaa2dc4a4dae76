/**
 * What a process group has used so far, read from /proc (proc(5)): CPU time of all its threads and
 * memory. CPU time comes from the threads' `schedstat`, in nanoseconds; where the kernel has none,
 * from `stat`, whose clock ticks are 10 ms. `stat` also says how it divides into user and system.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** USER_HZ: the unit of /proc/PID/stat on every Linux that Node runs on (`getconf CLK_TCK`). */
const TICKS_PER_SECOND = 100;
/** Fields of /proc/PID/stat, counted from the first one after the name, which is `state`. */
const STAT_PGRP = 2;
const STAT_UTIME = 11;
const STAT_STIME = 12;

/** CPU seconds. `user` and `system` are of `stat`; `total` is the finest that there is. */
export interface CpuTime {
  readonly total: number;
  readonly user: number;
  readonly system: number;
}

/** Bytes of user memory (smaps_rollup). */
export interface Memory {
  readonly rss: number;
  readonly privateDirty: number;
}

/** Where `CpuTime.total` comes from on this kernel. */
export const CPU_SOURCE = existsSync('/proc/self/schedstat') ? 'schedstat' : 'stat';

/** The processes of a process group. */
export function groupMembers(group: number): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => Number(statFields(pid)?.[STAT_PGRP]) === group);
}

/** CPU time of these processes since they started, all threads. */
export function cpuTime(pids: readonly number[]): CpuTime {
  let user = 0;
  let system = 0;
  for (const pid of pids) {
    const fields = statFields(pid);
    if (fields === undefined) throw new Error(`process ${pid} ended while it was measured`);
    user += Number(fields[STAT_UTIME]) / TICKS_PER_SECOND;
    system += Number(fields[STAT_STIME]) / TICKS_PER_SECOND;
  }
  const total = CPU_SOURCE === 'stat' ? user + system : pids.map(scheduledSeconds).reduce((a, b) => a + b, 0);
  return { total, user, system };
}

/** What was used between two readings; user and system are made to add up to the total. */
export function cpuBetween(before: CpuTime, after: CpuTime): CpuTime {
  const total = after.total - before.total;
  const user = after.user - before.user;
  const system = after.system - before.system;
  noteDifference(total, user + system);
  const scale = total / Math.max(user + system, 1 / TICKS_PER_SECOND);
  return { total, user: user * scale, system: system * scale };
}

/** User memory of these processes. */
export function memory(pids: readonly number[]): Memory {
  let rss = 0;
  let privateDirty = 0;
  for (const pid of pids) {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    rss += kibibytes(rollup, 'Rss') * 1024;
    privateDirty += kibibytes(rollup, 'Private_Dirty') * 1024;
  }
  return { rss, privateDirty };
}

let differenceMax = 0;

/** The largest difference between schedstat and stat over all windows so far, as a part of the window's CPU time. */
export function crossCheck(): number {
  return differenceMax;
}

function noteDifference(total: number, ticks: number): void {
  differenceMax = Math.max(differenceMax, Math.abs(total - ticks) / total);
}

/** The fields of /proc/PID/stat after the name, which may itself hold spaces and parentheses. */
function statFields(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined; // it ended between readdir and here
    throw error;
  }
}

/** First number of each thread's schedstat: nanoseconds on a CPU (sched-stats.rst). */
function scheduledSeconds(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const nanoseconds = threads.map((thread) => Number.parseInt(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8'), 10));
  return nanoseconds.reduce((a, b) => a + b, 0) / 1e9;
}

function kibibytes(rollup: string, field: string): number {
  const match = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(rollup);
  if (!match) throw new Error(`smaps_rollup has no ${field}`);
  return Number(match[1]);
}
