/** Conditions of .if; HAProxy's word on many more: test/interop/config-errors.test.ts. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { evaluateCondition } from '../../../src/config/tokens/condition.js';
import { compareVersions } from '../../../src/config/version.js';

const CONTEXT = { environment: new Map([['SET', '']]) };

function holds(text: string): boolean {
  const result = evaluateCondition(text, CONTEXT);
  assert.ok(result.ok, `${text}: ${result.ok ? '' : result.message}`);
  return result.value;
}

const TRUE = [
  '1',
  '-1',
  '0x10',
  'defined(SET)',
  '!defined(UNSET)',
  'streq(a,a)',
  'strneq(a,b)',
  'strstr(abc,bc)',
  '1 && (0 || 1)',
];
const FALSE = [
  '',
  ' ',
  '0',
  '00',
  'defined(UNSET)',
  'streq(a,b)',
  'feature(NOSUCH)',
  'enabled(NOSUCH)',
  '1 && 0',
  '!1',
  '!(1 || 0)',
];
const FEATURES = ['feature(EPOLL)', 'feature(THREAD)', 'enabled(SPLICE)', 'version_atleast(3.3)', 'version_before(99)'];

for (const text of [...TRUE, ...FEATURES]) test(`'${text}' holds`, () => assert.ok(holds(text)));
for (const text of FALSE) test(`'${text}' does not hold`, () => assert.not.ok(holds(text)));

test('and goes before or', () => {
  assert.ok(holds('1 || 0 && 0'));
  assert.ok(holds('0 && 0 || 1'));
});

test('a mistake says where', () => {
  assert.equal(evaluateCondition('1 && foo', CONTEXT), {
    ok: false,
    message: "unparsable conditional expression 'foo' in '{directive}'",
    position: 6,
  });
});

test('however many parentheses and exclamation marks, the stack bears it', () => {
  assert.not.ok(evaluateCondition('('.repeat(100_000), CONTEXT).ok);
  assert.not.ok(evaluateCondition('!'.repeat(100_000), CONTEXT).ok);
  assert.ok(holds(`${'('.repeat(100)}1${')'.repeat(100)}`));
});

test('versions compare by numbers, development versions before their release', () => {
  const order = ['2.4-dev1', '2.4-dev19', '2.4', '2.4.1', '2.10', '3.0'];
  for (const [i, a] of order.entries()) {
    for (const [j, b] of order.entries())
      assert.is(Math.sign(compareVersions(a, b) ?? Number.NaN), Math.sign(i - j), `${a} ${b}`);
  }
  assert.is(compareVersions('3.4.0', '3.4'), 0);
  assert.is(compareVersions('3', 'x'), null);
});

test.run();
