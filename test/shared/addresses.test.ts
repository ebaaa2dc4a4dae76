/** Addresses of servers that have moved: what is written is read, whole, and only by who asks for that server. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ServerAddressRow, ServerAddressTable } from '../../src/shared/addresses.js';
import type { Looks, Moves } from './support/addresses-thread.js';
import { inThreads } from './support/threads.js';

test('a row is unwritten at first, then what was written last', () => {
  const buffer = ServerAddressTable.create([2, 0, 1]);
  const table = new ServerAddressTable(buffer, [2, 0, 1]);
  const row = new ServerAddressRow();
  assert.equal([table.sequence(0, 0), table.read(2, 0, row), row.address.family], [0, 0, 0]);
  row.address.setIpv6(1, -2, 3, -4, 65535);
  row.mapsPort = true;
  table.write(0, 1, row);
  const read = new ServerAddressRow();
  assert.is(new ServerAddressTable(buffer, [2, 0, 1]).read(0, 1, read), table.sequence(0, 1));
  assert.equal(read, row);
  row.address.setIpv4(-5, 80);
  row.mapsPort = false;
  const before = table.sequence(0, 1);
  table.write(0, 1, row);
  assert.is.not(table.sequence(0, 1), before);
  table.read(0, 1, read);
  assert.equal(read, row);
  assert.equal([table.sequence(0, 0), table.sequence(2, 0)], [0, 0]);
});

test('an offset below zero is read as it was written', () => {
  const table = new ServerAddressTable(ServerAddressTable.create([1]), [1]);
  const row = new ServerAddressRow();
  row.address.setIpv4(1, -5);
  row.mapsPort = true;
  table.write(0, 0, row);
  row.address.clear();
  table.read(0, 0, row);
  assert.is(row.address.port, -5);
});

/** Addresses that each thread has to see: many of them on their way. */
const SEEN = 100;

test('threads that look while another one writes never see half of an address', async () => {
  const shared: Moves = {
    buffer: ServerAddressTable.create([1, 2]),
    rounds: 200_000,
    seen: SEEN,
    progress: new Int32Array(new SharedArrayBuffer(8)),
  };
  const url = new URL('./support/addresses-thread.js', import.meta.url);
  const answers = await inThreads<Moves, Looks>(url, 3, shared);
  for (const { torn, seen } of answers.slice(1)) {
    assert.is(torn, 0);
    assert.ok(seen >= SEEN, `${seen} addresses seen: the threads did not run side by side`);
  }
});

test.run();
