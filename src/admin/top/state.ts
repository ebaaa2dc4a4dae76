/**
 * What a person at `turbo-lb top` has chosen, and what a key changes about it. Pure functions: what
 * has to be done beyond it is answered as a wish.
 */
import { type Entry, entriesOf, type Sample, sameProcess } from './sample.js';

/** Orders of the list; `file` is the configuration's own, with servers below their backends. */
export const SORTS = ['file', 'sessions', 'rate', 'bytes', 'errors', 'queue', 'status'] as const;
/** What of the list is shown. */
export const VIEWS = ['all', 'proxies', 'servers', 'problems'] as const;
/** Between two samples, in milliseconds, shortest first. */
export const INTERVALS_MS = [200, 500, 1000, 2000, 5000, 10_000, 30_000] as const;

/** What can be done to a server, by its key. */
export const ACTIONS = {
  d: { state: 'drain', text: 'Drain', effect: 'No new sessions; those it has go on.' },
  r: { state: 'ready', text: 'Ready', effect: 'Sessions again, once its checks are well.' },
  m: { state: 'maint', text: 'Maintenance', effect: 'No new sessions, no checks.' },
} as const;
type ActionKey = keyof typeof ACTIONS;

/** Everything that the screen depends on, but its size and the time of day. */
export interface TopState {
  readonly source: string;
  readonly sample: Sample | null;
  readonly before: Sample | null;
  /** Why there is no answer, and since when, as a text; null: there is. */
  readonly failure: { readonly text: string; readonly since: string } | null;
  readonly entries: readonly Entry[];
  readonly sort: (typeof SORTS)[number];
  readonly view: (typeof VIEWS)[number];
  readonly filter: string;
  /** The filter as it is being typed. */
  readonly typing: string | null;
  /** Key of the selected line. */
  readonly selected: string | null;
  readonly help: boolean;
  /** Lines of the help that are scrolled past. */
  readonly helpFrom: number;
  /** What is to be confirmed. */
  readonly asking: { readonly action: ActionKey; readonly server: string } | null;
  /** What came of the last action. */
  readonly message: string;
  readonly intervalMs: number;
}

/** What a key wishes to be done. */
export type Wish = 'quit' | 'suspend' | 'sample' | { readonly server: string; readonly state: string } | null;

/** At the start. */
export function newState(source: string, intervalMs: number): TopState {
  return {
    source,
    sample: null,
    before: null,
    failure: null,
    entries: [],
    sort: 'file',
    view: 'all',
    filter: '',
    typing: null,
    selected: null,
    help: false,
    helpFrom: 0,
    asking: null,
    message: '',
    intervalMs,
  };
}

/** Names a line for as long as its proxy is there. */
export const keyOf = (entry: Entry): string => `${entry.kind} ${entry.proxy}/${entry.name}`;

/** With another sample. */
export function withSample(state: TopState, sample: Sample): TopState {
  const before = state.sample !== null && sameProcess(state.sample, sample) ? state.sample : null;
  // What was said while nobody answered is of no use any more.
  const message = state.failure === null ? state.message : '';
  return { ...state, sample, before, entries: entriesOf(sample, before), failure: null, message };
}

/** Without one. What was known stays to be seen. */
export function withFailure(state: TopState, text: string, now: string): TopState {
  return { ...state, failure: { text, since: state.failure?.since ?? now } };
}

/** The lines of the list, in order. */
export function listed(state: TopState): Entry[] {
  const words = (state.typing ?? state.filter).toLowerCase();
  const shown = state.entries.filter((entry) => isViewed(entry, state.view) && matches(entry, words));
  const order = ORDERS[state.sort];
  return order === null ? shown : [...shown].sort((a, b) => order(b) - order(a));
}

function isViewed({ kind, health }: Entry, view: TopState['view']): boolean {
  if (view === 'proxies') return kind !== 'server';
  if (view === 'servers') return kind === 'server';
  return view === 'all' || health === 'bad' || health === 'fair';
}

function matches(entry: Entry, words: string): boolean {
  return words === '' || `${entry.proxy}/${entry.name} ${entry.status} ${entry.check}`.toLowerCase().includes(words);
}

const HEALTH_ORDER = { bad: 3, fair: 2, unknown: 1, good: 0 };
/** Larger first. */
const ORDERS: Readonly<Record<TopState['sort'], ((entry: Entry) => number) | null>> = {
  file: null,
  sessions: ({ sessions }) => sessions ?? -1,
  rate: ({ rate }) => rate ?? -1,
  bytes: ({ bytesIn, bytesOut }) => (bytesIn ?? -1) + (bytesOut ?? -1),
  errors: ({ errors }) => errors,
  queue: ({ queue }) => queue ?? -1,
  status: ({ health }) => HEALTH_ORDER[health],
};

/** Where the selection is among these lines; the first one when what was selected is gone. */
export function selectedIndex(state: TopState, entries: readonly Entry[]): number {
  return Math.max(
    0,
    entries.findIndex((entry) => keyOf(entry) === state.selected),
  );
}

/**
 * What a key does.
 *
 * @param key as node:readline names it: `up`, `pagedown`, `return`, or the character itself
 * @param page lines of the list that fit on the screen
 */
export function press(state: TopState, key: string, page: number): [TopState, Wish] {
  if (key === 'ctrl+c') return [state, 'quit'];
  if (key === 'ctrl+z') return [state, 'suspend'];
  if (state.asking !== null) return confirm(state, state.asking, key);
  if (state.typing !== null) return [typed(state, state.typing, key), null];
  if (state.help) return [inHelp(state, key), null];
  if (key in ACTIONS) return [ask(state, key as ActionKey), null];
  const moved = move(state, key, page);
  if (moved !== null) return [moved, null];
  return command({ ...state, message: '' }, key);
}

function command(state: TopState, key: string): [TopState, Wish] {
  switch (key) {
    case 'q':
      return [state, 'quit'];
    case '?':
    case 'h':
      return [{ ...state, help: true, helpFrom: 0 }, null];
    case '/':
      return [{ ...state, typing: state.filter }, null];
    case 'escape':
      return [{ ...state, filter: '' }, null];
    case 's':
      return [{ ...state, sort: turn(SORTS, state.sort, 1) }, null];
    case 'S':
      return [{ ...state, sort: turn(SORTS, state.sort, -1) }, null];
    case 'v':
      return [{ ...state, view: turn(VIEWS, state.view, 1) }, null];
    case '+':
    case '-':
      return [withInterval(state, otherInterval(state.intervalMs, key === '+' ? 1 : -1)), 'sample'];
    case 'space':
      return [state, 'sample'];
    default:
      return [state, null];
  }
}

function turn<T>(list: readonly T[], current: T, by: number): T {
  return list[(list.indexOf(current) + by + list.length) % list.length];
}

/** The next longer or shorter one. */
function otherInterval(current: number, by: 1 | -1): number {
  const others = INTERVALS_MS.filter((one) => (by > 0 ? one > current : one < current));
  return (by > 0 ? others[0] : others.at(-1)) ?? current;
}

function withInterval(state: TopState, intervalMs: number): TopState {
  const text = intervalMs < 1000 ? `${intervalMs}ms` : `${intervalMs / 1000}s`;
  return { ...state, intervalMs, message: `A look every ${text}.` };
}

function move(state: TopState, key: string, page: number): TopState | null {
  const steps: Readonly<Record<string, number>> = {
    up: -1,
    k: -1,
    down: 1,
    j: 1,
    pageup: -page,
    pagedown: page,
    home: Number.NEGATIVE_INFINITY,
    g: Number.NEGATIVE_INFINITY,
    end: Number.POSITIVE_INFINITY,
    G: Number.POSITIVE_INFINITY,
  };
  if (!Object.hasOwn(steps, key)) return null;
  const entries = listed(state);
  if (entries.length === 0) return state;
  const at = Math.max(0, Math.min(entries.length - 1, selectedIndex(state, entries) + steps[key]));
  return { ...state, selected: keyOf(entries[at]) };
}

function ask(state: TopState, action: ActionKey): TopState {
  const entries = listed(state);
  const entry = entries[selectedIndex(state, entries)];
  if (entry?.kind !== 'server') return { ...state, message: 'Select a server first: arrow keys, or / and its name.' };
  if (state.failure !== null) return { ...state, message: 'The balancer does not answer.' };
  return { ...state, selected: keyOf(entry), message: '', asking: { action, server: `${entry.proxy}/${entry.name}` } };
}

function confirm(state: TopState, { action, server }: NonNullable<TopState['asking']>, key: string): [TopState, Wish] {
  const answered = { ...state, asking: null };
  if (key !== 'y' && key !== 'Y') return [{ ...answered, message: `${server} is left as it is.` }, null];
  return [
    { ...answered, message: `${server}: ${ACTIONS[action].state} ...` },
    { server, state: ACTIONS[action].state },
  ];
}

function typed(state: TopState, text: string, key: string): TopState {
  if (key === 'return' || key === 'enter') return { ...state, typing: null, filter: text };
  if (key === 'escape') return { ...state, typing: null };
  if (key === 'backspace') return { ...state, typing: text.slice(0, -1) };
  if (key === 'space') return { ...state, typing: `${text} ` };
  return key.length === 1 ? { ...state, typing: text + key } : state;
}

function inHelp(state: TopState, key: string): TopState {
  if (key === 'down' || key === 'j') return { ...state, helpFrom: state.helpFrom + 1 };
  if (key === 'up' || key === 'k') return { ...state, helpFrom: Math.max(0, state.helpFrom - 1) };
  return { ...state, help: false };
}
