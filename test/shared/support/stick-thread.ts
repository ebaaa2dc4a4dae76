/**
 * A worker of stick-table-threads.test.ts: obtains, holds, counts in and lets go of entries of one small
 * table. It says how often it counted under each key in vain, because the table was full.
 */
import { NO_ENTRY, type StickKey, StickTable, type StickTableShape } from '../../../src/shared/stick-table.js';
import { Random } from '../../sim/random.js';
import { answer, threadStart } from './threads.js';

/** What all threads share. */
export interface StickThreads {
  readonly buffer: SharedArrayBuffer;
  readonly shape: StickTableShape;
  readonly rounds: number;
  /** Keys are the bytes below this number. */
  readonly keys: number;
}

/** Entries that a thread holds at once. */
const HELD_MAX = 3;

const { index, shared } = threadStart<StickThreads>();
const { buffer, shape, rounds, keys } = shared;
const table = new StickTable(buffer, shape);
const [count, current, rate] = ['conn_cnt', 'conn_cur', 'conn_rate'].map((name) => table.fields.get(name));
if (count === undefined || current === undefined || rate === undefined) throw new Error('the table lacks data');
const random = new Random(index + 1);
const key: StickKey = { bytes: new Uint8Array(4), length: 1 };
const held: number[] = [];
const counted = new Array<number>(keys).fill(0);

function letGo(entry: number): void {
  table.lock(index + 1);
  table.add(entry, current as NonNullable<typeof current>, 0, -1, 0);
  table.release(entry);
  table.unlock();
}

for (let i = 0; i < rounds; i++) {
  key.bytes[0] = random.below(keys);
  table.lock(index + 1);
  const entry = table.obtain(key, 0);
  if (entry !== NO_ENTRY) {
    table.hold(entry);
    table.add(entry, count, 0, 1, 0);
    table.add(entry, current, 0, 1, 0);
    table.add(entry, rate, 0, 1, 0);
    counted[key.bytes[0]]++;
    held.push(entry);
  }
  table.unlock();
  if (held.length > HELD_MAX) letGo(held.shift() as number);
}
for (const entry of held) letGo(entry);
answer(counted);
