/**
 * Fetches of stick counters (configuration manual, 7.3.3): `sc_*` and `sc0_*` to `sc2_*` of an entry
 * that the session tracks, `src_*` of the entry of the client's address, and counts of whole tables.
 */

import { FAMILY_IPV4, FAMILY_IPV6 } from '../../kernel/host-address.js';
import { STICK_COUNTERS } from '../../shared/state.js';
import type { StickKey, StickTable } from '../../shared/stick-table.js';
import type { Lane } from '../lane.js';
import { numberArgument } from '../samples/arguments.js';
import type { Evaluate, ExpressionCompiler, FetchFactory, FetchFamily, SampleContext } from '../samples/context.js';
import { FOUND, MISSING, Sample } from '../samples/sample.js';
import { KeyWriter } from './keys.js';
import { COUNT_CONNECTION, ENTRY_VALUES, type EntryValue, type NamedValue, TRACKERS } from './values.js';

/** "No table was named". */
const OWN_TABLE = -1;

/** A fetch of an entry that the session tracks; `fixed` is the counter of `sc0_`, -1 when an argument says it. */
function trackedFetch(value: NamedValue, fixed: number): FetchFactory {
  return (plan, compiler) => {
    const at = value.indexed ? 1 : 0;
    const counter = fixed >= 0 ? fixed : numberArgument(plan, at);
    const table = numberArgument(plan, fixed >= 0 ? at : at + 1, OWN_TABLE);
    return ofTracked(value.make(numberArgument(plan, 0)), counter, table, compiler);
  };
}

/** Reads a value of the entry that a counter tracks, or of the entry with its key in another table. */
function ofTracked(value: EntryValue, counter: number, table: number, { lane }: ExpressionCompiler): Evaluate {
  const { sticks, ledger } = lane.tables;
  const key: StickKey = { bytes: new Uint8Array(keyLengthMax(sticks)), length: 0 };
  return ({ session, nowMs }, sample) => {
    if (ledger === null || (session.tracked & (1 << counter)) === 0) return MISSING;
    const own = ledger.table(session.index, counter);
    const entry = ledger.entry(session.index, counter);
    if (table === OWN_TABLE || table === own) return answer(lane, sticks[own], sample, (stick) => value(stick, entry, nowMs));
    sticks[own].lock(lane.worker + 1);
    sticks[own].readKey(entry, key);
    sticks[own].unlock();
    return answer(lane, sticks[table], sample, (stick) => value(stick, stick.find(key, nowMs), nowMs));
  };
}

/** Keys of tables of different types never meet, but they pass through the same place. */
function keyLengthMax(sticks: readonly StickTable[]): number {
  return Math.max(0, ...sticks.map(({ shape }) => shape.keyLength));
}

function answer(lane: Lane, stick: StickTable, sample: Sample, read: (stick: StickTable) => number): 0 | 1 {
  stick.lock(lane.worker + 1);
  const value = read(stick);
  stick.unlock();
  if (value < 0) return MISSING;
  sample.setInteger(value);
  return FOUND;
}

/** A fetch of the entry of the client's address. */
function sourceFetch(value: NamedValue): FetchFactory {
  return (plan, { lane }) => {
    const table = numberArgument(plan, value.indexed ? 1 : 0, OWN_TABLE);
    const stick = lane.tables.sticks[table];
    const read = value.make(numberArgument(plan, 0));
    const keys = new KeyWriter(lane.plan.tables[table]);
    const address = new Sample();
    return (context, sample) => {
      if (!loadSource(context, address) || !keys.write(address)) return MISSING;
      const { nowMs } = context;
      return answer(lane, stick, sample, () => {
        const entry = value.creates ? stick.obtain(keys.key, nowMs) : stick.find(keys.key, nowMs);
        return read(stick, entry, nowMs);
      });
    };
  };
}

function loadSource({ session, lane }: SampleContext, into: Sample): boolean {
  const source = session.readSource(lane.engine);
  if (source.family === FAMILY_IPV4) into.setIpv4(source.word0);
  else if (source.family === FAMILY_IPV6) into.setIpv6(source.word0, source.word1, source.word2, source.word3);
  return source.family === FAMILY_IPV4 || source.family === FAMILY_IPV6;
}

/** Whether a counter tracks anything: always an answer. */
function isTracked(fixed: number): FetchFactory {
  return (plan) => {
    const counter = fixed >= 0 ? fixed : numberArgument(plan, 0);
    return ({ session }, sample) => {
      sample.setBool((session.tracked & (1 << counter)) !== 0);
      return FOUND;
    };
  };
}

/** Counts a table: its entries, or what it still has room for. */
function tableFetch(count: (stick: StickTable) => number): FetchFactory {
  return (plan, { lane }) => {
    const stick = lane.tables.sticks[numberArgument(plan, 0, OWN_TABLE)];
    return ({ nowMs }, sample) => {
      stick.lock(lane.worker + 1);
      stick.expire(nowMs);
      stick.unlock();
      sample.setInteger(count(stick));
      return FOUND;
    };
  };
}

/** The names with a number of their own are older than the arrays: those of elements have none. */
function trackedFamily(prefix: string, fixed: number): FetchFamily {
  const values = Object.entries({ ...ENTRY_VALUES, trackers: TRACKERS });
  const fetches = values
    .filter(([, { indexed }]) => fixed < 0 || !indexed)
    .map(([name, value]) => [`${prefix}${name}`, trackedFetch(value, fixed)]);
  return { ...Object.fromEntries(fetches), [`${prefix}tracked`]: isTracked(fixed) };
}

/** All of them. */
export const STICK_FETCHES: FetchFamily = {
  ...trackedFamily('sc_', -1),
  ...Object.assign({}, ...Array.from({ length: STICK_COUNTERS }, (_, counter) => trackedFamily(`sc${counter}_`, counter))),
  ...Object.fromEntries(Object.entries(ENTRY_VALUES).map(([name, value]) => [`src_${name}`, sourceFetch(value)])),
  src_updt_conn_cnt: sourceFetch(COUNT_CONNECTION),
  table_cnt: tableFetch((stick) => stick.count),
  table_avl: tableFetch((stick) => stick.shape.size - stick.count),
};
