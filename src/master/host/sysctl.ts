/**
 * Kernel settings that a balancer depends on: reading them, and saying which ones hold a given
 * load back. The settings themselves are the table in `sysctl-table.ts`.
 */
import type { IoEngineChoice, Plan } from '../../plan/plan.js';
import { demandOf, descriptorsFor, pipesFor } from './sizing.js';
import { SETTINGS, type Setting } from './sysctl-table.js';
import { isPrivileged, readSystemFile } from './system-files.js';

/** The load that the settings have to carry. */
export interface Load {
  /** Connections at once. */
  readonly maxconn: number;
  readonly workers: number;
  /** The value that RLIMIT_NOFILE needs for what was asked for. */
  readonly descriptors: number;
  /** The longest accept queue that was asked for; 0 when nothing listens. */
  readonly backlog: number;
  /** Distinct address and port pairs of servers over IP. */
  readonly serverAddresses: number;
  /** Bytes that all pipes may hold. */
  readonly pipeBytes: number;
  readonly ioEngine: IoEngineChoice;
  /** The process has CAP_SYS_ADMIN or CAP_SYS_RESOURCE: limits for ordinary users do not bind it. */
  readonly privileged: boolean;
}

/** How a setting stands: `matters` holds the load back, `advice` differs without doing so. */
export type FindingState = 'ok' | 'advice' | 'matters' | 'absent';

/** One setting of this system beside what is wanted. */
export interface Finding {
  readonly name: string;
  /** As the kernel writes it, with single spaces; undefined where this system, or this network namespace, has none. */
  readonly current: string | undefined;
  readonly wanted: string;
  readonly state: FindingState;
  /** What it costs to leave it as it is. */
  readonly cost: string;
  /** The command that mends it until the next boot. */
  readonly mend: string;
}

/** Reads a setting: undefined where there is none. */
export type SysctlReader = (name: string) => string | undefined;

/** A reader of the running system, or of a directory laid out like it. */
export function sysctlReader(root = '/'): SysctlReader {
  return (name) => readSystemFile(`proc/sys/${name.replaceAll('.', '/')}`, root)?.replace(/\s+/g, ' ');
}

/** Every setting of the table against a load. */
export function checkSysctls(load: Load, read: SysctlReader = sysctlReader()): Finding[] {
  return SETTINGS.map((setting) => {
    const { name, cost } = setting;
    const current = read(name);
    const wanted = wantedFor(setting, load);
    return { name, current, wanted, state: judge(setting, current, load, read), cost, mend: mendCommand(name, wanted) };
  });
}

/** A load beyond what the table was written for wants more than it says. */
function wantedFor(setting: Setting, load: Load): string {
  const needs = setting.needs?.(load) ?? 0;
  return needs > Number(setting.wanted) ? String(needs) : setting.wanted;
}

function judge(setting: Setting, current: string | undefined, load: Load, read: SysctlReader): FindingState {
  if (current === undefined) return 'absent';
  const other = (name: string): number[] | undefined => {
    const value = read(name);
    return value === undefined ? undefined : numbers(value);
  };
  if (setting.holdsBack(numbers(current), load, other)) return 'matters';
  return setting.satisfied(numbers(current), numbers(setting.wanted), load) ? 'ok' : 'advice';
}

const numbers = (text: string): number[] => text.split(' ').map(Number);

function mendCommand(name: string, wanted: string): string {
  return `sysctl -w ${name}=${wanted.includes(' ') ? `"${wanted}"` : wanted}`;
}

/**
 * One line for each setting that holds back what was started, to be said at the start.
 *
 * @param maxconn connections that were settled on
 */
export function startWarnings(plan: Plan, workers: number, maxconn: number, read: SysctlReader = sysctlReader()): string[] {
  return checkSysctls(loadOf(plan, workers, maxconn), read)
    .filter((finding) => finding.state === 'matters')
    .map((finding) => `${finding.name} is ${finding.current}: ${finding.cost}. Mend it with: ${finding.mend}`);
}

/** The load of a plan with so many workers and connections. */
export function loadOf(plan: Plan, workers: number, maxconn: number, root = '/'): Load {
  const demand = demandOf(plan, workers);
  const binds = plan.frontends.flatMap((frontend) => frontend.binds);
  const servers = plan.backends.flatMap((backend) => backend.servers);
  const addresses = servers.flatMap(({ address }) => (address.family === 'unix' ? [] : [`${address.host} ${address.port}`]));
  return {
    maxconn,
    workers,
    // for what was asked for, even where less had to do: the setting that stands in the way is to be named
    descriptors: descriptorsFor(demand, Math.max(plan.process.maxconn, maxconn)),
    backlog: Math.max(0, ...binds.map((bind) => bind.backlog)),
    serverAddresses: new Set(addresses).size,
    pipeBytes: workers * pipesFor(demand, maxconn) * plan.process.tune.pipesize,
    ioEngine: plan.process.ioEngine,
    privileged: isPrivileged(root),
  };
}
