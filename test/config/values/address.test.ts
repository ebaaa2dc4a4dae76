/** Addresses, against what HAProxy 2.6 takes and refuses. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type AddressSyntax, parseAddress, UNIX_PATH_BYTES_MAX } from '../../../src/config/values/address.js';
import { UNIX_PATH_MAX } from '../../../src/kernel/address.js';

const port = (first: number, last = first) => ({ first, last });
const ipv4 = (host: string, ports: ReturnType<typeof port> | null): AddressSyntax => ({
  kind: 'ip',
  family: 'ipv4',
  host,
  ports,
});
const ipv6 = (host: string, ports: ReturnType<typeof port> | null): AddressSyntax => ({
  kind: 'ip',
  family: 'ipv6',
  host,
  ports,
});
const unix = (path: string, abstract = false): AddressSyntax => ({ kind: 'unix', path, abstract });

const VALID: readonly [text: string, syntax: AddressSyntax][] = [
  [':8080', ipv4('0.0.0.0', port(8080))],
  ['*:8080', ipv4('0.0.0.0', port(8080))],
  ['0.0.0.0:80', ipv4('0.0.0.0', port(80))],
  ['127.0.0.1:65535', ipv4('127.0.0.1', port(65535))],
  ['127.0.0.1:1', ipv4('127.0.0.1', port(1))],
  ['127.0.0.1:8080-8089', ipv4('127.0.0.1', port(8080, 8089))],
  ['[::1]:80', ipv6('::1', port(80))],
  ['::1:80', ipv6('::1', port(80))],
  [':::80', ipv6('::', port(80))],
  ['2001:db8::1:443', ipv6('2001:db8::1', port(443))],
  ['::ffff:10.0.0.1:80', ipv6('::ffff:10.0.0.1', port(80))],
  ['ipv6@:80', ipv6('::', port(80))],
  ['ipv6@::1:80', ipv6('::1', port(80))],
  ['ipv4@127.0.0.1:80', ipv4('127.0.0.1', port(80))],
  ['tcp4@127.0.0.1:80', ipv4('127.0.0.1', port(80))],
  ['127.0.0.1', ipv4('127.0.0.1', null)],
  ['127.0.0.1:', ipv4('127.0.0.1', null)],
  ['[::1]', ipv6('::1', null)],
  ['*', ipv4('0.0.0.0', null)],
  ['localhost:80', { kind: 'name', family: 'any', host: 'localhost', ports: port(80) }],
  ['web_1.example.org.:80', { kind: 'name', family: 'any', host: 'web_1.example.org.', ports: port(80) }],
  ['ipv6@web:80', { kind: 'name', family: 'ipv6', host: 'web', ports: port(80) }],
  ['/run/lb.sock', unix('/run/lb.sock')],
  ['unix@/run/lb.sock', unix('/run/lb.sock')],
  ['unix@lb.sock', unix('lb.sock')],
  ['/run/a:80', unix('/run/a:80')],
  ['abns@name', unix('name', true)],
  [`/${'p'.repeat(UNIX_PATH_BYTES_MAX - 1)}`, unix(`/${'p'.repeat(UNIX_PATH_BYTES_MAX - 1)}`)],
];

for (const [text, syntax] of VALID) {
  test(`${text.slice(0, 30)} is an address`, () => {
    assert.equal(parseAddress(text), { ok: true, value: syntax });
  });
}

const INVALID: readonly [text: string, message: string][] = [
  ['', 'an address is missing'],
  ['127.0.0.1:99999', 'port 99999 is not within 1..65535'],
  ['127.0.0.1:0', 'port 0 is not within 1..65535'],
  ['127.0.0.1:1-70000', 'port 70000 is not within 1..65535'],
  ['127.0.0.1:90-80', "invalid port range '90-80'"],
  ['127.0.0.1:abc', "invalid port 'abc'"],
  ['127.0.0.1:80x', "invalid port '80x'"],
  ['127.0.0.1:+80', "invalid port '+80'"],
  ['127.0.0.1:-80', "invalid port '-80'"],
  ['127.0.0.1:1-2-3', "invalid port '1-2-3'"],
  ['300.1.1.1:80', "invalid address '300.1.1.1'"],
  ['1.2.3:80', "invalid address '1.2.3'"],
  ['::1', "invalid address ':', write IPv6 addresses as [::1]:80"],
  ['[::1:80', "invalid address '[::1', write IPv6 addresses as [::1]:80"],
  ['[127.0.0.1]:80', "invalid address '127.0.0.1'"],
  ['ipv6@127.0.0.1:80', "invalid address '127.0.0.1'"],
  ['ipv4@[::1]:80', "invalid address '::1'"],
  ['foo@1:2', "invalid address 'foo@1'"],
  ['-web:80', "invalid address '-web'"],
  ['a..b:80', "invalid address 'a..b'"],
  ['unix@', 'a socket path is missing'],
  ['abns@', 'a socket name is missing'],
  [`/${'p'.repeat(UNIX_PATH_BYTES_MAX)}`, 'socket path of 108 bytes is too long (max 107)'],
  [`/${'ä'.repeat(54)}`, 'socket path of 109 bytes is too long (max 107)'],
];

for (const [text, message] of INVALID) {
  test(`'${text.slice(0, 30)}' is refused`, () => {
    assert.equal(parseAddress(text), { ok: false, message });
  });
}

test('kinds of addresses that HAProxy has and this does not are named', () => {
  for (const text of ['fd@9', 'udp4@127.0.0.1:53', 'quic4@:443']) {
    const result = parseAddress(text);
    assert.not(result.ok, text);
    if (!result.ok) assert.match(result.message, /^addresses of the kind '\w+@' are not supported, known are ipv4@ /);
  }
});

test('the longest path is the one that fits the sockaddr', () => {
  assert.is(UNIX_PATH_BYTES_MAX, UNIX_PATH_MAX - 1);
});

test.run();
