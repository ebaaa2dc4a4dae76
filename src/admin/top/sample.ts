/**
 * What `turbo-lb top` knows of a balancer: samples of `show info` and `show stat`, and what two of
 * them say together. Rates are differences of counters over the time that has really passed.
 */
import { parseInfo, parseStat, type StatRow } from '../client/tables.js';

/** The commands of a sample, in one line: both answers are of the same moment. */
export const SAMPLE_QUESTION = 'show info;show stat';

/** One look at a balancer. */
export interface Sample {
  /** Milliseconds of a clock that is never set. */
  readonly atMs: number;
  readonly info: ReadonlyMap<string, string>;
  readonly rows: readonly StatRow[];
}

/** Reads the answer to SAMPLE_QUESTION; null when it is none. */
export function readSample(answer: string, atMs: number): Sample | null {
  const start = answer.startsWith('# pxname') ? 0 : answer.indexOf('\n# pxname') + 1;
  const rows = parseStat(answer.slice(start));
  return rows === null ? null : { atMs, info: parseInfo(answer.slice(0, start)), rows };
}

/** Whether both are of one life of the process; counters begin at zero in each. */
export function sameProcess(a: Sample, b: Sample): boolean {
  return ['Pid', 'Start_time_sec'].every((field) => a.info.get(field) === b.info.get(field));
}

/** What a line is about. */
export type Kind = 'frontend' | 'backend' | 'server';
/** How well it is: what is served is good, what is on purpose or on its way is fair. */
export type Health = 'good' | 'fair' | 'bad' | 'unknown';

/** A frontend, a backend or a server, as it is shown. null: not known, or it does not apply. */
export interface Entry {
  readonly kind: Kind;
  readonly proxy: string;
  /** Of a server its own name, else the proxy's. */
  readonly name: string;
  readonly status: string;
  readonly health: Health;
  readonly sessions: number | null;
  readonly sessionsMax: number | null;
  readonly limit: number | null;
  /** New sessions a second. */
  readonly rate: number | null;
  /** Bytes a second. */
  readonly bytesIn: number | null;
  readonly bytesOut: number | null;
  /** Since the counters began; and whether some are new since the sample before. */
  readonly errors: number;
  readonly freshErrors: boolean;
  readonly queue: number | null;
  readonly weight: number | null;
  /** The last check's result; of a backend, how many of its servers are usable. */
  readonly check: string;
  /** The check's own words. */
  readonly checkText: string;
  /** Seconds since the status has changed, and seconds down in all. */
  readonly changedS: number | null;
  readonly downtimeS: number | null;
}

/** `type` of `show stat`. */
const KINDS: ReadonlyMap<string, Kind> = new Map([
  ['0', 'frontend'],
  ['1', 'backend'],
  ['2', 'server'],
]);
/** What is counted as an error: requests and sessions that somebody did not get. */
const ERROR_COLUMNS = ['dreq', 'dresp', 'ereq', 'econ', 'eresp'];
/** Of `check`, at most: what most results of checks take. */
export const CHECK_CHARS = 6;
/** A check is going on; the rest is the result of the one before. */
const RUNNING = /^\* /;
/** What a proxy's line stands for, in the order in which they are shown. */
const ORDER: readonly Kind[] = ['frontend', 'backend', 'server'];

/** The lines of a sample in the order of the configuration; each backend before its servers. */
export function entriesOf(now: Sample, before: Sample | null): Entry[] {
  const old = new Map((before?.rows ?? []).map((row) => [keyOf(row), row]));
  const seconds = before === null ? 0 : (now.atMs - before.atMs) / 1000;
  const servers = serversOf(now.rows);
  const byProxy = new Map<string, Entry[]>();
  for (const row of now.rows) {
    const kind = KINDS.get(row.text('type'));
    if (kind === undefined) continue;
    const list = byProxy.get(row.text('pxname')) ?? [];
    byProxy.set(row.text('pxname'), list);
    list.push(entryOf(kind, row, old.get(keyOf(row)), seconds, servers));
  }
  return [...byProxy.values()].flatMap((list) => ORDER.flatMap((kind) => list.filter((entry) => entry.kind === kind)));
}

const keyOf = (row: StatRow): string => `${row.text('type')} ${row.text('pxname')}/${row.text('svname')}`;

function entryOf(kind: Kind, row: StatRow, old: StatRow | undefined, seconds: number, servers: ServerCounts): Entry {
  const perSecond = (column: string): number | null => {
    const [value, previous] = [row.number(column), old?.number(column) ?? null];
    // What has become less was reset in between.
    return value === null || previous === null || value < previous || seconds <= 0 ? null : (value - previous) / seconds;
  };
  const proxy = printable(row.text('pxname'));
  const status = printable(row.text('status'));
  return {
    kind,
    proxy,
    name: kind === 'server' ? printable(row.text('svname')) : proxy,
    status,
    health: healthOf(status),
    sessions: row.number('scur'),
    sessionsMax: row.number('smax'),
    limit: row.number('slim'),
    rate: perSecond('stot'),
    bytesIn: perSecond('bin'),
    bytesOut: perSecond('bout'),
    errors: errorsOf(row),
    freshErrors: old !== undefined && errorsOf(row) > errorsOf(old),
    queue: kind === 'frontend' ? null : row.number('qcur'),
    weight: kind === 'frontend' ? null : row.number('weight'),
    check: kind === 'backend' ? usableServers(row, servers) : printable(row.text('check_status')).replace(RUNNING, ''),
    checkText: printable(row.text('last_chk') || row.text('check_desc')),
    changedS: row.number('lastchg'),
    downtimeS: row.number('downtime'),
  };
}

const errorsOf = (row: StatRow): number => ERROR_COLUMNS.reduce((sum, column) => sum + (row.number(column) ?? 0), 0);

/** How many servers each proxy has. */
type ServerCounts = ReadonlyMap<string, number>;

function serversOf(rows: readonly StatRow[]): ServerCounts {
  const counts = new Map<string, number>();
  for (const row of rows) {
    const proxy = row.text('pxname');
    if (row.text('type') === '2') counts.set(proxy, (counts.get(proxy) ?? 0) + 1);
  }
  return counts;
}

function usableServers(backend: StatRow, counts: ServerCounts): string {
  const servers = counts.get(backend.text('pxname')) ?? 0;
  if (servers === 0) return '';
  const usable = (backend.number('act') ?? 0) + (backend.number('bck') ?? 0);
  const text = `${usable}/${servers}`;
  if (text.length > CHECK_CHARS) return `${Math.floor((100 * usable) / servers)}%`;
  return text.length + 3 > CHECK_CHARS ? text : `${text} up`;
}

function healthOf(status: string): Health {
  if (/^(?:UP|OPEN)$/.test(status)) return 'good';
  if (/^(?:DOWN|STOP)/.test(status)) return 'bad';
  return /^(?:UP |MAINT|DRAIN|NOLB|PAUSED|FULL)/.test(status) ? 'fair' : 'unknown';
}

/** A server's agent says what it likes: nothing of it may reach the terminal but letters. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}
