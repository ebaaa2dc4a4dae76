/**
 * How many CPUs this process may really use, for `--workers auto`: the affinity mask says which
 * ones, the quota of its control groups says how much of them. Reads files of the system below an
 * injectable root; `kernel/affinity` supplies the mask.
 */
import { join } from 'node:path';
import type { ProcessPlan } from '../../plan/plan.js';
import { readSystemFile, readSystemLines } from './system-files.js';

/** The CPUs at hand, and the number of workers that fits them. */
export interface CpuBudget {
  /** CPU numbers of the affinity mask, ascending. */
  readonly allowed: readonly number[];
  /** CPUs' worth of time that the control groups grant; Infinity without a quota. */
  readonly quota: number;
  /** Workers for `auto`, at least 1. */
  readonly workers: number;
  /** One phrase saying where the number comes from. */
  readonly reason: string;
}

/**
 * The budget of this process. A quota that is not a whole number is rounded down: two busy workers
 * on a quota of 1.5 use it up before the end of each period (100 ms) and then both stand still
 * until the next one, which costs tens of milliseconds of latency; one worker never does, and what
 * is left over serves the master.
 *
 * @param allowed the affinity mask, as `allowedCpus()` gives it
 * @param root where the system's files are
 */
export function cpuBudget(allowed: readonly number[], root = '/'): CpuBudget {
  const quota = cgroupQuota(root);
  const workers = Math.max(1, Math.min(allowed.length, Math.floor(quota)));
  const limited = Math.floor(quota) < allowed.length;
  const reason = limited
    ? `a cgroup quota of ${round(quota)} CPUs on ${allowed.length}`
    : `${allowed.length} in the affinity mask`;
  return { allowed, quota, workers, reason };
}

/** The workers that a process of these settings has. */
export function workersFor({ workers }: Pick<ProcessPlan, 'workers'>, allowed: readonly number[]): number {
  return workers === 'auto' ? cpuBudget(allowed).workers : workers;
}

/** CPUs' worth of time granted by the control groups of this process, both versions; Infinity without a quota. */
export function cgroupQuota(root = '/'): number {
  const mounts = cgroupMounts(root);
  let quota = Number.POSITIVE_INFINITY;
  for (const { controllers, path } of cgroupMembership(root)) {
    const unified = controllers === '';
    if (!unified && !controllers.split(',').includes('cpu')) continue;
    const mount = mounts.find((candidate) => (unified ? candidate.unified : candidate.controllers.includes('cpu')));
    if (!mount) continue;
    const read = unified ? quotaOfUnified : quotaOfLegacy;
    for (const directory of ancestors(mount, path)) quota = Math.min(quota, read(directory, root));
  }
  return quota;
}

/** `cpu.max` of version 2: `QUOTA PERIOD` in microseconds, or `max PERIOD`. */
function quotaOfUnified(directory: string, root: string): number {
  const [quota, period] = (readSystemFile(join(directory, 'cpu.max'), root) ?? '').split(/\s+/).map(Number);
  return quota > 0 && period > 0 ? quota / period : Number.POSITIVE_INFINITY;
}

/** `cpu.cfs_quota_us` of version 1, -1 for none. */
function quotaOfLegacy(directory: string, root: string): number {
  const quota = Number(readSystemFile(join(directory, 'cpu.cfs_quota_us'), root) ?? '');
  const period = Number(readSystemFile(join(directory, 'cpu.cfs_period_us'), root) ?? '');
  return quota > 0 && period > 0 ? quota / period : Number.POSITIVE_INFINITY;
}

interface CgroupMount {
  /** The control group that the mount point shows; not `/` inside a container. */
  readonly base: string;
  readonly mountPoint: string;
  readonly unified: boolean;
  readonly controllers: readonly string[];
}

/** Control group file systems in /proc/self/mountinfo (proc(5)). */
function cgroupMounts(root: string): CgroupMount[] {
  const mounts: CgroupMount[] = [];
  for (const line of readSystemLines('proc/self/mountinfo', root)) {
    const [left, right] = line.split(' - ');
    const [type, , options] = (right ?? '').split(' ');
    if (type !== 'cgroup' && type !== 'cgroup2') continue;
    const [, , , base, mountPoint] = left.split(' ');
    mounts.push({ base, mountPoint, unified: type === 'cgroup2', controllers: (options ?? '').split(',') });
  }
  return mounts;
}

/** The groups of this process: `ID:CONTROLLERS:PATH` in /proc/self/cgroup, no controllers for version 2. */
function cgroupMembership(root: string): { controllers: string; path: string }[] {
  return readSystemLines('proc/self/cgroup', root).map((line) => {
    const [, controllers, ...path] = line.split(':');
    return { controllers, path: path.join(':') };
  });
}

/**
 * Directories from the mount point down to the group: each may have a quota, and all of them hold.
 * A group outside of what the mount shows, as a container without a cgroup namespace sees it,
 * leaves the mount point alone.
 */
function ancestors(mount: CgroupMount, path: string): string[] {
  const inside = mount.base === '/' ? path : path.startsWith(`${mount.base}/`) ? path.slice(mount.base.length) : '/';
  const directories = [mount.mountPoint];
  for (const part of inside.split('/').filter((name) => name !== '' && name !== '..')) {
    directories.push(join(directories[directories.length - 1], part));
  }
  return directories;
}

const round = (cpus: number): string => String(Math.round(cpus * 100) / 100);
