/**
 * The form in which states of servers are saved: what `show servers state` prints and state files hold
 * (management manual, section 9.3, `show servers state`). Texts to records and back; it opens no file, and
 * does not know what a state means for a server.
 */
import { isIPv4, isIPv6 } from 'node:net';

/** The columns of version 1, in order. */
const COLUMNS = [
  ...['be_id', 'be_name', 'srv_id', 'srv_name', 'srv_addr', 'srv_op_state', 'srv_admin_state', 'srv_uweight', 'srv_iweight'],
  ...['srv_time_since_last_change', 'srv_check_status', 'srv_check_result', 'srv_check_health', 'srv_check_state'],
  ...['srv_agent_state', 'bk_f_forced_id', 'srv_f_forced_id', 'srv_fqdn', 'srv_port', 'srvrecord', 'srv_use_ssl'],
  ...['srv_check_port', 'srv_check_addr', 'srv_agent_addr', 'srv_agent_port'],
] as const;
const VERSION = '1';
/** Columns that files of all versions of HAProxy have: up to `srvrecord`. */
const COLUMNS_MIN = 20;
/** Saved in place of what there is none of. */
const NONE = '-';

/** What `srv_op_state` says. */
export const OPERATION = { stopped: 0, starting: 1, running: 2, stopping: 3 } as const;
/** Bits of `srv_admin_state`. */
export const ADMIN = {
  forcedMaintenance: 1,
  inheritedMaintenance: 2,
  configuredMaintenance: 4,
  forcedDrain: 8,
  inheritedDrain: 16,
  unresolved: 32,
  /** Its name is another one than the file says. */
  renamed: 64,
} as const;
/** Bits of `srv_check_state` and `srv_agent_state`. */
export const CHECKING = { inFlight: 1, configured: 2, enabled: 4, paused: 8, agent: 16 } as const;

/** The state of one server; names are those of the columns. */
export interface ServerState {
  readonly backendId: number;
  readonly backend: string;
  readonly id: number;
  readonly name: string;
  /** null: it has none. */
  readonly address: string | null;
  readonly operation: number;
  readonly admin: number;
  readonly weight: number;
  /** Of the file. */
  readonly initialWeight: number;
  /** Seconds. */
  readonly sinceChange: number;
  readonly checkStatus: number;
  readonly checkResult: number;
  readonly checkHealth: number;
  readonly checkState: number;
  readonly agentState: number;
  readonly backendIdForced: boolean;
  readonly idForced: boolean;
  readonly fqdn: string | null;
  readonly port: number;
  /** The service that it belongs to; null: none. */
  readonly service: string | null;
  readonly checkPort: number;
  readonly checkAddress: string | null;
  readonly agentAddress: string | null;
  readonly agentPort: number;
}

/** All states as a text, line by line. */
export function* writeServerStates(states: Iterable<ServerState>): Iterable<string> {
  yield `${VERSION}\n# ${COLUMNS.join(' ')}\n`;
  for (const state of states) yield writeLine(state);
}

function writeLine(state: ServerState): string {
  const { operation, admin, weight, initialWeight, sinceChange, checkStatus, checkResult, checkHealth, checkState } = state;
  return `${[
    ...[state.backendId, state.backend, state.id, state.name, state.address ?? NONE],
    ...[operation, admin, weight, initialWeight, sinceChange, checkStatus, checkResult, checkHealth, checkState],
    ...[state.agentState, Number(state.backendIdForced), Number(state.idForced), state.fqdn ?? NONE, state.port],
    // what stands between: `srv_use_ssl`
    ...[state.service ?? NONE, 0, state.checkPort, state.checkAddress ?? NONE, state.agentAddress ?? NONE, state.agentPort],
  ].join(' ')}\n`;
}

/** A line that was read, or what is wrong with it. */
export type SavedState =
  | { readonly ok: true; readonly state: ServerState }
  /** Half a sentence: `invalid srv_op_state value '9'`. */
  | { readonly ok: false; readonly message: string };

/** A file that was read: its lines by `backend/server`; or what it is not. */
export type SavedStates =
  | { readonly ok: true; readonly states: ReadonlyMap<string, SavedState> }
  | { readonly ok: false; readonly fault: 'version' }
  /** @param line from 1, counted behind the line of the version, as HAProxy does */
  | { readonly ok: false; readonly fault: 'corrupted'; readonly line: number };

/** Reads a text. A line that is too short or has no end, as in a file that was cut, spoils the whole, as for HAProxy. */
export function readServerStates(text: string): SavedStates {
  const [version, ...lines] = text.split('\n');
  if (version.trim() !== VERSION || lines.length === 0) return { ok: false, fault: 'version' };
  if (lines.at(-1) !== '') return { ok: false, fault: 'corrupted', line: lines.length };
  const states = new Map<string, SavedState>();
  for (const [i, line] of lines.entries()) {
    const words = line.split(/[ \t\r]+/).filter((word) => word !== '');
    if (words.length === 0 || words[0].startsWith('#')) continue;
    if (words.length < COLUMNS_MIN) return { ok: false, fault: 'corrupted', line: i + 1 };
    const [, backend, , server] = words;
    states.set(`${backend}/${server}`, readLine(words));
  }
  return { ok: true, states };
}

/** Bounds of the numbers that decide on something. */
const BOUNDS: Readonly<Partial<Record<(typeof COLUMNS)[number], number>>> = {
  srv_op_state: OPERATION.stopping,
  srv_admin_state: 127,
  srv_uweight: 256,
  srv_iweight: 256,
  // HAProxy's last one, PROCOK; those that are not known here are read as none
  srv_check_status: 20,
  srv_check_result: 4,
  srv_check_state: 31,
  srv_agent_state: 31,
  srv_port: 65535,
  srv_check_port: 65535,
  srv_agent_port: 65535,
};
const NUMBERS: readonly (typeof COLUMNS)[number][] = [
  ...(['srv_op_state', 'srv_admin_state', 'srv_uweight', 'srv_iweight', 'srv_time_since_last_change'] as const),
  ...(['srv_check_status', 'srv_check_result', 'srv_check_health', 'srv_check_state', 'srv_agent_state'] as const),
  ...(['srv_port', 'srv_check_port', 'srv_agent_port'] as const),
];
const NUMBER_MAX = 2 ** 31 - 1;

function readLine(words: readonly string[]): SavedState {
  const texts = Object.fromEntries(COLUMNS.map((name, i) => [name, words[i] ?? NONE])) as Record<
    (typeof COLUMNS)[number],
    string
  >;
  // a clock that was set back leaves a change in the future, which is no reason to forget the server
  if (/^-[0-9]{1,10}$/.test(texts.srv_time_since_last_change)) texts.srv_time_since_last_change = '0';
  const wrong = NUMBERS.filter((name) => number(texts[name]) > (BOUNDS[name] ?? NUMBER_MAX));
  if (wrong.length > 0) return { ok: false, message: wrong.map((name) => `invalid ${name} value '${texts[name]}'`).join(', ') };
  const value = (name: (typeof COLUMNS)[number]): number => number(texts[name]);
  const state: ServerState = {
    backendId: value('be_id'),
    backend: texts.be_name,
    id: value('srv_id'),
    name: texts.srv_name,
    address: ip(texts.srv_addr),
    operation: value('srv_op_state'),
    admin: value('srv_admin_state'),
    weight: value('srv_uweight'),
    initialWeight: value('srv_iweight'),
    sinceChange: value('srv_time_since_last_change'),
    checkStatus: value('srv_check_status'),
    checkResult: value('srv_check_result'),
    checkHealth: value('srv_check_health'),
    checkState: value('srv_check_state'),
    agentState: value('srv_agent_state'),
    backendIdForced: texts.bk_f_forced_id === '1',
    idForced: texts.srv_f_forced_id === '1',
    fqdn: optional(texts.srv_fqdn),
    port: value('srv_port'),
    service: optional(texts.srvrecord),
    checkPort: value('srv_check_port'),
    checkAddress: ip(texts.srv_check_addr),
    agentAddress: ip(texts.srv_agent_addr),
    agentPort: value('srv_agent_port'),
  };
  return { ok: true, state };
}

/** Infinity for what is none; columns that older files lack are 0. */
function number(text: string): number {
  if (text === NONE) return 0;
  return /^[0-9]{1,10}$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY;
}

function optional(text: string): string | null {
  return text === NONE ? null : text;
}

function ip(text: string): string | null {
  return isIPv4(text) || isIPv6(text) ? text : null;
}
