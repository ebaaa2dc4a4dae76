/** What each worker holds can be read by somebody else after its death. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { HoldingsTable } from '../../src/shared/holdings.js';

test('descriptors come and go, each worker its own', () => {
  const buffer = HoldingsTable.create(2, 1000);
  const first = new HoldingsTable(buffer).forWorker(0);
  const second = new HoldingsTable(buffer).forWorker(1);
  for (const fd of [3, 31, 32, 63, 999]) first.hold(fd);
  second.hold(4);
  first.drop(32);
  const reader = new HoldingsTable(buffer);
  assert.equal(reader.descriptors(0), [3, 31, 63, 999]);
  assert.equal(reader.descriptors(1), [4]);
});

test('a descriptor held twice is held once, and dropping what is not held changes nothing', () => {
  const table = new HoldingsTable(HoldingsTable.create(1, 64));
  const holdings = table.forWorker(0);
  holdings.hold(7);
  holdings.hold(7);
  holdings.drop(8);
  assert.equal(table.descriptors(0), [7]);
  holdings.drop(7);
  assert.equal(table.descriptors(0), []);
});

test('mappings above four gigabytes keep their address', () => {
  const table = new HoldingsTable(HoldingsTable.create(2, 64));
  table.forWorker(1).holdMemory(0x7fff_1234_5000, 8192);
  table.forWorker(1).holdMemory(0x4000_0000, 4096);
  assert.equal(table.memory(1), [
    [0x7fff_1234_5000, 8192],
    [0x4000_0000, 4096],
  ]);
  assert.equal(table.memory(0), []);
});

test('forgetting one worker leaves the other', () => {
  const table = new HoldingsTable(HoldingsTable.create(2, 600));
  for (const worker of [0, 1]) {
    table.forWorker(worker).hold(511);
    table.forWorker(worker).holdMemory(4096, 4096);
  }
  table.clear(0);
  assert.equal([table.descriptors(0), table.memory(0)], [[], []]);
  assert.equal([table.descriptors(1), table.memory(1)], [[511], [[4096, 4096]]]);
});

test('more mappings than there is room for are refused, not lost', () => {
  const holdings = new HoldingsTable(HoldingsTable.create(1, 64)).forWorker(0);
  assert.throws(() => {
    for (let i = 0; i < 2000; i++) holdings.holdMemory(4096 * i, 4096);
  }, /a worker has more than \d+ mappings/);
});

test.run();
