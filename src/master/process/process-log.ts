/**
 * What the process itself tells syslog: proxies that pause, go on and end, states of servers.
 * Lines about traffic are the workers' own (`proxy/log`), messages to the terminal `master/log.ts`.
 */
import { isTooLong, seenBeneath, UNIX_PATH_MAX } from '../../kernel/address.js';
import { WallClock } from '../../kernel/wall-clock.js';
import type { LogOutputPlan } from '../../plan/logging.js';
import type { Plan } from '../../plan/plan.js';
import type { Notify } from '../../proxy/lane.js';
import { DateWriter } from '../../proxy/log/dates.js';
import { bytesOf, type Line } from '../../proxy/log/line.js';
import { longestOf, roomFor, TargetList } from '../../proxy/log/targets.js';
import { LogTransport } from '../../proxy/log/transport.js';
import { WorkerCounters } from '../../shared/counters.js';
import { PassingHoldings, type WorkerHoldings } from '../../shared/holdings.js';
import type { ProxyTable } from '../../shared/proxies.js';

/** Levels of syslog (RFC 5424 section 6.2.1), as far as the process uses them. */
export const LOG_LEVEL = { emerg: 0, alert: 1, crit: 2, err: 3, warning: 4, notice: 5, info: 6 } as const;
/** One of them. */
export type LogLevel = keyof typeof LOG_LEVEL;

/** A line for the logs. */
export interface LoggedMessage {
  readonly level: LogLevel;
  readonly text: string;
}

/** The main thread ends with the process: nobody else has to know what it holds. */
const NOBODY: WorkerHoldings = {
  hold: () => undefined,
  drop: () => undefined,
  holdMemory: () => undefined,
  dropMemory: () => undefined,
};

type Texts = TargetList<Uint8Array>;
const writeText = (line: Line, text: Uint8Array): void => line.bytes(text);

/** The same output for one who sees the root of the workers from outside; a path that is too long from there is left out. */
function seenFrom(workersRoot: string, output: LogOutputPlan, tooLong: Set<string>): LogOutputPlan {
  const targets = output.targets.flatMap((one) => {
    const { target } = one;
    if (target.kind === 'fd') return [one];
    const address = seenBeneath(workersRoot, target.address);
    if (address.family !== 'unix' || !isTooLong(address.path)) return [{ ...one, target: { ...target, address } }];
    tooLong.add(address.path);
    return [];
  });
  return { ...output, targets };
}

/** The process's own lines to the log targets of a plan. */
export class ProcessLog {
  private readonly transport: LogTransport;
  private readonly holdings = new PassingHoldings(NOBODY);
  private readonly own: Texts;
  private readonly proxies: ReadonlyMap<string, Texts>;
  private readonly counters = new WorkerCounters(WorkerCounters.create(1));

  /**
   * @param notify hears when lines cannot be delivered, once, and when they can again
   * @param workersRoot the folder that is the workers' root, where this thread is outside: paths are theirs
   */
  constructor(plan: Plan, notify: Notify, workersRoot = '') {
    const { logTargets, logTag, logHostname = null } = plan.process;
    const tooLong = new Set<string>();
    const own = seenFrom(workersRoot, { targets: logTargets, tag: logTag, hostname: logHostname }, tooLong);
    // Most lines are about servers: of a frontend and a backend of one name, the latter is meant.
    const named = [...plan.frontends, ...plan.backends].map(
      ({ name, log }) => [name, seenFrom(workersRoot, log, tooLong)] as const,
    );
    for (const path of tooLong)
      notify('warning', `the master cannot log to ${path}: with 'chroot', the path has ${UNIX_PATH_MAX} bytes or more`);
    const outputs = [own, ...named.map(([, log]) => log)];
    const targets = outputs.flatMap((output) => output.targets);
    const longest = longestOf(targets);
    const { counters } = this;
    const room = outputs.reduce((most, output) => Math.max(most, roomFor(output.targets, longest)), 0);
    this.transport = new LogTransport({ targets, room, holdings: this.holdings, notify, row: counters.row(0), counters });
    const sources = { pid: process.pid, dates: new DateWriter(), clock: new WallClock(this.holdings) };
    const list = (output: LogOutputPlan): Texts =>
      new TargetList(output.targets, output.tag, output.hostname, sources, this.transport, null, longest);
    this.own = list(own);
    this.proxies = new Map(named.map(([name, log]) => [name, list(log)]));
  }

  /** Lines that could not be delivered. */
  get dropped(): number {
    return this.counters.total('logsDropped');
  }

  /**
   * Sends a line at once.
   * @param proxy the one that it is about: it goes to its targets, and nowhere when it has none.
   * Without a proxy, to those of `global`.
   */
  write(level: LogLevel, text: string, proxy?: string): void {
    const now = performance.now() | 0;
    const targets = (proxy === undefined ? undefined : this.proxies.get(proxy)) ?? this.own;
    targets.send(LOG_LEVEL[level], writeText, bytesOf(text), now);
    this.transport.flush(now);
  }

  /** Closes the sockets and frees the memory; for good. */
  close(): void {
    this.transport.close();
    this.holdings.free();
  }
}

/** Something that has happened to a proxy or, without one, to the process, in words. */
export interface ProcessMessage {
  readonly proxy?: string;
  readonly text: string;
}

/** Something that has happened to a proxy, in words. */
export interface ProxyMessage extends ProcessMessage {
  readonly proxy: string;
}

/**
 * What HAProxy says of each proxy when the process ends: those that listen first. A `listen` section
 * is a frontend and a backend of one id.
 */
export function stoppedMessages(plan: Plan, counts: ProxyTable): ProxyMessage[] {
  const backendTotals = new Map(plan.backends.map(({ id }, i) => [id, counts.backends[i].total]));
  const say = (proxy: string, frontend: number, backend: number): ProxyMessage => ({
    proxy,
    text: `Proxy ${proxy} stopped (cumulated conns: FE: ${frontend}, BE: ${backend}).`,
  });
  const listening = new Set(plan.frontends.map(({ id }) => id));
  return [
    ...plan.frontends.map(({ name, id }, i) => say(name, counts.frontends[i].total, backendTotals.get(id) ?? 0)),
    ...plan.backends.flatMap(({ name, id }, i) => (listening.has(id) ? [] : [say(name, 0, counts.backends[i].total)])),
  ];
}

/** What HAProxy says when it closes the sessions that a soft stop still waits for, and of the frontends that have some. */
export function hardStoppedMessages(plan: Plan, counts: ProxyTable): ProcessMessage[] {
  const messages: ProcessMessage[] = [{ text: 'soft-stop running for too long, performing a hard-stop.' }];
  for (const [i, { name }] of plan.frontends.entries()) {
    const { current } = counts.frontends[i];
    const text = `Proxy ${name} hard-stopped (${current} remaining conns will be closed).`;
    if (current > 0) messages.push({ proxy: name, text });
  }
  return messages;
}

/** What HAProxy says when its listeners pause (SIGTTOU) and go on (SIGTTIN). */
export function pausedMessages(plan: Plan, what: 'Paused' | 'Resumed'): ProxyMessage[] {
  const both = new Set(plan.backends.map(({ id }) => id));
  return plan.frontends.map(({ name, id }) => ({
    proxy: name,
    text: `${what} ${both.has(id) ? 'proxy' : 'frontend'} ${name}.`,
  }));
}
