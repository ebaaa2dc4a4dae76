/** How lines are cut into words, and where each word says it stands. HAProxy's word on the same: test/interop. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { lexLine } from '../../../src/config/tokens/lexer.js';

const VARIABLES = new Map([
  ['ONE', '1'],
  ['LIST', 'one two  three'],
  ['BYTES', 'é'],
  ['.LINE', '7'],
]);

/** `§` stands for a dollar. */
function lex(line: string): ReturnType<typeof lexLine> {
  return lexLine('f.cfg', 7, line.replaceAll('§', '$'), (name) => VARIABLES.get(name));
}

function texts(line: string): string[] {
  const { words, fault } = lex(line);
  assert.is(fault, null, line);
  return words.map(({ text }) => text);
}

const CUT: readonly [line: string, words: readonly string[]][] = [
  ['', []],
  ['   \t ', []],
  ['# only a comment', []],
  ['  bind :80 # comment', ['bind', ':80']],
  ['a\tb', ['a', 'b']],
  ['a#b', ['a']],
  ['bind :80\r', ['bind', ':80']],
  ["'single $ONE \\n' \"double # '\"", ['single $ONE \\n', "double # '"]],
  ['a"b c"d\'e f\'', ['ab cde f']],
  ['""', ['']],
  ['a\\ b \\# \\" \\\' \\\\', ['a b', '#', '"', "'", '\\']],
  ['\\n\\r\\t\\x41', ['\n\r\tA']],
  ['\\xc3\\xa9 é\\xc3\\xa9', ['é', 'éé']],
  ['"§BYTES\\xc3\\xa9"', ['éé']],
  ['a\\x00b c', ['a', 'c']],
  ['a\\d a\\', ['a\\d', 'a\\']],
  ['§ONE "§ONE" "§{ONE}x" "§ONE.x"', ['$ONE', '1', '1x', '1.x']],
  ['"§{NONE-some text}" "§{NONE}" "§{ONE-x}"', ['some text', '', '1']],
  ['"a§{LIST[*]}b" c', ['aone', 'two', 'threeb', 'c']],
  ['"§LIST"', ['one two  three']],
  ['"§{.LINE}"', ['7']],
  ['"\\§ONE"', ['$ONE']],
];

for (const [line, words] of CUT) {
  test(`${JSON.stringify(line)} is ${words.length} words`, () => {
    assert.equal(texts(line), words);
  });
}

const FAULTS: readonly [line: string, text: string, column: number][] = [
  ['  a "b', 'unmatched quote at position 5:', 5],
  ["  a 'b", 'unmatched quote at position 5:', 5],
  ['a \\x4', 'truncated or invalid hexadecimal sequence at position 3:', 3],
  ['"§{ONE"', 'unmatched brace in environment variable name at position 3:', 3],
  ['"§{ONE+x}"', 'unmatched brace in environment variable name at position 3:', 3],
  ['"§{1}"', 'forbidden first char in environment variable name at position 4:', 4],
  ['"§"', 'forbidden first char in environment variable name at position 3:', 3],
  ['"§{.NONE}"', 'forbidden first char in environment variable name at position 4:', 4],
  ['"§{LIST[1]}"', 'truncated or invalid word expansion sequence at position 8:', 8],
];

for (const [line, text, column] of FAULTS) {
  test(`${JSON.stringify(line)} cannot be cut`, () => {
    assert.equal(lex(line).fault, { text, column });
  });
}

test('words know their columns as written, quotes and escapes included', () => {
  const places = lex('  bind "a b"\\ c  x').words.map(({ place }) => [place.line, place.column, place.length]);
  assert.equal(places, [
    [7, 3, 4],
    [7, 8, 8],
    [7, 18, 1],
  ]);
});

test('words that one variable became share its place', () => {
  const [first, second] = lex('x "§{LIST[*]}"').words.slice(1);
  assert.is(first.place.column, 3);
  assert.is(second.place.column, 3);
});

test('a line of a megabyte is cut in one go', () => {
  assert.is(texts('a '.repeat(500_000)).length, 500_000);
  assert.is(texts(`"${'x'.repeat(1_000_000)}"`)[0].length, 1_000_000);
});

test.run();
