/** Patterns in their one form, and what is none. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parsePattern, parsePatterns } from '../../../src/config/samples/patterns.js';
import type { MatchMethod } from '../../../src/config/samples/syntax.js';

const FORMS: readonly (readonly [match: MatchMethod, words: string, expected: readonly string[]])[] = [
  ['int', '80', ['80']],
  ['int', '80 443 1024:65535', ['80', '443', '1024:65535']],
  ['int', 'gt 3', ['4:']],
  ['int', 'ge 3 lt 90 eq 7 le 5', ['3:', ':89', '7', ':5']],
  ['int', ':80 80:', [':80', '80:']],
  ['int', '-5 lt 0', ['-5', ':-1']],
  ['int', '9223372036854775807', ['9223372036854775807']],
  ['len', 'gt 3 5:7', ['4:', '5:7']],
  ['ip', '10.0.0.1 10.0.0.0/8 10.12/16 127.1', ['10.0.0.1/32', '10.0.0.0/8', '10.0.0.12/16', '127.0.0.1/32']],
  ['ip', '10.0.0.0/255.255.0.0 10.0.0.0/255.0.255.0', ['10.0.0.0/16', '10.0.0.0/255.0.255.0']],
  ['ip', '::1 2001:db8::/32', ['::1/128', '2001:db8::/32']],
  ['bin', '00fF', ['00fF']],
  ['str', 'gt A', ['gt', 'A']],
  ['reg', '^a.b', ['^a[^\\n]b']],
];

for (const [match, words, expected] of FORMS) {
  test(`-m ${match} ${words}`, () => {
    const read = parsePatterns(match, words.split(' '), false);
    assert.equal(read.ok && read.value.patterns, expected);
  });
}

test('versions keep their dot, one more or less carries over', () => {
  assert.equal(parsePatterns('int', ['3.1', '3:3.1', 'gt', '3.0', 'lt', '3.0'], true), {
    ok: true,
    value: { patterns: ['3.1', '3.0:3.1', '3.1:', ':2.65535'], texts: ['3.1', '3:3.1', '3.1:', ':2.65535'] },
  });
});

const REFUSED: readonly (readonly [match: MatchMethod, word: string, reason: string])[] = [
  ['int', '80x', "'80x' is not a number"],
  ['int', '5:4', "'5:4' is not a valid number range"],
  ['int', ':', "':' is not a valid number range"],
  ['int', '1:2:3', "'1:2:3' is not a valid number range"],
  ['int', '99999999999999999999', "'99999999999999999999' is not a number"],
  ['ip', 'localhost', "'localhost' is not a valid IPv4 or IPv6 address"],
  ['ip', '10.0.0.0/33', "'10.0.0.0/33' is not a valid IPv4 or IPv6 address"],
  ['ip', '::1/129', "'::1/129' is not a valid IPv4 or IPv6 address"],
  ['ip', '10.0.0.0/', "'10.0.0.0/' is not a valid IPv4 or IPv6 address"],
  ['ip', '300.1', "'300.1' is not a valid IPv4 or IPv6 address"],
  ['bin', '0', 'an even number of hex digit is expected'],
  ['bin', '0x', "an hex digit is expected (found 'x')"],
];

for (const [match, word, reason] of REFUSED) {
  test(`refused: -m ${match} ${word}`, () => assert.equal(parsePattern(match, word), { ok: false, message: reason }));
}

test.run();
