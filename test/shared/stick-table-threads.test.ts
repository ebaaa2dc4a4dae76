/** Real threads that count in one stick table at once: nothing is lost, and its bound holds. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type StickKey, StickTable, type StickTableShape } from '../../src/shared/stick-table.js';
import type { StickThreads } from './support/stick-thread.js';
import { inThreads } from './support/threads.js';

const THREADS = 3;
const ROUNDS = 20_000;
const MINUTE_MS = 60_000;

const SHAPE: StickTableShape = {
  keyLength: 4,
  size: 64,
  expireMs: 0,
  nopurge: false,
  data: [
    { name: 'conn_cnt', periodMs: 0, count: 1 },
    { name: 'conn_cur', periodMs: 0, count: 1 },
    { name: 'conn_rate', periodMs: MINUTE_MS, count: 1 },
  ],
};

async function hammer(shape: StickTableShape, keys: number): Promise<{ table: StickTable; counted: number[] }> {
  const buffer = StickTable.create(shape);
  const shared: StickThreads = { buffer, shape, rounds: ROUNDS, keys };
  const answers = await inThreads<StickThreads, number[]>(new URL('./support/stick-thread.js', import.meta.url), THREADS, shared);
  const counted = answers[0].map((_, key) => answers.reduce((sum, one) => sum + one[key], 0));
  return { table: new StickTable(buffer, shape), counted };
}

/** What an entry holds, by name; all of them under key 0, 1 ... */
function read(table: StickTable, entry: number): number[] {
  return [...table.fields.values()].map((field) => table.read(entry, field, 0, 0));
}

test('every count of every thread is there, and nobody holds anything at the end', async () => {
  const { table, counted } = await hammer(SHAPE, SHAPE.size);
  assert.is(
    counted.reduce((sum, one) => sum + one, 0),
    THREADS * ROUNDS,
  );
  assert.is(table.count, SHAPE.size);
  for (const [byte, count] of counted.entries()) {
    const entry = table.find({ bytes: Uint8Array.of(byte), length: 1 }, 0);
    assert.equal(read(table, entry), [count, 0, count], `key ${byte}`);
    assert.is(table.trackers(entry), 0);
  }
});

test('a table that is always full never holds more than its size, and each key once', async () => {
  const { table } = await hammer({ ...SHAPE, size: 20 }, 60);
  const key: StickKey = { bytes: new Uint8Array(4), length: 0 };
  const keys = table.list(0).map((entry) => {
    table.readKey(entry, key);
    assert.is(table.find(key, 0), entry);
    assert.is(table.trackers(entry), 0);
    assert.is(read(table, entry)[1], 0);
    return key.bytes[0];
  });
  assert.is(keys.length, table.count);
  assert.ok(table.count <= 20 && table.count >= 19, `${table.count} entries`);
  assert.is(new Set(keys).size, keys.length);
});

test.run();
