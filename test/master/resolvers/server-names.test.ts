/** What becomes of servers while their names say this and that. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { a, aaaa, lab, NXDOMAIN, named, section, srv } from './support/lab.js';

const PLACE = { backend: 0, server: 0 };

test('a server gets its address, follows it, and says so', () => {
  const { clock, dns, hosts, up, takeSaid, names } = lab([named('s', 'one.test')]);
  assert.equal([hosts(), up()], ['-', '-']);
  let host = '10.0.0.1';
  dns.answer = ({ name, reply }) => reply([a(name, host)]);
  clock.passAtOnce(0);
  assert.equal([hosts(), up()], ['10.0.0.1', '+']);
  assert.equal(takeSaid(), [
    'b/s changed its IP from (none) to 10.0.0.1 by dns/ns1.',
    'Server b/s administratively READY thanks to valid DNS answer.',
  ]);
  host = '10.0.0.2';
  clock.passAtOnce(1000);
  assert.is(hosts(), '10.0.0.2');
  assert.equal(takeSaid(), ['b/s changed its IP from 10.0.0.1 to 10.0.0.2 by dns/ns1.']);
  clock.passAtOnce(5000);
  assert.equal(takeSaid(), []);
  assert.equal([names.sections[0].statistics[0].counters.valid, names.sections[0].statistics[0].counters.update], [7, 2]);
});

test('an address that is still in the answer is kept, wherever it stands', () => {
  const { clock, dns, hosts } = lab([named('s', 'one.test')]);
  let order = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
  dns.answer = ({ name, reply }) => reply(order.map((host) => a(name, host)));
  clock.passAtOnce(0);
  order = ['10.0.0.3', '10.0.0.2', '10.0.0.1'];
  clock.passAtOnce(1000);
  assert.is(hosts(), '10.0.0.1');
  order = ['10.0.0.3', '10.0.0.2'];
  clock.passAtOnce(1000);
  assert.is(hosts(), '10.0.0.2');
});

test('servers of a template share out the addresses, and wait when there are too few', () => {
  const { clock, dns, hosts, up, takeSaid } = lab([named('t1', 'two.test'), named('t2', 'two.test'), named('t3', 'two.test')]);
  let there = ['10.0.0.1', '10.0.0.2'];
  dns.answer = ({ name, reply }) => reply(there.map((host) => a(name, host)));
  clock.passAtOnce(0);
  assert.equal([hosts(), up()], ['10.0.0.1 10.0.0.2 -', '++-']);
  assert.ok(takeSaid().includes('b/t2 changed its IP from (none) to 10.0.0.2 by DNS cache.'));
  there = ['10.0.0.2', '10.0.0.3', '10.0.0.4'];
  clock.passAtOnce(1000);
  assert.is(hosts().split(' ').sort().join(' '), '10.0.0.2 10.0.0.3 10.0.0.4');
  assert.is(hosts().split(' ')[1], '10.0.0.2', 'who has an address keeps it');
  there = ['10.0.0.4'];
  clock.passAtOnce(1000);
  assert.is(up().replaceAll('-', ''), '+');
});

test('servers that may share an address do, when there is no other', () => {
  const share = { allowDuplicateIp: true };
  const { clock, dns, hosts } = lab([named('t1', 'two.test', share), named('t2', 'two.test', share)]);
  dns.answer = ({ name, reply }) => reply([a(name, '10.0.0.1')]);
  clock.passAtOnce(0);
  assert.is(hosts(), '10.0.0.1 10.0.0.1');
});

test('an address outlives bad answers as long as hold says, and comes back with the next good one', () => {
  const { clock, dns, hosts, up, takeSaid } = lab(
    [named('s', 'one.test')],
    section({ holdMs: { ...section().holdMs, nx: 4000 } }),
  );
  dns.answer = ({ name, reply }) => reply([a(name, '10.0.0.1')]);
  clock.passAtOnce(0);
  takeSaid();
  dns.answer = ({ reply }) => reply([], { rcode: NXDOMAIN });
  clock.passAtOnce(3900);
  assert.equal([hosts(), up()], ['10.0.0.1', '+']);
  clock.passAtOnce(3000);
  assert.equal([hosts(), up()], ['-', '-']);
  dns.answer = ({ name, reply }) => reply([a(name, '10.0.0.1')]);
  clock.passAtOnce(2000);
  assert.equal([hosts(), up()], ['10.0.0.1', '+']);
});

const found = (name: string, host: string) => ({
  ...named(name, 'one.test'),
  unresolved: false,
  address: { family: 'ipv4', host, port: 80 } as const,
});

test('an address of the start is held like one of an answer', () => {
  const { clock, hosts, up } = lab([found('s', '10.0.0.1')], section({ holdMs: { ...section().holdMs, timeout: 10_000 } }));
  clock.passAtOnce(9900);
  assert.equal([hosts(), up()], ['10.0.0.1', '+']);
  clock.passAtOnce(3000);
  assert.equal([hosts(), up()], ['-', '-']);
});

test('servers that begin with one address part, and those that begin with their own keep it', () => {
  const same = lab([found('s1', '10.0.0.1'), found('s2', '10.0.0.1'), found('s3', '10.0.0.1')]);
  same.dns.answer = ({ name, reply }) => reply(['10.0.0.2', '10.0.0.1'].map((host) => a(name, host)));
  same.clock.passAtOnce(0);
  assert.equal([same.hosts(), same.up()], ['10.0.0.1 10.0.0.2 -', '++-']);
  const own = lab([found('s1', '10.0.0.1'), found('s2', '10.0.0.2')]);
  own.dns.answer = ({ name, reply }) => reply(['10.0.0.2', '10.0.0.3'].map((host) => a(name, host)));
  own.clock.passAtOnce(0);
  assert.is(own.hosts(), '10.0.0.3 10.0.0.2', 'nobody takes what another one has');
});

test('a dead DNS server takes addresses away only after hold timeout', () => {
  const { clock, dns, hosts, up } = lab([named('s', 'one.test')], section({ holdMs: { ...section().holdMs, timeout: 10_000 } }));
  dns.answer = ({ name, reply }) => reply([a(name, '10.0.0.1')]);
  clock.passAtOnce(0);
  dns.answer = null;
  clock.passAtOnce(9900);
  assert.equal([hosts(), up()], ['10.0.0.1', '+']);
  clock.passAtOnce(3000);
  assert.equal([hosts(), up()], ['-', '-']);
});

test('a name that has no address any more loses it at once', () => {
  const { clock, dns, up } = lab([named('s', 'one.test', { prefer: 'ipv6' }), named('t', 'one.test', { prefer: 'ipv6' })]);
  dns.answer = ({ name, type, reply }) => reply(type === 'AAAA' ? [aaaa(name, '::1'), aaaa(name, '::2')] : []);
  clock.passAtOnce(0);
  assert.is(up(), '++');
  dns.answer = ({ name, type, reply }) => reply(type === 'AAAA' ? [aaaa(name, '::2')] : []);
  clock.passAtOnce(1000);
  assert.is(up(), '-+');
});

test('where the operator has sent a server, it stays until its name says something new', () => {
  const { clock, dns, addresses, hosts } = lab([named('s', 'one.test')]);
  let host = '10.0.0.1';
  dns.answer = ({ name, reply }) => reply([a(name, host)]);
  clock.passAtOnce(0);
  addresses.setAddress(PLACE, { ip: { family: 'ipv4', host: '10.7.7.7' } });
  clock.passAtOnce(5000);
  assert.is(hosts(), '10.7.7.7');
  host = '10.0.0.2';
  clock.passAtOnce(1000);
  assert.is(hosts(), '10.0.0.2');
});

test('another name is resolved in its place', () => {
  const { clock, dns, names, addresses, hosts } = lab([named('s', 'one.test')]);
  dns.answer = ({ name, reply }) => reply([a(name, name === 'one.test' ? '10.0.0.1' : '10.0.0.2')]);
  clock.passAtOnce(0);
  names.setFqdn(PLACE, 'two.test');
  dns.take();
  clock.passAtOnce(1500);
  assert.equal([...new Set(dns.take())], ['ns1 A two.test']);
  assert.equal([hosts(), addresses.fqdn(PLACE)], ['10.0.0.2', 'two.test']);
});

test('an address is kept from who may share it, and servers that share part when they can', () => {
  const share = { allowDuplicateIp: true };
  const { clock, dns, hosts } = lab([named('own', 'one.test'), named('t1', 'one.test', share), named('t2', 'one.test', share)]);
  let there = ['10.0.0.1'];
  dns.answer = ({ name, reply }) => reply(there.map((host) => a(name, host)));
  clock.passAtOnce(3000);
  assert.is(hosts(), '10.0.0.1 10.0.0.1 10.0.0.1');
  there = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
  clock.passAtOnce(1000);
  assert.is(hosts(), '10.0.0.1 10.0.0.2 10.0.0.3');
});

const SERVICE = '_http._tcp.test';
const service = (count: number, change = {}) => Array.from({ length: count }, (_, i) => named(`s${i + 1}`, SERVICE, change));
const ports = ({ addresses }: ReturnType<typeof lab>, count: number): number[] =>
  Array.from({ length: count }, (_, server) => addresses.port({ backend: 0, server }).port);

test('servers of a service take host, port, weight and the address that comes along', () => {
  const scene = lab(service(3));
  const { clock, dns, hosts, up, addresses, group, takeSaid } = scene;
  const records = [srv(SERVICE, 'n1.test', 81, 10), srv(SERVICE, 'n2.test', 82, 65535)];
  dns.answer = ({ reply }) => reply(records, { additionals: [a('n1.test', '10.0.0.1'), a('n2.test', '10.0.0.2')] });
  clock.passAtOnce(0);
  assert.equal([hosts(), up(), ports(scene, 3)], ['10.0.0.1 10.0.0.2 -', '++-', [81, 82, 0]]);
  assert.equal([group.weight(0), group.weight(1)], [1, 256]);
  assert.equal(
    [0, 1, 2].map((server) => addresses.fqdn({ backend: 0, server })),
    ['n1.test', 'n2.test', null],
  );
  assert.equal(takeSaid().slice(0, 2), [
    'b/s1 changed its IP from (none) to 10.0.0.1 by DNS additional record.',
    "b/s1 changed its FQDN from (null) to n1.test by 'SRV record'",
  ]);
  records.shift();
  records.push(srv(SERVICE, 'n2.test', 83, 0));
  clock.passAtOnce(1000);
  assert.equal([hosts(), ports(scene, 3)], ['10.0.0.2 10.0.0.2 -', [83, 82, 0]]);
  assert.is(group.weight(0), 0);
});

test('without an address that comes along, the host is resolved', () => {
  const { clock, dns, hosts, up, takeSaid } = lab(service(1, { ignoreWeight: true }));
  dns.answer = ({ type, name, reply }) => reply(type === 'SRV' ? [srv(SERVICE, 'n1.test', 81, 700)] : [a(name, '10.0.0.1')]);
  clock.passAtOnce(0);
  assert.equal(dns.take(), [`ns1 SRV ${SERVICE}`, 'ns1 A n1.test']);
  assert.equal([hosts(), up()], ['10.0.0.1', '+']);
  assert.equal(takeSaid(), [
    "b/s1 changed its FQDN from (null) to n1.test by 'SRV record'",
    'b/s1 changed its IP from (none) to 10.0.0.1 by dns/ns1.',
    'Server b/s1 administratively READY thanks to valid DNS answer.',
  ]);
  dns.answer = ({ type, name, reply }) => reply(type === 'SRV' ? [srv(SERVICE, 'n2.test', 81)] : [a(name, '10.0.0.2')]);
  clock.passAtOnce(1000);
  dns.take();
  clock.passAtOnce(1000);
  assert.equal([...new Set(dns.take())].sort(), [`ns1 A n2.test`, `ns1 SRV ${SERVICE}`], 'nobody asks for n1 any more');
  assert.is(hosts(), '10.0.0.2');
});

test('a service that is gone empties its servers after hold', () => {
  const scene = lab(service(2), section({ holdMs: { ...section().holdMs, nx: 5000 } }));
  const { clock, dns, hosts, up } = scene;
  dns.answer = ({ reply }) => reply([srv(SERVICE, 'n1.test', 81)], { additionals: [a('n1.test', '10.0.0.1')] });
  clock.passAtOnce(0);
  dns.answer = ({ reply }) => reply([], { rcode: NXDOMAIN });
  clock.passAtOnce(4000);
  assert.equal([hosts(), up()], ['10.0.0.1 -', '+-']);
  clock.passAtOnce(5000);
  assert.equal([hosts(), up(), ports(scene, 2)], ['- -', '--', [0, 0]]);
  dns.answer = ({ reply }) => reply([srv(SERVICE, 'n1.test', 81)], { additionals: [a('n1.test', '10.0.0.1')] });
  clock.passAtOnce(3000);
  assert.equal([hosts(), up()], ['10.0.0.1 -', '+-']);
});

test('a server whose host was known before takes the record of that host', () => {
  const scene = lab(service(3));
  const { clock, dns, hosts, addresses } = scene;
  const second = { backend: 0, server: 1 };
  addresses.setFqdn(second, 'n2.test');
  addresses.setAddress(second, { ip: { family: 'ipv4', host: '10.0.0.2' }, port: { port: 82, mapped: false } });
  addresses.setFqdn({ backend: 0, server: 2 }, 'gone.test');
  const records = [srv(SERVICE, 'n1.test', 81), srv(SERVICE, 'n2.test', 82)];
  dns.answer = ({ reply }) => reply(records, { additionals: [a('n1.test', '10.0.0.1'), a('n2.test', '10.0.0.2')] });
  clock.passAtOnce(0);
  assert.equal([hosts(), ports(scene, 3)], ['10.0.0.1 10.0.0.2 -', [81, 82, 0]]);
  assert.is(addresses.fqdn({ backend: 0, server: 2 }), null);
});

test('names of a thousand servers cost one query each, and none for what they share', () => {
  const { clock, dns, up } = lab(Array.from({ length: 1000 }, (_, i) => named(`s${i}`, i < 500 ? `n${i}.test` : 'all.test')));
  const all = Array.from({ length: 500 }, (_, i) => `10.1.${i >> 8}.${i & 0xff}`);
  dns.answer = ({ name, reply }) => reply(name === 'all.test' ? all.map((host) => a(name, host)) : [a(name, '10.0.0.1')]);
  clock.passAtOnce(0);
  assert.is(dns.asked.length, 501);
  assert.is(up(), '+'.repeat(500) + '-'.repeat(500), 'an answer of 500 addresses is larger than what is accepted');
});

test.run();
