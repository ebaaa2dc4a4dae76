/** Where servers and their checks are, after all that can move them. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ServerAddresses } from '../../../src/master/servers/server-addresses.js';
import { DEFAULT_BACKEND, defaultServer, type ServerPlan } from '../../../src/plan/plan.js';
import { ServerAddressRow, ServerAddressTable } from '../../../src/shared/addresses.js';

const A = { backend: 0, server: 0 };
const ip = (host: string, port: number) => ({ family: 'ipv4', host, port }) as const;

function server(change: Partial<ServerPlan> = {}): ServerPlan {
  return { ...defaultServer('a', 1, ip('10.0.0.1', 80), 1), ...change };
}

function lab(plan: ServerPlan) {
  const table = new ServerAddressTable(ServerAddressTable.create([1]), [1]);
  return { table, addresses: new ServerAddresses([{ ...DEFAULT_BACKEND, servers: [plan] }], table) };
}

test('the plan holds until something moves the server; workers are told only then', () => {
  const { table, addresses } = lab(server());
  assert.equal(addresses.socketAddress(A), ip('10.0.0.1', 80));
  assert.is(table.sequence(0, 0), 0);
  addresses.setAddress(A, { ip: { family: 'ipv6', host: '2001:db8::7' } });
  assert.equal(addresses.socketAddress(A), { family: 'ipv6', host: '2001:db8::7', port: 80 });
  assert.equal(addresses.checkAddress(A), { family: 'ipv6', host: '2001:db8::7', port: 80 });
  const row = new ServerAddressRow();
  table.read(0, 0, row);
  assert.equal([row.address.family, row.address.word0, row.address.word3, row.address.port], [6, 0x20010db8, 7, 80]);
  addresses.setAddress(A, { port: { port: -3, mapped: true } });
  table.read(0, 0, row);
  assert.equal([row.address.word3, row.address.port, row.mapsPort], [7, -3, true]);
});

test('a server without an address is nowhere until it gets one, and keeps its port', () => {
  const { table, addresses } = lab(server({ address: ip('0.0.0.0', 8080), unresolved: true, fqdn: 'web.test' }));
  assert.equal([addresses.socketAddress(A), addresses.checkAddress(A), addresses.fqdn(A)], [null, null, 'web.test']);
  addresses.setAddress(A, { ip: { family: 'ipv4', host: '10.0.0.9' } });
  assert.equal(addresses.socketAddress(A), ip('10.0.0.9', 8080));
  const { sequence } = { sequence: table.sequence(0, 0) };
  addresses.setAddress(A, { ip: null });
  assert.is(addresses.socketAddress(A), null);
  assert.is(table.sequence(0, 0), sequence, 'nobody is sent to nowhere');
});

test('checks follow the server unless they were sent elsewhere', () => {
  const plan = server();
  const check = { ...plan.check, port: 81, elsewhere: ip('10.9.9.9', 0) };
  const { addresses } = lab({ ...plan, check });
  assert.equal(addresses.checkAddress(A), ip('10.9.9.9', 81));
  addresses.setAddress(A, { ip: { family: 'ipv4', host: '10.0.0.2' } });
  assert.equal(addresses.checkAddress(A), ip('10.9.9.9', 81));
  addresses.setCheckAddress(A, { ip: { family: 'ipv4', host: '10.8.8.8' }, port: 82 });
  assert.equal(addresses.checkAddress(A), ip('10.8.8.8', 82));
  assert.equal(addresses.checkSettings(A), { port: 82, ip: { family: 'ipv4', host: '10.8.8.8' } });
});

test('a server on a UNIX socket stays there', () => {
  const address = { family: 'unix', path: '/run/s', abstract: false } as const;
  const { table, addresses } = lab(server({ address }));
  addresses.setAddress(A, { ip: { family: 'ipv4', host: '10.0.0.2' } });
  assert.equal([addresses.isUnix(A), addresses.socketAddress(A), addresses.checkAddress(A)], [true, address, address]);
  assert.is(table.sequence(0, 0), 0);
});

test.run();
