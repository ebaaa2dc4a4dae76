/** Stick tables: held against a simple model over random operations, and rule by rule. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { StickField } from '../../src/shared/stick-data.js';
import { NO_ENTRY, type StickKey, StickTable, type StickTableShape } from '../../src/shared/stick-table.js';
import { Random } from '../sim/random.js';

const SHAPE: StickTableShape = {
  keyLength: 8,
  size: 4,
  expireMs: 1000,
  nopurge: false,
  data: [
    { name: 'gpc0', periodMs: 0, count: 1 },
    { name: 'gpt', periodMs: 0, count: 3 },
    { name: 'bytes_in_cnt', periodMs: 0, count: 1 },
    { name: 'conn_rate', periodMs: 1000, count: 1 },
    { name: 'conn_cur', periodMs: 0, count: 1 },
  ],
};

const open = (shape: Partial<StickTableShape> = {}): StickTable => {
  const whole = { ...SHAPE, ...shape };
  return new StickTable(StickTable.create(whole), whole);
};

function key(text: string): StickKey {
  const bytes = new Uint8Array(8);
  const { written } = new TextEncoder().encodeInto(text, bytes);
  return { bytes, length: written };
}

const field = (table: StickTable, name: string): StickField => table.fields.get(name) as StickField;

/** The keys of a table's entries, those used longest ago first. */
function keys(table: StickTable, nowMs: number): string[] {
  const into = key('');
  return table.list(nowMs).map((entry) => {
    table.readKey(entry, into);
    return new TextDecoder().decode(into.bytes.subarray(0, into.length));
  });
}

test('an entry is found by its key and by no other, and looking does not make one', () => {
  const table = open();
  assert.is(table.find(key('a'), 0), NO_ENTRY);
  const entry = table.obtain(key('a'), 0);
  assert.is(table.obtain(key('a'), 0), entry);
  assert.is(table.find(key('a'), 0), entry);
  assert.is(table.find(key('aa'), 0), NO_ENTRY);
  assert.is(table.find(key(''), 0), NO_ENTRY);
  assert.is(table.count, 1);
});

test('an entry ends when it was not used for the time of the table, and begins anew with nothing', () => {
  const table = open();
  const entry = table.obtain(key('a'), 5000);
  table.add(entry, field(table, 'gpc0'), 0, 7, 5000);
  table.touch(entry, 5600);
  assert.is(table.expiresIn(entry, 5700), 900);
  assert.is(table.find(key('a'), 6599), entry);
  assert.is(table.find(key('a'), 6600), NO_ENTRY);
  assert.is(table.count, 0);
  const again = table.obtain(key('a'), 6600);
  assert.is(table.read(again, field(table, 'gpc0'), 0, 6600), 0);
});

test('time that wraps ends entries all the same', () => {
  const table = open();
  const late = 0x7fff_ffff;
  const entry = table.obtain(key('a'), late);
  assert.is(table.find(key('a'), (late + 999) | 0), entry);
  assert.is(table.find(key('a'), (late + 1000) | 0), NO_ENTRY);
});

test('an entry that is tracked neither ends nor makes room', () => {
  const table = open();
  const held = table.obtain(key('held'), 0);
  table.hold(held);
  assert.is(table.find(key('held'), 1_000_000), held);
  for (let i = 0; i < 20; i++) assert.is.not(table.obtain(key(`k${i}`), 1_000_000), NO_ENTRY);
  assert.is(table.find(key('held'), 1_000_000), held);
  assert.is(table.drop(held), false);
  table.release(held);
  assert.is(table.drop(held), true);
  assert.is(table.find(key('held'), 1_000_000), NO_ENTRY);
});

test('of a full table the entries used longest ago make room', () => {
  const table = open();
  for (const name of ['a', 'b', 'c', 'd']) table.obtain(key(name), 0);
  table.obtain(key('a'), 1);
  table.obtain(key('e'), 2);
  assert.equal(keys(table, 2), ['c', 'd', 'a', 'e']);
});

test('a 256th part of a large table, and one, make room at a time', () => {
  const table = open({ size: 1024 });
  for (let i = 0; i < 1024; i++) table.obtain(key(String(i)), 0);
  table.obtain(key('new'), 1);
  assert.is(table.count, 1024 - 5 + 1);
  assert.equal(keys(table, 1).slice(0, 2), ['5', '6']);
});

test('with nopurge, or when all are tracked, a full table takes nothing new', () => {
  const stubborn = open({ nopurge: true });
  for (const name of ['a', 'b', 'c', 'd']) stubborn.obtain(key(name), 0);
  assert.is(stubborn.obtain(key('e'), 1), NO_ENTRY);
  assert.is.not(stubborn.obtain(key('e'), 1000), NO_ENTRY, 'those that are over make room');
  const busy = open();
  for (const name of ['a', 'b', 'c', 'd']) busy.hold(busy.obtain(key(name), 0));
  assert.is(busy.obtain(key('e'), 1), NO_ENTRY);
  assert.is(busy.count, 4);
});

test('a table without expire keeps its entries', () => {
  const table = open({ expireMs: 0 });
  const entry = table.obtain(key('a'), 0);
  assert.is(table.find(key('a'), 0x7fff_ffff), entry);
  assert.is(table.expiresIn(entry, 99), 0);
});

test('data of an entry: counters, arrays, bytes beyond 2^32, rates', () => {
  const table = open();
  const entry = table.obtain(key('a'), 0);
  const other = table.obtain(key('b'), 0);
  table.add(entry, field(table, 'gpc0'), 0, 2 ** 32 - 1, 0);
  assert.is(table.read(entry, field(table, 'gpc0'), 0, 0), 2 ** 32 - 1);
  table.set(entry, field(table, 'gpt'), 2, 77, 0);
  table.add(entry, field(table, 'bytes_in_cnt'), 0, 2 ** 33 + 5, 0);
  table.add(entry, field(table, 'bytes_in_cnt'), 0, 2 ** 32 - 5, 0);
  for (let i = 0; i < 3; i++) table.add(entry, field(table, 'conn_rate'), 0, 1, 100);
  assert.equal(
    [0, 1, 2].map((element) => table.read(entry, field(table, 'gpt'), element, 0)),
    [0, 0, 77],
  );
  assert.is(table.read(entry, field(table, 'bytes_in_cnt'), 0, 0), 2 ** 33 + 2 ** 32);
  assert.is(table.read(entry, field(table, 'conn_rate'), 0, 200), 3);
  assert.is(table.read(entry, field(table, 'conn_rate'), 0, 5000), 0);
  table.set(entry, field(table, 'conn_rate'), 0, 0, 200);
  assert.is(table.read(entry, field(table, 'conn_rate'), 0, 200), 0);
  for (const one of table.fields.values()) assert.is(table.read(other, one, 0, 200), 0, `${one.name} of another entry`);
});

test('a worker whose clock is behind that of another counts and reads all the same', () => {
  const table = open();
  const entry = table.obtain(key('a'), 5000);
  const rate = field(table, 'conn_rate');
  for (const nowMs of [5000, 4999, 5001, 4998]) table.add(entry, rate, 0, 1, nowMs);
  assert.is(table.read(entry, rate, 0, 4997), 4);
  assert.is(table.read(entry, rate, 0, 5000), 4);
});

test('what a dead worker tracked is let go', () => {
  const table = open();
  const entry = table.obtain(key('a'), 0);
  table.hold(entry);
  table.add(entry, field(table, 'conn_cur'), 0, 1, 0);
  table.abandon(entry);
  assert.is(table.trackers(entry), 0);
  assert.is(table.read(entry, field(table, 'conn_cur'), 0, 0), 0);
});

test('whoever dies in the middle of a change leaves entries that are found, in their order, and counts of those who live', () => {
  const shape = { ...SHAPE, size: 8 };
  const buffer = StickTable.create(shape);
  const table = new StickTable(buffer, shape);
  const entries = ['a', 'b', 'c', 'gone', 'half'].map((name, i) => table.obtain(key(name), i));
  const [a, b, , gone, half] = entries;
  const current = field(table, 'conn_cur');
  table.drop(gone);
  for (const entry of [a, b]) table.hold(entry);
  table.add(a, current, 0, 1, 0); // it was the dead one's; that of b, who lives, is lost
  table.lock(3);
  const words = new Int32Array(buffer);
  // All lists in pieces: the header's behind the lock and the two counts, the buckets, and within each entry.
  words.fill(77, 3, 6);
  words.fill(77, 16, 32);
  const stride = (words.length - 32) / shape.size;
  for (const entry of entries) words.fill(77, 32 + entry * stride, 32 + entry * stride + 3);
  words[32 + half * stride + 3]++; // the hash is of another key: this one was not written to the end
  assert.ok(table.isHeldBy(3));
  table.mend(3, new Map([[b, 1]]));
  assert.not(table.isHeldBy(3));
  assert.equal(keys(table, 10), ['a', 'b', 'c']);
  assert.is(table.count, 3);
  assert.equal(
    [a, b].map((entry) => table.trackers(entry)),
    [0, 1],
  );
  assert.equal(
    [a, b].map((entry) => table.read(entry, current, 0, 10)),
    [0, 1],
  );
  for (const name of ['a', 'd', 'e', 'f', 'g', 'h']) assert.is.not(table.obtain(key(name), 20), NO_ENTRY);
  assert.equal(keys(table, 30), ['b', 'c', 'a', 'd', 'e', 'f', 'g', 'h']);
  assert.is(table.find(key('b'), 30), b);
});

/** What a table does, in the simplest way. */
class Model {
  /** The entry used longest ago first. */
  readonly entries = new Map<string, { usedAt: number; held: number; count: number }>();

  expire(nowMs: number): void {
    for (const [name, { usedAt, held }] of this.entries) if (held === 0 && nowMs - usedAt >= 1000) this.entries.delete(name);
  }

  obtain(name: string, nowMs: number, size: number): boolean {
    const known = this.entries.get(name);
    if (known === undefined && this.entries.size >= size) {
      let room = (size >> 8) + 1;
      for (const [other, { held }] of this.entries) if (room > 0 && held === 0 && this.entries.delete(other)) room--;
      if (this.entries.size >= size) return false;
    }
    this.entries.delete(name);
    this.entries.set(name, { usedAt: nowMs, held: known?.held ?? 0, count: (known?.count ?? 0) + 1 });
    return true;
  }
}

test('any sequence of uses leaves what the model says', () => {
  for (let seed = 1; seed <= 400; seed++) {
    const random = new Random(seed);
    const size = random.pick([1, 3, 16, 300]);
    const table = open({ size });
    const model = new Model();
    const held: string[] = [];
    let nowMs = random.pick([0, 0x7fff_fe00]);
    const begin = nowMs;
    for (let step = 0; step < 300; step++) {
      const name = String(random.below(size * 2));
      nowMs += random.pick([0, 1, 40, 600]);
      model.expire(nowMs - begin);
      const entry = table.obtain(key(name), nowMs | 0);
      const known = model.obtain(name, nowMs - begin, size);
      assert.is(entry !== NO_ENTRY, known, `seed ${seed} step ${step}: ${name}`);
      if (!known) continue;
      table.add(entry, field(table, 'gpc0'), 0, 1, nowMs | 0);
      const mine = model.entries.get(name);
      assert.is(
        table.read(entry, field(table, 'gpc0'), 0, nowMs | 0),
        mine?.count,
        `seed ${seed} step ${step}: count of ${name}`,
      );
      if (random.chance(10) && mine !== undefined) {
        table.hold(entry);
        mine.held++;
        held.push(name);
      }
      if (random.chance(20) && held.length > 0) {
        const freed = held.shift() as string;
        const one = table.find(key(freed), nowMs | 0);
        table.release(one);
        const theirs = model.entries.get(freed);
        if (theirs !== undefined) theirs.held--;
      }
      model.expire(nowMs - begin);
      assert.equal(keys(table, nowMs | 0), [...model.entries.keys()], `seed ${seed} step ${step}`);
    }
  }
});

test.run();
