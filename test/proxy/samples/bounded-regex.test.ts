/**
 * Expressions in their bounded form match what they matched before, in both engines of V8, and a
 * hostile text does not keep them busy.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { translateRegex } from '../../../src/config/samples/regex.js';
import { boundedRegex } from '../../../src/proxy/samples/bounded-regex.js';
import { Regex } from '../../../src/proxy/samples/regex.js';
import { runProcess, scratchFolder } from '../../harness.js';

const PROGRAM = fileURLToPath(new URL('./support/regexes.js', import.meta.url));
/** What V8 gives up for the other engine after, in programs that are to use that one. */
const AT_ONCE = '--regexp-backtracks-before-fallback=1';

/** What the program prints for these cases; it is stopped when it does not come to an end. */
async function run(cases: readonly object[], flags: readonly string[], mode: string): Promise<string> {
  const file = join(scratchFolder(), 'cases.json');
  writeFileSync(file, JSON.stringify(cases));
  const { code, stdout, stderr } = await runProcess(process.execPath, [...flags, PROGRAM, file, mode]);
  assert.is(code, 0, stderr);
  return stdout;
}

function sourceOf(pattern: string): string {
  const source = translateRegex(pattern);
  if (!source.ok) throw new Error(source.message);
  return source.value;
}

const FORMS: readonly (readonly [pattern: string, ignoreCase: boolean, source: string])[] = [
  ['^ab?$', false, '^ab?(\\n?)$'],
  ['^(ab|c$)|d$', false, '^(ab|c(\\n?)$)|d(\\n?)$'],
  ['(a|(b|c)$)', false, '(a|(b|c)(\\n?)$)'],
  ['a$b', false, 'a(?=\\n?$)b'],
  ['(a$)+', false, '(a(?=\\n?$))+'],
  ['(a$|b)+', false, '(a(?=\\n?$)|b)+'],
  ['a(?=b$)', false, 'a(?=b(?=\\n?$))'],
  ['(a)\\1$', false, '(a)(?:\\1)(?=\\n?$)'],
  ['aB-', true, '[aA][bB]-'],
  ['\\x41\\.', true, '[aA]\\.'],
  ['a{2}', false, 'aa'],
  ['[ab]{1,3}', false, '[ab](?:[ab](?:[ab])?)?'],
  ['[ab]{1,2}?', false, '[ab](?:[ab])??'],
  ['a{2,}?', false, 'aaa*?'],
  ['a{0}b', false, 'b'],
  ['a{257}', false, 'a{257}'],
  ['(?:a){3}', false, '(?:a){3}'],
  ['\\bx', false, '\\bx'],
];

for (const [pattern, ignoreCase, source] of FORMS)
  test(`the form of ${pattern}${ignoreCase ? ' in any case' : ''}`, () =>
    assert.is(boundedRegex(sourceOf(pattern), ignoreCase).source, source));

test('letters of classes in any case, and their complements', () => {
  const all = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code));
  for (const pattern of ['[b-d]', '[^b-dX]', '[%-Z]', '[\\x41-c]', '[^\\W]', '[^a]', '\\D', '.', '[[:upper:]]', '[^[:alpha:]]'])
    assert.equal(
      all.filter((one) => new Regex(sourceOf(pattern), true).test(one)),
      all.filter((one) =>
        [one.toLowerCase(), one.toUpperCase()].some((c) => new RegExp(sourceOf(pattern), 'i').test(c) && c.length === 1),
      ),
      pattern,
    );
});

test('a newline that the end of an expression matched is neither captured nor replaced', () => {
  const regex = new Regex(sourceOf('(b*)$'), false);
  assert.equal(regex.captures('abb\n'), ['bb', 'bb']);
  assert.is(regex.substitute('abb\n', '<\\1>', false), 'a<bb>\n');
  assert.is(new Regex(sourceOf('(c$)|(b)'), false).substitute('bc\n', '<\\1,\\2>', true), '<,b><c,>\n');
});

const atoms = fc.constantFrom('a', 'b', 'A', '.', '[ab]', '[^a]', '\\d', '\\w', '1', '\\bx', '\\n', '-');
const once = ['', '', '', '+', '+?', '{2}', '{1,3}?', '{1,}'];
const optional = ['*', '?', '*?', '{0,2}'];
const texts = fc
  .array(fc.constantFrom('a', 'b', 'A', 'B', '1', 'x', ' ', '\n', '-'), { maxLength: 12 })
  .map((parts) => parts.join(''));

/** A part of an expression, and whether it may match nothing. */
interface Part {
  readonly text: string;
  readonly empty: boolean;
}

/** What begins again after nothing as well: no two engines agree on what that captures, nor does PCRE. */
type Empties = 'repeated' | 'not repeated';

/** Quantifiers after which a group that may match nothing does so as often as they say. */
const certain = ['', '{2}'];

/** Expressions in which characters are repeated so, and groups too, but for those that may match nothing if they are not to be. */
function patterns(quantifiers: readonly string[], empties: Empties): fc.Arbitrary<string> {
  const repeated = (inner: Part, quantifier: string): Part => {
    const may = inner.empty && empties === 'not repeated' && !certain.includes(quantifier);
    const taken = may ? '' : quantifier;
    return { text: `${inner.text}${taken}`, empty: inner.empty || optional.includes(taken) };
  };
  return fc
    .letrec<{ one: Part; many: Part; any: Part }>((tie) => ({
      one: fc.oneof(
        { maxDepth: 3 },
        fc
          .tuple(atoms, fc.constantFrom(...quantifiers))
          .map(([text, quantifier]) => repeated({ text, empty: false }, quantifier)),
        fc
          .tuple(fc.constantFrom('(', '(?:', '(?i:'), tie('any'), fc.constantFrom(...once, ...optional))
          .map(([open, { text, empty }, quantifier]) => repeated({ text: `${open}${text})`, empty }, quantifier)),
      ),
      many: fc
        .array(tie('one'), { minLength: 1, maxLength: 4 })
        .map((parts) => ({ text: parts.map(({ text }) => text).join(''), empty: parts.every(({ empty }) => empty) })),
      any: fc
        .tuple(fc.constantFrom('', '', '^'), tie('many'), fc.constantFrom('', '', '$', '|b', '$|a'))
        .map(([before, { text, empty }, after]) => ({ text: `${before}${text}${after}`, empty })),
    }))
    .any.map(({ text }) => text);
}

async function compare(arbitrary: fc.Arbitrary<string>, mode: string): Promise<void> {
  const seed = Date.now() | 0;
  const cases = fc.record({ pattern: arbitrary, text: texts, ignoreCase: fc.boolean() });
  const compared = fc.sample(cases, { numRuns: 1000, seed }).map((one) => ({ ...one, source: sourceOf(one.pattern) }));
  assert.is(await run(compared, [], mode), '', `seed ${seed}`);
  assert.is(await run(compared, [AT_ONCE], mode), '', `seed ${seed}`);
}

test('random expressions match what they matched before', () => compare(patterns([...once, ...optional], 'repeated'), 'match'));

test('random expressions capture what they captured before', () =>
  compare(patterns([...once, ...optional], 'not repeated'), 'capture'));

test('a hostile text does not keep a thread busy', async () => {
  const a = 'a'.repeat(200);
  const hostile = [
    ...[
      '^(a+)+$',
      '^(a|aa)+$',
      '^(a|a?)+$',
      '(a*)*b',
      '^(([a-z])+.)+[A-Z]([a-z])+$',
      '^([a-zA-Z0-9])(([\\-.]|[_]+)?([a-zA-Z0-9]+))*$',
    ],
    ...['^(?:[a-z]+\\d?){1,7}!$', '^(.*,)*x$', '(?i)^(a+)+$', '^(a{1,30})+$', '(\\w+\\s?)+:$', '(x+x+)+y|(a+a+)+b$'],
  ].flatMap((pattern) => [false, true].map((ignoreCase) => ({ source: sourceOf(pattern), text: `${a}!`, ignoreCase })));
  assert.is(await run(hostile, [], 'count'), `${hostile.length}\n`);
});

test.run();
