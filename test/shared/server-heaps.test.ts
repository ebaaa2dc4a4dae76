/** The priority queues over servers: always in order, whatever is put in and taken out. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ServerTable } from '../../src/shared/servers.js';
import { Random } from '../sim/random.js';

const SERVERS = 40;

function heapsOf(size: number) {
  return new ServerTable(ServerTable.create([3, size], 1), [3, size], 1, 0).groups[1].heaps;
}

test('random servers put in and taken out are in order, in three heaps beside each other', () => {
  const seed = Math.trunc(Math.random() * 2 ** 31);
  const random = new Random(seed);
  const heaps = heapsOf(SERVERS);
  const model = [0, 1, 2].map(() => [] as { server: number; rank: readonly number[] }[]);
  let order = 0;
  for (let step = 0; step < 20_000; step++) {
    const server = random.below(SERVERS);
    const heap = heaps.heapOf(server);
    const expected = model.findIndex((entries) => entries.some((entry) => entry.server === server));
    assert.is(heap, expected, `seed ${seed}, step ${step}`);
    if (heap >= 0) {
      heaps.remove(server);
      model[heap] = model[heap].filter((entry) => entry.server !== server);
    } else {
      const [into, key, fine] = [random.below(3), random.below(9), random.below(4)];
      heaps.insert(into, server, key, fine);
      model[into].push({ server, rank: [key, fine, order++] });
      model[into].sort((a, b) => a.rank[0] - b.rank[0] || a.rank[1] - b.rank[1] || a.rank[2] - b.rank[2]);
    }
    for (const [i, entries] of model.entries()) assert.is(heaps.first(i), entries[0]?.server ?? -1, `seed ${seed}, step ${step}`);
  }
});

test('an order that has wrapped is later than one before it', () => {
  const heaps = heapsOf(2);
  heaps.insert(0, 0, 5, 0, 0x7fff_ffff);
  heaps.insert(0, 1, 5, 0, -0x8000_0000);
  assert.is(heaps.first(0), 0);
});

test('taking out what is in no heap does nothing', () => {
  const heaps = heapsOf(2);
  heaps.insert(0, 1, 1, 0);
  heaps.remove(0);
  assert.is(heaps.first(0), 1);
});

test('cleared heaps are empty', () => {
  const heaps = heapsOf(2);
  heaps.insert(0, 0, 1, 0);
  heaps.insert(5, 1, 1, 0);
  heaps.clear();
  for (const server of [0, 1]) heaps.forget(server);
  assert.equal([heaps.first(0), heaps.first(5), heaps.heapOf(0), heaps.heapOf(1)], [-1, -1, -1, -1]);
});

test.run();
