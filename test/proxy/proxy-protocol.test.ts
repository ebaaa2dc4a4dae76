/** Headers of the PROXY protocol: what they say, and what is wrong with those that are none (proxy-protocol.txt, 2.1 and 2.2). */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { HostAddress } from '../../src/kernel/host-address.js';
import {
  PROXY_INVALID,
  PROXY_NOT_THERE,
  PROXY_TRUNCATED,
  PROXY_UNHANDLED,
  readProxyHeader,
} from '../../src/proxy/proxy-protocol.js';
import { viewOf } from './support/views.js';

function read(bytes: string): { length: number; source: HostAddress; destination: HostAddress; known: boolean } {
  const into = { source: new HostAddress(), destination: new HostAddress(), sourceKnown: false, destinationKnown: false };
  const length = readProxyHeader(viewOf(bytes), into);
  return { length, source: into.source, destination: into.destination, known: into.sourceKnown && into.destinationKnown };
}

const SIGNATURE = '\r\n\r\n\0\r\nQUIT\n';
const v2 = (command: number, family: number, rest: string, length = rest.length): string =>
  `${SIGNATURE}${String.fromCharCode(command, family, length >> 8, length & 255)}${rest}`;
const TCP4 = '\xc0\0\x02\x01\xc6\x33\x64\x02\x04\x57\x08\xae';
const LINE = 'PROXY TCP4 192.0.2.1 198.51.100.2 1111 2222\r\n';

test('a line tells both addresses, and its own length', () => {
  const { length, source, destination, known } = read(`${LINE}data`);
  assert.is(length, LINE.length);
  assert.is(known, true);
  assert.equal([source.word0 >>> 0, source.port], [0xc0000201, 1111]);
  assert.equal([destination.word0 >>> 0, destination.port], [0xc6336402, 2222]);
});

test('a line with IPv6 addresses', () => {
  const { source, destination } = read('PROXY TCP6 2001:db8::1 ::2 1 65535\r\n');
  assert.equal([source.word0, source.word3, source.port], [0x20010db8, 1, 1]);
  assert.equal([destination.word0, destination.word3, destination.port], [0, 2, 65535]);
});

test('UNKNOWN, with or without something behind it, says nothing of addresses', () => {
  for (const line of ['PROXY UNKNOWN\r\n', 'PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n']) {
    const { length, known } = read(line);
    assert.equal([length, known], [line.length, false]);
  }
});

test('a binary header tells both addresses, past values that nobody knows', () => {
  const header = v2(0x21, 0x11, `${TCP4}\xe0\0\x02ab`);
  const { length, source, destination, known } = read(`${header}data`);
  assert.equal([length, known], [header.length, true]);
  assert.equal([source.word0 >>> 0, source.port], [0xc0000201, 1111]);
  assert.equal([destination.word0 >>> 0, destination.port], [0xc6336402, 2222]);
});

test('LOCAL, and families without IP addresses, leave the addresses alone', () => {
  for (const header of [
    v2(0x20, 0, ''),
    v2(0x20, 0x11, TCP4),
    v2(0x21, 0, ''),
    v2(0x21, 0x31, 'x'.repeat(216)),
    v2(0x21, 0x12, TCP4),
  ]) {
    const { length, known } = read(header);
    assert.equal([length, known], [header.length, false]);
  }
});

test('every proper beginning of a header is one that was cut off, or no header', () => {
  for (const header of [LINE, v2(0x21, 0x11, TCP4)]) {
    for (let length = 0; length < header.length; length++) {
      const result = -read(header.slice(0, length)).length;
      assert.ok([PROXY_TRUNCATED, PROXY_UNHANDLED].includes(result), `${length} bytes: ${result}`);
    }
  }
});

for (const [bytes, error] of [
  ['GET / HTTP/1.0\r\n', PROXY_NOT_THERE],
  ['PROXY SCTP 1 2 3 4\r\n', PROXY_UNHANDLED],
  [LINE.replace('\r', ''), PROXY_INVALID],
  [LINE.replace('1111', '65536'), PROXY_INVALID],
  [LINE.replace('1111', '-1'), PROXY_INVALID],
  [LINE.replace('192.0.2.1', '192.0.2.256'), PROXY_INVALID],
  [LINE.replace('192.0.2.1', '::1'), PROXY_INVALID],
  [LINE.replace('TCP4 ', 'TCP4  '), PROXY_INVALID],
  [`PROXY TCP4 ${'1'.repeat(200)}\r\n`, PROXY_INVALID],
  [v2(0x11, 0x11, TCP4), PROXY_NOT_THERE],
  [v2(0x2f, 0x11, TCP4), PROXY_INVALID],
  [v2(0x21, 0x21, TCP4), PROXY_INVALID],
  [v2(0x21, 0x11, `${TCP4}\xe0\0\x09ab`), PROXY_INVALID],
  [v2(0x21, 0x11, `${TCP4}\xe0`), PROXY_INVALID],
  [v2(0x21, 0x11, TCP4, 0xffff), PROXY_TRUNCATED],
] as const) {
  test(`${JSON.stringify(bytes.slice(0, 50))} is refused`, () => {
    const { length, known } = read(bytes);
    assert.equal([-length, known], [error, false]);
  });
}

test.run();
