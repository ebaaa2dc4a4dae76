/** Socket addresses survive the way to the kernel's form and back; what is no address is refused. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  decodeSockaddr,
  encodeAddresses,
  formatAddress,
  ipv6Bytes,
  type SocketAddress,
  sockaddrBytes,
  UNIX_PATH_MAX,
} from '../../src/kernel/address.js';
import { AF_INET, AF_INET6, AF_UNIX } from '../../src/kernel/sys/constants.js';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

const ROUND_TRIPS: readonly SocketAddress[] = [
  { family: 'ipv4', host: '0.0.0.0', port: 0 },
  { family: 'ipv4', host: '127.0.0.1', port: 8080 },
  { family: 'ipv4', host: '255.255.255.255', port: 65535 },
  { family: 'ipv6', host: '::', port: 1 },
  { family: 'ipv6', host: '::1', port: 443 },
  { family: 'ipv6', host: '2001:db8::8:800:200c:417a', port: 53 },
  { family: 'ipv6', host: '1:2:3:4:5:6:7:8', port: 65535 },
  { family: 'unix', path: '/run/turbo.sock', abstract: false },
  { family: 'unix', path: 'turbo', abstract: true },
  { family: 'unix', path: `/${'x'.repeat(UNIX_PATH_MAX - 2)}`, abstract: false },
];

for (const address of ROUND_TRIPS) {
  test(`round trip of ${formatAddress(address)}`, () => {
    assert.equal(decodeSockaddr(sockaddrBytes(address)), address);
  });
}

test('ports and hosts are in network order', () => {
  assert.is(hex(sockaddrBytes({ family: 'ipv4', host: '1.2.3.4', port: 0x1234 })), '0200123401020304' + '00'.repeat(8));
});

const IPV6_FORMS: Readonly<Record<string, string>> = {
  '::': '00'.repeat(16),
  '::1': `${'00'.repeat(15)}01`,
  '1::': `0001${'00'.repeat(14)}`,
  'fe80::1:2': `fe80${'00'.repeat(10)}00010002`,
  '::ffff:192.0.2.1': `${'00'.repeat(10)}ffffc0000201`,
  '64:ff9b::192.0.2.33': `0064ff9b${'00'.repeat(8)}c0000221`,
  'ABCD:EF01:2345:6789:abcd:ef01:2345:6789': 'abcdef0123456789abcdef0123456789',
  '1:2:3:4:5:6:7::': '00010002000300040005000600070000',
};

for (const [text, bytes] of Object.entries(IPV6_FORMS)) test(`IPv6 form ${text}`, () => assert.is(hex(ipv6Bytes(text)), bytes));

test('IPv6 is written as RFC 5952 asks', () => {
  const shown = (host: string) => formatAddress(decodeSockaddr(sockaddrBytes({ family: 'ipv6', host, port: 80 })));
  assert.is(shown('2001:0DB8:0:0:0:0:0:1'), '[2001:db8::1]:80');
  assert.is(shown('2001:db8:0:1:1:1:1:1'), '[2001:db8:0:1:1:1:1:1]:80', 'one zero group alone stays');
  assert.is(shown('2001:0:0:1:0:0:0:1'), '[2001:0:0:1::1]:80', 'the longest run');
  assert.is(shown('2001:db8:0:0:1:0:0:1'), '[2001:db8::1:0:0:1]:80', 'the first of equals');
});

const BAD: readonly [SocketAddress, RegExp][] = [
  [{ family: 'ipv4', host: '1.2.3', port: 1 }, /not an IPv4 address: 1\.2\.3/],
  [{ family: 'ipv4', host: 'localhost', port: 1 }, /not an IPv4 address: localhost/],
  [{ family: 'ipv4', host: '1.2.3.4', port: 65536 }, /port 65536 is not within/],
  [{ family: 'ipv4', host: '1.2.3.4', port: -1 }, /port -1 is not within/],
  [{ family: 'ipv4', host: '1.2.3.4', port: 1.5 }, /port 1\.5 is not within/],
  [{ family: 'ipv6', host: '1.2.3.4', port: 1 }, /not an IPv6 address/],
  [{ family: 'ipv6', host: 'fe80::1%lo', port: 1 }, /not an IPv6 address: fe80::1%lo/],
  [{ family: 'ipv6', host: ':::', port: 1 }, /not an IPv6 address/],
  [{ family: 'unix', path: 'x'.repeat(UNIX_PATH_MAX), abstract: false }, /108 bytes, at most 107/],
  [{ family: 'unix', path: 'ä'.repeat(54), abstract: true }, /108 bytes, at most 107/],
];

for (const [address, message] of BAD)
  test(`refused: ${formatAddress(address).slice(0, 40)}`, () => assert.throws(() => sockaddrBytes(address), message));

test('an abstract name may hold NUL bytes', () => {
  const address: SocketAddress = { family: 'unix', path: 'a\0b', abstract: true };
  assert.is(hex(sockaddrBytes(address).subarray(2, 6)), '00610062');
  assert.equal(decodeSockaddr(sockaddrBytes(address)), address);
});

test('an abstract name fills its field, or ends with its length; a path ends with a NUL byte', () => {
  const padded = sockaddrBytes({ family: 'unix', path: 'name', abstract: true });
  assert.is(padded.length, 2 + UNIX_PATH_MAX);
  assert.is(new TextDecoder().decode(padded.subarray(2)), `\0name${'\0'.repeat(UNIX_PATH_MAX - 5)}`);
  const tight = sockaddrBytes({ family: 'unix', path: 'name', abstract: true, tight: true });
  assert.is(tight.length, 2 + 1 + 4);
  for (const bytes of [padded, tight]) assert.equal(decodeSockaddr(bytes), { family: 'unix', path: 'name', abstract: true });
  assert.is(sockaddrBytes({ family: 'unix', path: '/path', abstract: false }).length, 2 + 5 + 1);
});

test('an unnamed UNIX socket', () => {
  assert.equal(decodeSockaddr(Uint8Array.of(AF_UNIX, 0)), { family: 'unix', path: '', abstract: false });
});

test('addresses in kernel memory do not overlap', () => {
  const { region, encoded } = encodeAddresses(ROUND_TRIPS);
  assert.equal(
    encoded.map(({ address, length }) =>
      decodeSockaddr(region.u8.slice(address - region.address, address - region.address + length)),
    ),
    ROUND_TRIPS,
  );
  assert.equal([...new Set(encoded.map(({ family }) => family))], [AF_INET, AF_INET6, AF_UNIX]);
  region.unmap();
});

test.run();
