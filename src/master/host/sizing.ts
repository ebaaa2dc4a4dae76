/**
 * From connections to descriptors and back: how many descriptors a load needs, what RLIMIT_NOFILE
 * has to become, and how many connections fit when it cannot. `planSizing` computes, `applySizing`
 * sets the limit of the process; both before any worker starts, since tables are sized by it.
 */
import { BUFFERS_MAX } from '../../kernel/buffers.js';
import { errnoText } from '../../kernel/errno.js';
import { getNofileLimit, type NofileLimit, setNofileLimit } from '../../kernel/limits.js';
import { CAP_SYS_RESOURCE } from '../../kernel/sys/constants.js';
import { withFullconn } from '../../plan/fullconn.js';
import type { BindPlan, Plan } from '../../plan/plan.js';
import { StartError } from '../start-error.js';
import { connectionsIn } from './memory-limit.js';
import { hasCapability, readSystemFile } from './system-files.js';

/** What will want descriptors. */
export interface Demand {
  /** Connections at once; 0: as many as the limit allows. */
  readonly maxconn: number;
  readonly workers: number;
  /** Listening sockets of all workers. */
  readonly listeners: number;
  /** Health checks, agents included, under way at once. */
  readonly checks: number;
  /** Pipes for splice(2) that each worker may open. */
  readonly pipes: number;
  /** Threads that stand by; none unless said. */
  readonly spares?: number;
  /** Connections for which there is memory (`-m`). */
  readonly connectionsMax?: number;
  /** Descriptors that may be used at most (`ulimit-n`); 0: as many as permitted. */
  readonly descriptorsMax?: number;
}

/** RLIMIT_NOFILE, and how far this process may take it. */
export interface DescriptorLimit extends NofileLimit {
  /** The highest value that setrlimit(2) grants: `hard`, or fs.nr_open with CAP_SYS_RESOURCE. */
  readonly ceiling: number;
}

/** The decision: what the process runs with. */
export interface Sizing {
  /** Connections at once, at least 1. */
  readonly maxconn: number;
  /** Pipes of each worker. */
  readonly pipes: number;
  /** Descriptors that the load needs which was asked for, or derived when none was. */
  readonly needed: number;
  /** The limit to set; every descriptor number is below `soft`. */
  readonly limit: NofileLimit;
  /** What the person who started it should know, one line each. */
  readonly warnings: readonly string[];
}

/**
 * Descriptors of the process beside its load: 20 that Node and koffi hold in the main thread
 * (measured on Node 20), and room for the master's resolver, log and runtime sockets.
 */
const PROCESS_DESCRIPTORS = 40;
/**
 * Descriptors of a worker beside its connections: 4 of Node's loop (measured on Node 20), its ring
 * or epoll and its eventfd, and 2 to spare.
 */
const WORKER_DESCRIPTORS = 8;
/** What Node holds for a thread that stands by. */
const SPARE_DESCRIPTORS = 4;
/** HAProxy's floor: never under twice maxconn and this. */
const HAPROXY_RESERVE = 18;
/** Receive buffers of a worker where memory is scarce: what the kernel's ring of them holds. */
const BUFFERS_LEAST = 256;
/** Connections for which one pipe is kept, HAProxy's default for `maxpipes`. */
const CONNECTIONS_PER_PIPE = 4;
/**
 * Where nobody asked for more, descriptors stay below this, as HAProxy's `fd-hard-limit` does:
 * container engines set limits of a thousand million, and tables are sized by the limit.
 */
const DESCRIPTORS_DEFAULT_MAX = 1_048_576;

/** Descriptors that all pipes, listeners, workers and the process itself take. */
function fixedDescriptors(demand: Demand, pipes: number): number {
  const { listeners, checks, workers, spares = 0 } = demand;
  return PROCESS_DESCRIPTORS + listeners + checks + spares * SPARE_DESCRIPTORS + workers * (WORKER_DESCRIPTORS + 2 * pipes);
}

/** Pipes of each worker for so many connections: one for every four, but never more than configured. */
export function pipesFor(demand: Demand, maxconn: number): number {
  return Math.min(demand.pipes, Math.max(1, Math.floor(maxconn / CONNECTIONS_PER_PIPE / demand.workers)));
}

/** Descriptors for so many connections, two for each of them: one to the client, one to the server. */
export function descriptorsFor(demand: Demand, maxconn: number): number {
  return Math.max(2 * maxconn + HAPROXY_RESERVE, 2 * maxconn + fixedDescriptors(demand, pipesFor(demand, maxconn)));
}

/** The most connections for which a number of descriptors suffices; 0 when not even one fits. */
export function maxconnFor(demand: Demand, descriptors: number): number {
  let low = 0;
  let high = Math.max(1, Math.floor(descriptors / 2));
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (descriptorsFor(demand, middle) <= descriptors) low = middle;
    else high = middle;
  }
  return low;
}

/** Decides, changing nothing. Throws StartError when the limit leaves no room for a single connection. */
export function planSizing(demand: Demand, limit: DescriptorLimit): Sizing {
  const { descriptorsMax = 0 } = demand;
  const permitted = descriptorsMax === 0 ? limit : capped(limit, descriptorsMax);
  const decided = sizeWithin(forMemory(demand), permitted);
  return { ...decided, warnings: [...memoryWarnings(demand), ...limitWarnings(descriptorsMax, limit), ...decided.warnings] };
}

function sizeWithin(demand: Demand, limit: DescriptorLimit): Sizing {
  if (demand.maxconn === 0) return derived(demand, limit);
  const needed = descriptorsFor(demand, demand.maxconn);
  return needed <= limit.ceiling ? granted(demand, limit, needed) : lowered(demand, limit, needed);
}

/** With no more descriptors than `ulimit-n` says, raised to it where that is permitted. */
function capped({ hard, ceiling }: DescriptorLimit, max: number): DescriptorLimit {
  const soft = Math.min(max, ceiling);
  return { soft, hard: Math.max(hard, soft), ceiling: soft };
}

function limitWarnings(wanted: number, { ceiling }: DescriptorLimit): string[] {
  return wanted > ceiling ? [`Cannot raise FD limit to ${wanted}, limit is ${ceiling}.`] : [];
}

function forMemory(demand: Demand): Demand {
  const { maxconn, connectionsMax = Number.POSITIVE_INFINITY } = demand;
  return maxconn > connectionsMax ? { ...demand, maxconn: connectionsMax } : demand;
}

function memoryWarnings({ maxconn, connectionsMax = Number.POSITIVE_INFINITY }: Demand): string[] {
  return maxconn > connectionsMax ? [`maxconn ${maxconn} needs more memory than -m allows: lowered to ${connectionsMax}.`] : [];
}

/** No maxconn given: what the hard limit allows without asking for privileges, as HAProxy does. */
function derived(demand: Demand, limit: DescriptorLimit): Sizing {
  const descriptors = Math.min(limit.hard, limit.ceiling, DESCRIPTORS_DEFAULT_MAX);
  const maxconn = Math.min(fitting(demand, descriptors), demand.connectionsMax ?? Number.POSITIVE_INFINITY);
  return sizing(demand, maxconn, descriptorsFor(demand, maxconn), { soft: descriptors, hard: limit.hard }, []);
}

/** Everything that was asked for fits. A soft limit that is higher than needed stays, within reason. */
function granted(demand: Demand, limit: DescriptorLimit, needed: number): Sizing {
  const soft = Math.max(needed, Math.min(limit.soft, DESCRIPTORS_DEFAULT_MAX));
  return sizing(demand, demand.maxconn, needed, { soft, hard: Math.max(limit.hard, soft) }, []);
}

/** It does not fit and may not be raised: fewer connections, and the number that would mend it. */
function lowered(demand: Demand, limit: DescriptorLimit, needed: number): Sizing {
  const maxconn = fitting(demand, limit.ceiling);
  const warning =
    `maxconn ${demand.maxconn} needs ${needed} file descriptors and only ${limit.ceiling} are permitted: ` +
    `maxconn lowered to ${maxconn}. Permit ${needed} with 'ulimit -n ${needed}' or systemd's LimitNOFILE=${needed}.`;
  const raised = { soft: limit.ceiling, hard: Math.max(limit.hard, limit.ceiling) };
  return sizing(demand, maxconn, needed, raised, [warning]);
}

function sizing(demand: Demand, maxconn: number, needed: number, limit: NofileLimit, warnings: readonly string[]): Sizing {
  return { maxconn, pipes: pipesFor(demand, maxconn), needed, limit, warnings };
}

function fitting(demand: Demand, descriptors: number): number {
  const maxconn = maxconnFor(demand, descriptors);
  if (maxconn > 0) return maxconn;
  const least = descriptorsFor(demand, 1);
  throw new StartError(
    `${descriptors} file descriptors are too few for ${demand.workers} workers: permit at least ${least} with 'ulimit -n ${least}'`,
  );
}

/** What a plan demands of the process, with so many workers and so many threads that stand by. */
export function demandOf(plan: Plan, workers: number, spares = 0): Demand {
  const binds = plan.frontends.flatMap((frontend) => frontend.binds);
  // Each worker has a socket of its own at an IP address, unless the file forbids it; UNIX sockets and inherited ones are shared.
  const isShared = ({ address, inheritedFd }: BindPlan): boolean =>
    !plan.process.reusePort || address.family === 'unix' || inheritedFd !== null;
  const shared = binds.filter(isShared).length;
  const listeners = shared + (binds.length - shared) * workers;
  const servers = plan.backends.flatMap((backend) => backend.servers);
  const checks = servers.reduce((sum, { check }) => sum + Number(check.enabled) + Number(check.agent !== null), 0);
  const { maxconn, ulimitN, tune } = plan.process;
  const connectionsMax = connectionsIn(plan, workers);
  const limits = { ...(Number.isFinite(connectionsMax) && { connectionsMax }), ...(ulimitN > 0 && { descriptorsMax: ulimitN }) };
  return { maxconn, workers, listeners, checks, pipes: tune.pipes, spares, ...limits };
}

/**
 * Receive buffers of each worker: two for each connection, so that slow peers, who keep one in each
 * direction, leave enough for the rest; as many as can be numbered. Unused ones take no memory.
 */
function buffersFor({ process: { memoryMax, tune } }: Plan, maxconn: number): number {
  const least = memoryMax > 0 ? BUFFERS_LEAST : tune.buffers;
  return Math.min(BUFFERS_MAX, Math.max(least, 2 * maxconn));
}

/** The plan with the numbers that were decided in place of those that were asked for. */
export function sizedPlan(plan: Plan, decided: Sizing): Plan {
  const tune = { ...plan.process.tune, pipes: decided.pipes, buffers: buffersFor(plan, decided.maxconn) };
  const sized = { ...plan, process: { ...plan.process, maxconn: decided.maxconn, tune } };
  return { ...sized, backends: withFullconn(sized) };
}

/** The limit of this process now. Throws SystemCallError. */
export function descriptorLimit(root = '/'): DescriptorLimit {
  const limit = getNofileLimit();
  if (!hasCapability(CAP_SYS_RESOURCE, root)) return { ...limit, ceiling: limit.hard };
  const open = Number(readSystemFile('proc/sys/fs/nr_open', root) ?? 0);
  return { ...limit, ceiling: Math.max(limit.hard, open) };
}

/** The calls that read and set the limit of the process; others in tests. */
export interface LimitCalls {
  readonly get: () => DescriptorLimit;
  /** 0, or `-errno`. */
  readonly set: (limit: NofileLimit) => number;
}

const PROCESS_LIMIT: LimitCalls = { get: descriptorLimit, set: setNofileLimit };

/**
 * Decides and sets RLIMIT_NOFILE. Where the kernel refuses what the capability promised (a seccomp
 * profile, a user namespace), decides again within the hard limit. Throws StartError when no
 * connection at all would fit.
 */
export function applySizing(demand: Demand, calls: LimitCalls = PROCESS_LIMIT): Sizing {
  const limit = calls.get();
  const decided = planSizing(demand, limit);
  if (calls.set(decided.limit) === 0) return decided;
  const modest = planSizing(demand, { ...limit, ceiling: limit.hard });
  const result = calls.set(modest.limit);
  if (result < 0) throw new StartError(`cannot set RLIMIT_NOFILE to ${modest.limit.soft}: ${errnoText(result)}`);
  return modest;
}
