/** Converters that look a sample up in a stick table (configuration manual, 7.3.1): `in_table`, `table_conn_cnt` and their like. */
import { NO_ENTRY, type StickTable } from '../../shared/stick-table.js';
import { hasArgument, numberArgument } from '../samples/arguments.js';
import type { ConverterFactory, ConverterFamily } from '../samples/context.js';
import { FOUND, MISSING } from '../samples/sample.js';
import { KeyWriter } from './keys.js';
import { type NamedValue, TABLE_VALUES } from './values.js';

/** A key without an entry has zeros; what the entry's table does not hold has no value. */
function lookUp(value: NamedValue): ConverterFactory {
  return (plan, { lane }) => {
    const table = numberArgument(plan, value.indexed ? 1 : 0);
    const read = value.make(numberArgument(plan, 0));
    const stick = lane.tables.sticks[table];
    const keys = new KeyWriter(lane.plan.tables[table]);
    return ({ nowMs }, sample) => {
      if (!keys.write(sample)) return MISSING;
      stick.lock(lane.worker + 1);
      const found = read(stick, stick.find(keys.key, nowMs), nowMs);
      stick.unlock();
      if (found < 0) return MISSING;
      sample.setInteger(found);
      return FOUND;
    };
  };
}

const inTable: ConverterFactory = (plan, { lane }) => {
  const table = numberArgument(plan, 0);
  const stick = lane.tables.sticks[table];
  const keys = new KeyWriter(lane.plan.tables[table]);
  return ({ nowMs }, sample) => {
    if (!keys.write(sample)) return MISSING;
    stick.lock(lane.worker + 1);
    const found = stick.find(keys.key, nowMs) !== NO_ENTRY;
    stick.unlock();
    sample.setBool(found);
    return FOUND;
  };
};

/** `table_expire(table[,default])` and `table_idle`: milliseconds of an entry; without one the default, or nothing. */
function timeOf(read: (stick: StickTable, entry: number, nowMs: number) => number): ConverterFactory {
  return (plan, { lane }) => {
    const table = numberArgument(plan, 0);
    const [hasDefault, fallback] = [hasArgument(plan, 1), numberArgument(plan, 1)];
    const stick = lane.tables.sticks[table];
    const keys = new KeyWriter(lane.plan.tables[table]);
    return ({ nowMs }, sample) => {
      if (!keys.write(sample)) return MISSING;
      stick.lock(lane.worker + 1);
      const entry = stick.find(keys.key, nowMs);
      sample.setInteger(entry === NO_ENTRY ? fallback : read(stick, entry, nowMs));
      stick.unlock();
      return entry !== NO_ENTRY || hasDefault ? FOUND : MISSING;
    };
  };
}

/** All of them. */
export const STICK_CONVERTERS: ConverterFamily = {
  ...Object.fromEntries(Object.entries(TABLE_VALUES).map(([name, value]) => [`table_${name}`, lookUp(value)])),
  in_table: inTable,
  table_expire: timeOf((stick, entry, nowMs) => stick.expiresIn(entry, nowMs)),
  table_idle: timeOf((stick, entry, nowMs) => stick.idleFor(entry, nowMs)),
};
