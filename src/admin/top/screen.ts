/**
 * The screen of `turbo-lb top`, line by line, for any size: pure functions from state to text with
 * styles. State is told in words; styles only repeat it.
 */
import { duration, short } from './numbers.js';
import { CHECK_CHARS, type Entry, type Health } from './sample.js';
import { ACTIONS, listed, selectedIndex, type TopState } from './state.js';

/** How a piece of text is to be shown. */
export type Style = 'plain' | 'bold' | 'dim' | 'reverse' | 'good' | 'fair' | 'bad';
/** A piece of a line. */
export type Segment = readonly [text: string, style: Style];
/** A line of the screen, exactly as wide as it. */
export type ScreenLine = readonly Segment[];

/** Lines above the list and below it. */
const HEAD_LINES = 3;
const FOOT_LINES = 1;

/** Lines of the list that fit on a screen of so many. */
export function pageOf(rows: number): number {
  return Math.max(1, rows - HEAD_LINES - FOOT_LINES);
}

interface Column {
  readonly title: string;
  readonly width: number;
  readonly left?: true;
  /** The highest stay when the screen is narrow. */
  readonly rank: number;
  readonly text: (entry: Entry) => string;
  readonly style?: (entry: Entry) => Style;
}

const count = (value: number | null, chars?: number): string => (value === null ? '' : short(value, chars));
/** What cannot be known yet is told apart from zero. */
const rate = (value: number | null): string => (value === null ? '-' : short(value));
const HEALTH_STYLES: Readonly<Record<Health, Style>> = { good: 'good', fair: 'fair', bad: 'bad', unknown: 'plain' };

const COLUMNS: readonly Column[] = [
  {
    title: 'STATUS',
    width: 8,
    left: true,
    rank: 11,
    text: ({ status }) => status,
    style: (entry) => HEALTH_STYLES[entry.health],
  },
  { title: 'SESS', width: 5, rank: 10, text: ({ sessions }) => count(sessions) },
  { title: 'MAX', width: 5, rank: 3, text: ({ sessionsMax }) => count(sessionsMax) },
  { title: 'LIMIT', width: 5, rank: 2, text: ({ limit }) => count(limit) },
  { title: 'NEW/s', width: 5, rank: 9, text: (entry) => rate(entry.rate) },
  { title: 'IN/s', width: 5, rank: 6, text: ({ bytesIn }) => rate(bytesIn) },
  { title: 'OUT/s', width: 5, rank: 7, text: ({ bytesOut }) => rate(bytesOut) },
  {
    title: 'ERR',
    width: 4,
    rank: 8,
    text: ({ errors }) => short(errors, 4),
    style: ({ freshErrors }) => (freshErrors ? 'bad' : 'plain'),
  },
  { title: 'QUE', width: 4, rank: 5, text: ({ queue }) => count(queue, 4) },
  { title: 'WGT', width: 3, rank: 1, text: ({ weight }) => (weight === null ? '' : String(weight)) },
  { title: 'CHECK', width: CHECK_CHARS, left: true, rank: 4, text: ({ check }) => check },
  { title: 'SINCE', width: 6, rank: 0, text: ({ changedS }) => (changedS === null ? '' : duration(changedS)) },
  { title: 'DOWNTIME', width: 8, rank: -1, text: ({ downtimeS }) => (downtimeS === null ? '' : duration(downtimeS)) },
  { title: 'LAST CHECK', width: 28, left: true, rank: -2, text: ({ checkText }) => checkText },
];
/** Columns of names: what is left of the screen, within these. */
const NAME_MIN = 13;
const NAME_MAX = 40;

/** Puts a text into so many columns; what is cut is marked. */
function cell(text: string, width: number, left = true): string {
  if (text.length > width) return width > 0 ? `${text.slice(0, width - 1)}~` : '';
  return left ? text.padEnd(width) : text.padStart(width);
}

/** A name: of one that is too long the end stays, too, where names of servers have their numbers. */
function nameCell(name: string, width: number): string {
  const tail = Math.floor(width / 3);
  return name.length > width ? `${name.slice(0, width - tail - 1)}~${name.slice(-tail)}` : name.padEnd(width);
}

/** The columns that fit, in their order; the name takes the rest. */
function layout(columns: number): { shown: readonly Column[]; name: number } {
  const shown = new Set<Column>();
  let left = columns - 1 - NAME_MIN;
  for (const column of [...COLUMNS].sort((a, b) => b.rank - a.rank)) {
    if (column.width + 1 > left) break;
    shown.add(column);
    left -= column.width + 1;
  }
  return { shown: COLUMNS.filter((column) => shown.has(column)), name: Math.min(NAME_MAX, NAME_MIN + Math.max(0, left)) };
}

/** The whole screen: `rows` lines of `columns`. */
export function renderScreen(state: TopState, columns: number, rows: number, clock: string): ScreenLine[] {
  const lines = state.help
    ? helpLines(state, columns, rows - FOOT_LINES)
    : [...headLines(state, columns, clock), ...listLines(state, columns, pageOf(rows))];
  while (lines.length < rows - FOOT_LINES) lines.push([[' '.repeat(columns), 'plain']]);
  return [...lines.slice(0, Math.max(0, rows - FOOT_LINES)), footLine(state, columns)];
}

/** One page of everything, without a line for keys: for pipes and files. */
export function renderPage(state: TopState, columns: number, clock: string): string[] {
  const lines = [...headLines(state, columns, clock), ...listLines(state, columns, Number.POSITIVE_INFINITY, false)];
  return lines.map((line) => textOf(line).trimEnd());
}

/** A line without its styles. */
export function textOf(line: ScreenLine): string {
  return line.map(([text]) => text).join('');
}

function headLines(state: TopState, columns: number, clock: string): ScreenLine[] {
  const info = (field: string): string => state.sample?.info.get(field) ?? '-';
  const version = `${product(info)}  pid ${info('Pid')}  up ${uptime(info)}  `;
  const title = cell(`${state.sample === null ? '' : version}${state.source}`, columns - clock.length - 1);
  const titleLine = cut(
    [
      [title, 'bold'],
      [` ${clock}`, 'plain'],
    ],
    columns,
  );
  if (state.failure !== null)
    return [
      titleLine,
      [[cell(`NO ANSWER since ${state.failure.since}: ${state.failure.text}`, columns), 'bad']],
      tableHead(state, columns),
    ];
  return [titleLine, [[cell(summary(state, info), columns), 'plain']], tableHead(state, columns)];
}

/** turbo-lb names itself behind the version of HAProxy whose language it speaks. */
function product(info: (field: string) => string): string {
  const [, own] = /-(turbo-lb-.*)$/.exec(info('Version')) ?? [];
  return own?.replace('turbo-lb-', 'turbo-lb ') ?? `${info('Name')} ${info('Version').replace(/[-+].*/, '')}`;
}

function uptime(info: (field: string) => string): string {
  const seconds = Number(info('Uptime_sec'));
  return Number.isFinite(seconds) ? duration(seconds) : info('Uptime');
}

function summary(state: TopState, info: (field: string) => string): string {
  if (state.sample === null) return 'asking ...';
  const frontends = state.entries.filter(({ kind }) => kind === 'frontend');
  const sum = (pick: (entry: Entry) => number | null): number | null =>
    frontends.reduce<number | null>((total, entry) => (pick(entry) === null ? total : (total ?? 0) + (pick(entry) ?? 0)), null);
  const servers = state.entries.filter(({ kind }) => kind === 'server');
  const ofHealth = (...healths: Health[]): number => servers.filter(({ health }) => healths.includes(health)).length;
  const stopping = info('Stopping') === '1' ? 'STOPPING  ' : '';
  return (
    `${stopping}conn ${info('CurrConns')}/${info('Maxconn')}  ${rate(sum((one) => one.rate))} new/s  ` +
    `${rate(sum((one) => one.bytesIn))}B/s in  ${rate(sum((one) => one.bytesOut))}B/s out  ` +
    `servers ${ofHealth('good', 'unknown')} up ${ofHealth('bad')} down ${ofHealth('fair')} other`
  );
}

function tableHead(state: TopState, columns: number): ScreenLine {
  const { shown, name } = layout(columns);
  const cells = shown.map((column) => ` ${cell(column.title, column.width, column.left === true)}`).join('');
  const chosen = [state.view === 'all' ? '' : state.view, state.sort === 'file' ? '' : `by ${state.sort}`].filter(Boolean);
  const title = chosen.length === 0 ? 'NAME' : chosen.join(' ');
  return [[cell(` ${cell(title, name)}${cells}`, columns), 'bold']];
}

function listLines(state: TopState, columns: number, page: number, marked = true): ScreenLine[] {
  const entries = listed(state);
  if (entries.length === 0 && state.sample !== null) return [[[cell(nothing(state), columns), 'plain']]];
  const at = selectedIndex(state, entries);
  // The selected line stays in the middle of a list that is longer than the page.
  const from = Math.max(0, Math.min(at - Math.floor(page / 2), entries.length - page)) || 0;
  const { shown, name } = layout(columns);
  return entries.slice(from, from + page).map((entry, index) => {
    const selected = marked && from + index === at;
    const segments: Segment[] = [[`${selected ? '>' : ' '}${nameCell(nameOf(entry, state), name)}`, 'plain']];
    for (const column of shown) {
      segments.push(
        [' ', 'plain'],
        [cell(column.text(entry), column.width, column.left === true), column.style?.(entry) ?? 'plain'],
      );
    }
    const width = segments.reduce((sum, [text]) => sum + text.length, 0);
    segments.push([' '.repeat(Math.max(0, columns - width)), 'plain']);
    const line = cut(segments, columns);
    if (selected) return [[textOf(line), 'reverse']];
    return state.failure === null ? line : [[textOf(line), 'dim']];
  });
}

function cut(segments: readonly Segment[], columns: number): Segment[] {
  let left = columns;
  return segments.map(([text, style]) => {
    const part = text.slice(0, left);
    left -= part.length;
    return [part, style];
  });
}

/** F frontend, B backend, S server; below its backend a server is indented, elsewhere its backend is named. */
function nameOf({ kind, proxy, name }: Entry, state: TopState): string {
  if (kind !== 'server') return `${kind === 'frontend' ? 'F' : 'B'} ${name}`;
  const belowBackend = state.sort === 'file' && state.view === 'all' && (state.typing ?? state.filter) === '';
  return belowBackend ? `   ${name}` : `S ${proxy}/${name}`;
}

function nothing(state: TopState): string {
  if ((state.typing ?? state.filter) !== '') return ` nothing matches '${state.typing ?? state.filter}'; Esc shows all`;
  return state.view === 'problems' ? ' no problems; v shows all' : ' nothing to show';
}

function footLine(state: TopState, columns: number): ScreenLine {
  if (state.asking !== null) {
    const { text, effect } = ACTIONS[state.asking.action];
    return [[cell(`${text} ${state.asking.server}? (y/n)  ${effect}`, columns), 'reverse']];
  }
  if (state.typing !== null) return [[cell(`/${state.typing}_   (Enter keeps the filter, Esc leaves it)`, columns), 'plain']];
  if (state.message !== '') return [[cell(state.message, columns), 'bold']];
  const filter = state.filter === '' ? '' : `[filter: ${state.filter}] `;
  return [[cell(`${filter}? help  / filter  s sort  v view  d drain  r ready  m maint  q quit`, columns), 'dim']];
}

const HELP = `Keys

  Up Down j k    select a line        PgUp PgDn Home End g G
  /              only what has this in its name, status or check;  Esc: all
  s S            sort by sessions, new/s, bytes, errors, queue, status, file
  v              view: all, proxies, servers, problems (not UP and not OPEN)
  d r m          the selected server: drain, ready, maintenance; asks first
  + -            longer, shorter between two looks;  Space: look now
  q Ctrl-C       leave;  Ctrl-Z: to the shell, fg comes back

Columns

  F B S          frontend, backend, server
  STATUS         as the balancer says it; UP 1/3: it fails, and is not down yet
  SESS MAX LIMIT sessions: now, most so far, at most
  NEW/s          sessions begun a second;  IN/s OUT/s: bytes from, to clients
  ERR            denied, invalid, not connected, failed so far; marked when new
  QUE WGT        sessions that wait for a server; weight
  CHECK          result of the last check; of a backend: its usable servers
  SINCE DOWNTIME in this status, and down in all;  - is: not known yet

Drain, ready and maintenance need a socket of 'level admin'. Any key: back.`.split('\n');

function helpLines(state: TopState, columns: number, rows: number): ScreenLine[] {
  const from = Math.max(0, Math.min(state.helpFrom, HELP.length - rows));
  return HELP.slice(from, from + rows).map((line) => [[cell(line, columns), 'plain']]);
}
