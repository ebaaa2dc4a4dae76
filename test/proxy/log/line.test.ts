/** What is written byte by byte reads as JavaScript's own ways of writing it, and never past its end. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ipv6Bytes } from '../../../src/kernel/address.js';
import { HostAddress } from '../../../src/kernel/host-address.js';
import { bytesOf, Line } from '../../../src/proxy/log/line.js';

/** What `write` leaves in a line of that room. */
function written(write: (line: Line) => void, room = 200): string {
  const u8 = new Uint8Array(256).fill(46);
  const line = new Line(u8);
  line.begin(8, room);
  write(line);
  assert.ok(line.at <= line.end);
  assert.is(Buffer.from(u8.subarray(0, 8)).toString(), '........');
  assert.ok(
    u8.subarray(line.at).every((byte) => byte === 46),
    'nothing behind the end is touched',
  );
  return Buffer.from(u8.subarray(8, line.at)).toString('latin1');
}

test('whole numbers', () => {
  const numbers = [0, 1, 9, 10, 99, 100, 2 ** 30 - 1, 2 ** 30, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 1e15, 2 ** 53 - 1, 2 ** 53];
  for (const value of numbers)
    assert.is(
      written((line) => line.integer(value)),
      String(value),
    );
  for (const value of [-1, -2147483648])
    assert.is(
      written((line) => line.integer(value)),
      String(value),
    );
});

test('padded and hexadecimal numbers', () => {
  assert.is(
    written((line) => line.padded(7, 3)),
    '007',
  );
  assert.is(
    written((line) => line.padded(182, 3)),
    '182',
  );
  assert.is(
    written((line) => line.padded(0, 6)),
    '000000',
  );
  assert.is(
    written((line) => line.hex(5, 2)),
    '05',
  );
  assert.is(
    written((line) => line.hex(0x39c, 2)),
    '39C',
  );
  assert.is(
    written((line) => line.hex(0xffffffff | 0, 4)),
    'FFFFFFFF',
  );
});

test('addresses as inet_ntop(3) writes them', () => {
  const texts = [
    '::',
    '::1',
    '1::',
    '2001:db8::1',
    '2001:db8:0:1:1:1:1:1',
    'fe80::1:0:0:1',
    '1:2:3:4:5:6:7:8',
    '::ffff:10.0.0.1',
    '::1.2.3.4',
    '1:0:0:2::3',
  ];
  for (const text of texts) {
    const view = new DataView(ipv6Bytes(text).buffer);
    const address = new HostAddress();
    address.setIpv6(view.getInt32(0), view.getInt32(4), view.getInt32(8), view.getInt32(12), 1);
    assert.is(
      written((line) => line.address(address)),
      text,
    );
  }
  const address = new HostAddress();
  assert.is(
    written((line) => line.address(address)),
    '',
    'none',
  );
  address.setIpv4(0xc0a80064 | 0, 1);
  assert.is(
    written((line) => line.address(address)),
    '192.168.0.100',
  );
  assert.is(
    written((line) => line.hexAddress(address)),
    'C0A80064',
  );
});

test('texts, escaped and encoded', () => {
  assert.is(
    written((line) => line.text('a"b]\\')),
    'a"b]\\',
  );
  assert.is(
    written((line) => line.escaped('a"b]\\')),
    'a\\"b\\]\\\\',
  );
  assert.is(
    written((line) => line.encoded('a b"#{|}~\x7f\x01\xff')),
    'a b#22#23#7B#7C#7D~#7F#01#FF',
  );
});

test('bytes of a text: one for each character where that is possible, else UTF-8', () => {
  assert.equal([...bytesOf('a\xe9')], [0x61, 0xe9]);
  assert.equal([...bytesOf('€')], [0xe2, 0x82, 0xac]);
});

test('what does not fit is cut off', () => {
  assert.is(
    written((line) => line.text('abcdef'), 4),
    'abcd',
  );
  assert.is(
    written((line) => line.bytes(Buffer.from('abcdef')), 4),
    'abcd',
  );
  assert.is(
    written((line) => line.integer(123456), 4),
    '1234',
  );
  assert.is(
    written((line) => line.encoded('\x01\x02'), 4),
    '#01#',
  );
  assert.is(
    written((line) => line.escaped('""""'), 3),
    '\\"\\',
  );
  assert.is(
    written((line) => line.text('abc'), 0),
    '',
  );
});

test.run();
