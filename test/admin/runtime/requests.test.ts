/** What clients send becomes requests: lines, `;`, `\`, payloads, and bounds. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RequestReader } from '../../../src/admin/runtime/requests.js';

const LINE_MAX = 64;

/** All that comes of a text that arrives in pieces of `size` bytes: words, then the payload where there is one. */
function requests(text: string, size = text.length || 1): unknown[] {
  const reader = new RequestReader(LINE_MAX);
  const bytes = Buffer.from(text);
  const got: unknown[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    reader.add(bytes.subarray(at, at + size));
    for (let next = reader.next(); next !== 'incomplete'; next = reader.next()) {
      if (next === 'too long') return [...got, next];
      if (next !== 'payload') got.push(next.payload === null ? next.words : [...next.words, { payload: next.payload }]);
    }
  }
  return got;
}

const CASES: readonly [text: string, requests: readonly unknown[]][] = [
  ['', []],
  ['show info', []],
  ['show info\n', [['show', 'info']]],
  [' show\t info  \r\n', [['show', 'info']]],
  ['a;b c;\n', [['a'], ['b', 'c'], []]],
  ['\n', [[]]],
  ['a\nb\n', [['a'], ['b']]],
  ['a\\;b;c\n', [['a;b'], ['c']]],
  ['a\\ b \\\\x c\\\n', [['a b', '\\x', 'c']]],
  ['add map x <<\na 1\nb 2\n\nquit\n', [['add', 'map', 'x', { payload: 'a 1\nb 2' }], ['quit']]],
  ['a; add map x <<EOF\n\n;b\nEOF\nc\n', [['a'], ['add', 'map', 'x', { payload: '\n;b' }], ['c']]],
  ['x <<%EOF%\na\n%EOF\n%EOF%\n', [['x', { payload: 'a\n%EOF' }]]],
  ['x <<\n\n', [['x', { payload: '' }]]],
  ['x <<toolong8\n', [['x', '<<toolong8']]],
  ['x y<<\n', [['x', 'y<<']]],
  ['\u00e9\u4e16\n', [['\u00e9\u4e16']]],
  [`${'a'.repeat(LINE_MAX - 1)}\n`, [['a'.repeat(LINE_MAX - 1)]]],
  [`b\n${'a'.repeat(LINE_MAX)}\n`, [['b'], 'too long']],
  ['a'.repeat(LINE_MAX), ['too long']],
];

for (const [text, expected] of CASES) {
  test(JSON.stringify(text.slice(0, 40)), () => {
    assert.equal(requests(text), expected);
    assert.equal(requests(text, 1), expected, 'in single bytes');
    assert.equal(requests(text, 3), expected, 'in pieces of three bytes');
  });
}

test('a payload has a bound of its own', () => {
  const reader = new RequestReader(LINE_MAX);
  reader.add(Buffer.from('x <<\n'));
  const line = Buffer.from(`${'y'.repeat(50)}\n`);
  let next = reader.next();
  for (let i = 0; i < 100_000 && next !== 'too long'; i++) {
    reader.add(line);
    next = reader.next();
  }
  assert.is(next, 'too long');
});

test.run();
