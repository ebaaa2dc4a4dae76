/** Regular expressions of configurations: what they become, and what is refused. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { translateRegex } from '../../../src/config/samples/regex.js';

function matches(pattern: string, text: string): boolean {
  const source = translateRegex(pattern);
  if (!source.ok) throw new Error(source.message);
  return new RegExp(source.value).test(text);
}

test('the end of the subject may be before a newline, a dot is everything but a newline', () => {
  assert.ok(matches('^a$', 'a\n'));
  assert.not.ok(matches('^a$', 'a\nb'));
  assert.ok(matches('a.b', 'a\rb'));
  assert.not.ok(matches('a.b', 'a\nb'));
  assert.ok(matches('(?s)a.b', 'a\nb'));
  assert.ok(matches('(?m)^b$', 'a\nb\nc'));
  assert.not.ok(matches('a\\z', 'a\n'));
});

test('case is ignored where the expression says so', () => {
  assert.ok(matches('(?i)[a-c]x', 'BX'));
  assert.not.ok(matches('a(?i:b)c', 'aBC'));
  assert.ok(matches('(?i)\\Qa.b\\E', 'A.B'));
});

const REFUSED: readonly (readonly [pattern: string, reason: string])[] = [
  ['a(', "regex 'a(' is invalid (error=missing closing parenthesis, erroffset=2)"],
  ['a)', 'error=unmatched closing parenthesis, erroffset=1'],
  ['*a', 'error=quantifier does not follow a repeatable item, erroffset=0'],
  ['a**', 'error=quantifier does not follow a repeatable item, erroffset=2'],
  ['[a', 'error=missing terminating ] for character class, erroffset=2'],
  ['[z-a]', 'error=range out of order in character class'],
  ['a{2,1}', 'error=numbers out of order in {} quantifier, erroffset=5'],
  ['\\2(a)', 'error=reference to non-existent subpattern'],
  ['a\\', 'error=\\ at end of pattern'],
  ['[[:foo:]]', 'error=unknown POSIX class name'],
  ['a++', 'error=possessive quantifiers are not supported'],
  ['(?>a)', "error=groups of the kind '(?>' are not supported"],
  ['(?x)a', 'error=options such as (?x) are not supported'],
  ['(*UTF8)a', 'error=verbs such as (*UTF8) are not supported'],
  ['\\p{L}', "error=sequences of the kind '\\p' are not supported"],
  ['(?R)', "error=groups of the kind '(?R' are not supported"],
  ['(?<n>a)(?<n>b)', 'error=two named subpatterns have the same name'],
  ['a(?#b', 'error=missing ) after (?# comment'],
];

for (const [pattern, reason] of REFUSED) {
  test(`refused: ${pattern}`, () => {
    const source = translateRegex(pattern);
    assert.not.ok(source.ok);
    if (!source.ok) assert.ok(source.message.includes(reason), source.message);
  });
}

test.run();
