/**
 * Commands about stick tables: show, set and clear entries. A table is looked through piece by piece, each
 * under its lock, so that a million entries hold up neither traffic nor this process.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import { monotonicMs } from '../../kernel/monotonic-clock.js';
import type { LoadBalancer } from '../../master/balancer.js';
import type { TablePlan } from '../../plan/rules.js';
import { MASTER_OWNER } from '../../shared/lock.js';
import { serverKey } from '../../shared/server-key.js';
import { NO_ENTRY, type StickKey, type StickTable } from '../../shared/stick-table.js';
import { type Answer, type Command, type CommandCall, failure, PERMISSION_DENIED, permits, type Reply } from '../command.js';
import { Refused, refusing, refusingLater } from '../places.js';
import { dataText, datumOf, datumValue, type EntryFilter, filtersOf, tableLine } from '../stick/data.js';
import { emptyKey, keyText, parseKey } from '../stick/keys.js';

/** Entries that are looked at while the table is locked: some hundred microseconds. */
const PIECE = 500;
/** Tables up to this size are shown in the order of their keys. */
const SORTED_MAX = 10_000;
/** Entries of a table have numbers of their own; so have tables. */
const NUMBERS = 2 ** 32;

const NO_SUCH_TABLE = 'No such table\n';
/** Keys are addresses of clients and what else rules track: not for level `user`, as in HAProxy. */
const NOT_FOR_USERS = '# contents not dumped due to insufficient privileges\n';
const SET_USAGE = failure('Required arguments: <table> key <key> [data.<store_data_type> <value>]*\n');
const CLEAR_USAGE = 'Required arguments: <table> "data.<store_data_type>" <operator> <value> or <table> key <key>\n';
const SHOW_USAGE = 'Optional argument only supports "data.<store_data_type>" <operator> <value> and key <key>\n';

/** The commands of this file. */
export const TABLE_COMMANDS: readonly Command[] = [
  {
    name: 'show table',
    usage: '[<table> [<filter>]*]',
    help: "report table usage stats or dump this table's contents (filter: data/key)",
    level: 'user',
    run: refusing(showTable),
  },
  {
    name: 'clear table',
    usage: '<table> [<filter>]*',
    help: 'remove an entry from a table (filter: data/key)',
    level: 'operator',
    run: refusingLater(clearTable),
  },
  {
    name: 'set table',
    usage: '<table> key <k> [data.* <v>]*',
    help: "update or create a table entry's data",
    level: 'operator',
    run: refusing(setTable),
  },
];

/** A table by its name, and what is in it. */
interface FoundTable {
  readonly plan: TablePlan;
  readonly stick: StickTable;
  readonly number: number;
}

function tableOf({ plan, tables }: LoadBalancer, name: string): FoundTable {
  const number = plan.tables.findIndex((table) => table.name === name);
  if (number < 0) throw new Refused(NO_SUCH_TABLE);
  return { plan: plan.tables[number], stick: tables.sticks[number], number };
}

/** Does something under the table's lock. */
function locked<T>(stick: StickTable, action: () => T): T {
  stick.lock(MASTER_OWNER);
  try {
    return action();
  } finally {
    stick.unlock();
  }
}

/** The key behind the word `key`. Throws Refused. */
function keyOf(word: string | undefined, { plan }: FoundTable, action: string): StickKey | null {
  if (word === undefined) throw new Refused('Key value expected\n');
  if (plan.keyType === 'binary')
    throw new Refused(`${action} tables of type other than ip, ipv6, string and integer is not supported\n`);
  return parseKey(word, plan);
}

function showTable({ balancer, session, words: [name, ...rest] }: CommandCall): Answer {
  const { plan, tables } = balancer;
  if (name === undefined) return plan.tables.map((table, i) => tableLine(table, tables.sticks[i].count)).reverse();
  const table = tableOf(balancer, name);
  const mayReadKeys = permits(session, 'operator');
  if (rest[0] === 'key') {
    const key = keyOf(rest[1], table, 'Showing keys from');
    return mayReadKeys ? entryOf(balancer, table, key) : PERMISSION_DENIED;
  }
  const wanted = filtersOf(rest, table.stick, SHOW_USAGE);
  return mayReadKeys ? contents(balancer, table, wanted) : tableLine(table.plan, table.stick.count) + NOT_FOR_USERS;
}

function entryOf(balancer: LoadBalancer, table: FoundTable, key: StickKey | null): string {
  const { plan, stick } = table;
  const line = lineOf(balancer, table);
  const found = key === null ? null : locked(stick, () => one(stick, key, line));
  return found === null ? '' : tableLine(plan, stick.count) + found;
}

async function* contents(balancer: LoadBalancer, table: FoundTable, wanted: EntryFilter): AsyncIterable<string> {
  const { plan, stick } = table;
  const line = lineOf(balancer, table);
  yield tableLine(plan, stick.count);
  const sorted: { readonly key: string; readonly text: string }[] = [];
  const key = emptyKey(plan);
  const inOrder = stick.count <= SORTED_MAX;
  for await (const piece of pieces(stick)) {
    const lines = piece(wanted, (entry, nowMs) => {
      stick.readKey(entry, key);
      return { key: Buffer.from(key.bytes.subarray(0, key.length)).toString('latin1'), text: line(entry, nowMs) };
    });
    if (inOrder) sorted.push(...lines);
    else yield lines.map(({ text }) => text).join('');
  }
  sorted.sort((a, b) => (a.key < b.key ? -1 : 1));
  yield sorted.map(({ text }) => text).join('');
}

function one(stick: StickTable, key: StickKey, line: (entry: number, nowMs: number) => string): string | null {
  const nowMs = monotonicMs();
  const entry = stick.find(key, nowMs);
  return entry === NO_ENTRY ? null : line(entry, nowMs);
}

/** Looks at some entries under the lock; answers what `take` makes of those that are wanted. */
type Piece = <T>(wanted: EntryFilter, take: (entry: number, nowMs: number) => T) => T[];

async function* pieces(stick: StickTable): AsyncIterable<Piece> {
  for (let from = 0; from < stick.numbersUsed; from += PIECE) {
    if (from > 0) await breathe();
    yield (wanted, take) =>
      locked(stick, () => {
        const nowMs = monotonicMs();
        const found: ReturnType<typeof take>[] = [];
        for (let entry = from; entry < Math.min(from + PIECE, stick.numbersUsed); entry++)
          if (stick.isThere(entry, nowMs) && wanted(stick, entry, nowMs)) found.push(take(entry, nowMs));
        return found;
      });
  }
}

/** Writes an entry as HAProxy shows it. */
function lineOf({ plan: whole }: LoadBalancer, { plan, stick, number }: FoundTable): (entry: number, nowMs: number) => string {
  const key = emptyKey(plan);
  const user = whole.backends.find(({ stickRules }) => stickRules.some(({ table }) => table === number));
  const owner = user ?? whole.backends.find(({ name }) => name === plan.name);
  const serverName = (named: number, id: number): string =>
    owner?.servers.find((server) => (named === 0 ? server.id === id : serverKey(server.name) === named))?.name ?? '-';
  return (entry, nowMs) => {
    stick.readKey(entry, key);
    const pointer = `0x${((number + 1) * NUMBERS + entry).toString(16)}`;
    const head = `${pointer}: key=${keyText(key, plan)} use=${stick.trackers(entry)} exp=${stick.expiresIn(entry, nowMs)}`;
    return `${head}${dataText(stick, entry, nowMs, serverName)}\n`;
  };
}

async function clearTable({ balancer, words: [name, ...rest] }: CommandCall): Promise<Reply> {
  if (name === undefined) return failure(CLEAR_USAGE);
  const table = tableOf(balancer, name);
  const { stick } = table;
  if (rest[0] === 'key') return clearKey(table, rest[1]);
  const wanted = filtersOf(rest, stick, CLEAR_USAGE);
  for await (const piece of pieces(stick)) piece(wanted, (entry) => stick.drop(entry));
  return '';
}

function clearKey(table: FoundTable, word: string | undefined): Reply {
  const { stick } = table;
  const key = keyOf(word, table, 'Removing keys from');
  if (key === null) return '';
  return locked(stick, () => {
    const entry = stick.find(key, monotonicMs());
    return entry === NO_ENTRY || stick.drop(entry) ? '' : failure('Entry currently in use, cannot remove\n');
  });
}

function setTable({ balancer, words: [name, what, word, ...data] }: CommandCall): Reply {
  if (name === undefined) return SET_USAGE;
  const table = tableOf(balancer, name);
  const { stick } = table;
  if (what !== 'key') return what === undefined ? '' : SET_USAGE;
  const key = keyOf(word, table, 'Inserting keys into');
  if (key === null) return failure('Invalid key\n');
  return locked(stick, () => {
    const nowMs = monotonicMs();
    const entry = stick.obtain(key, nowMs);
    if (entry === NO_ENTRY) return failure('Unable to allocate a new entry\n');
    return store(stick, entry, data, nowMs);
  });
}

/** What was set before a mistake stays, as in HAProxy. */
function store(stick: StickTable, entry: number, data: readonly string[], nowMs: number): Reply {
  for (let at = 0; at < data.length; at += 2) {
    if (!data[at].startsWith('data.')) return failure('"data.<type>" followed by a value expected\n');
    const datum = datumOf(data[at], stick);
    const value = datumValue(data[at + 1], datum);
    if (value === null) return failure('Require a valid integer value to store\n');
    stick.set(entry, datum.field, datum.element, value, nowMs);
    const name = datum.field.name === 'server_id' ? stick.fields.get('server_key') : undefined;
    if (name !== undefined) stick.set(entry, name, 0, 0, nowMs); // the id alone counts then
  }
  return '';
}
