/** Headers of the PROXY protocol that are sent to servers, byte for byte as HAProxy wrote them. */
import { isIPv6 } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeSockaddr, ipv6Bytes, sockaddrBytes } from '../../src/kernel/address.js';
import { BufferPool, NO_BUFFER } from '../../src/kernel/buffers.js';
import { HostAddress } from '../../src/kernel/host-address.js';
import { writeIpv4, writeIpv6, writeNumber } from '../../src/proxy/address-text.js';
import { type HeaderForm, headerForm, ProxyHeaderWriter } from '../../src/proxy/proxy-header.js';
import { Random } from '../sim/random.js';

const pool = new BufferPool(4, 1024);
const writer = new ProxyHeaderWriter(pool);

function ipv4(host: string, port: number): HostAddress {
  const [a, b, c, d] = host.split('.').map(Number);
  const address = new HostAddress();
  address.setIpv4((a << 24) | (b << 16) | (c << 8) | d, port);
  return address;
}

function ipv6(host: string, port: number): HostAddress {
  const view = new DataView(ipv6Bytes(host).buffer);
  const address = new HostAddress();
  address.setIpv6(view.getInt32(0), view.getInt32(4), view.getInt32(8), view.getInt32(12), port);
  return address;
}

function bytes(form: HeaderForm, source: HostAddress, destination: HostAddress, id = ''): Buffer {
  writer.write(1, form, source, destination, id);
  return Buffer.from(pool.bytes(1));
}

const line = (source: HostAddress, destination: HostAddress): string => bytes(headerForm(1, []), source, destination).toString();
const hex = (options: string[], source: HostAddress, destination: HostAddress, id = ''): string =>
  bytes(headerForm(2, options), source, destination, id).toString('hex');

const SIGNATURE = '0d0a0d0a000d0a515549540a';

test('version 1', () => {
  assert.is(line(ipv4('127.0.0.1', 42488), ipv4('127.0.0.1', 55255)), 'PROXY TCP4 127.0.0.1 127.0.0.1 42488 55255\r\n');
  assert.is(line(ipv6('::1', 39650), ipv6('::1', 59731)), 'PROXY TCP6 ::1 ::1 39650 59731\r\n');
  const mapped = 'PROXY TCP6 ::ffff:127.0.0.1 ::ffff:127.0.0.1 59406 59819\r\n';
  assert.is(line(ipv6('::ffff:127.0.0.1', 59406), ipv6('::ffff:127.0.0.1', 59819)), mapped);
  const mixed = 'PROXY TCP6 2001:db8::1 ::ffff:127.0.0.1 42434 45385\r\n';
  assert.is(line(ipv6('2001:db8::1', 42434), ipv4('127.0.0.1', 45385)), mixed);
  assert.is(line(new HostAddress(), new HostAddress()), 'PROXY UNKNOWN\r\n');
});

test('version 2', () => {
  const [source, destination] = [ipv4('127.0.0.1', 0xb746), ipv4('127.0.0.1', 0xe6a1)];
  assert.is(hex([], source, destination), `${SIGNATURE}2111000c7f0000017f000001b746e6a1`);
  assert.is(hex([], new HostAddress(), new HostAddress()), `${SIGNATURE}20000000`);
  const mixed = `${SIGNATURE}2121002420010db800000000000000000000000100000000000000000000ffff7f000001dd1c9807`;
  assert.is(hex([], ipv6('2001:db8::1', 0xdd1c), ipv4('127.0.0.1', 0x9807)), mixed);
});

test('options of version 2', () => {
  const at = (source: number, destination: number): [HostAddress, HostAddress] => [
    ipv4('127.0.0.1', source),
    ipv4('127.0.0.1', destination),
  ];
  assert.is(hex(['crc32c'], ...at(0xbb88, 0x9ba9)), `${SIGNATURE}211100137f0000017f000001bb889ba9030004dde84423`);
  assert.is(hex(['unique-id'], ...at(0xc258, 0xe04d), 'abc'), `${SIGNATURE}211100127f0000017f000001c258e04d050003616263`);
  const both = `${SIGNATURE}211100197f0000017f00000181e2bd79030004f2233159050003616263`;
  assert.is(hex(['crc32c', 'unique-id'], ...at(0x81e2, 0xbd79), 'abc'), both);
  assert.is(hex(['unique-id'], ...at(0x9966, 0xa7c5)), `${SIGNATURE}2111000f7f0000017f0000019966a7c5050000`);
  assert.is(hex(['ssl'], ...at(0xbd5a, 0xb701)), `${SIGNATURE}211100147f0000017f000001bd5ab7012000050000000000`);
  assert.is(hex(['authority'], ...at(0xecc0, 0xae53)), `${SIGNATURE}2111000c7f0000017f000001ecc0ae53`);
});

test('addresses are written as the system writes them', () => {
  const random = new Random(7);
  const memory = new Uint8Array(64);
  const text = (end: number): string => Buffer.from(memory.subarray(0, end)).toString();
  for (let i = 0; i < 5000; i++) {
    const words = Array.from({ length: 4 }, () =>
      random.chance(40) ? 0 : random.chance(50) ? random.below(0x10000) : random.below(0x7fffffff) | 0,
    );
    const written = text(writeIpv6(memory, 0, words[0], words[1], words[2], words[3]));
    assert.ok(isIPv6(written), written);
    const view = new DataView(ipv6Bytes(written).buffer);
    assert.equal(
      words,
      [0, 4, 8, 12].map((at) => view.getInt32(at)),
      written,
    );
    const again = decodeSockaddr(sockaddrBytes({ family: 'ipv6', host: written, port: 0 }));
    if (!written.includes('.')) assert.is('host' in again ? again.host : '', written);
    const word = random.below(0x7fffffff) - random.below(0x7fffffff);
    const dotted = [24, 16, 8, 0].map((shift) => (word >>> shift) & 0xff).join('.');
    assert.is(text(writeIpv4(memory, 0, word)), dotted);
    const number = random.below(65_536);
    assert.is(text(writeNumber(memory, 0, number)), String(number));
  }
  assert.is(text(writeIpv6(memory, 0, 0, 0, 0, 0)), '::');
});

test('buffers that are reserved go to headers only', () => {
  const buffers = new BufferPool(3, 16, 2);
  assert.is(buffers.available, 1);
  const first = buffers.take();
  assert.ok(first !== NO_BUFFER);
  assert.is(buffers.take(), NO_BUFFER);
  const header = buffers.takeReserved();
  assert.ok(header !== NO_BUFFER);
  buffers.give(first);
  assert.is(buffers.take(), NO_BUFFER, 'what comes back fills the reserve first');
  buffers.give(header);
  assert.is(buffers.available, 1);
});

test.run();
