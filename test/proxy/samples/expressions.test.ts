/** Expressions and formats as wholes; single fetches and converters are compared with HAProxy's elsewhere. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { FormatPlan } from '../../../src/plan/expression.js';
import { castToIpv4, castToIpv6, textOf } from '../../../src/proxy/samples/casts.js';
import { FOUND, type Outcome, Sample } from '../../../src/proxy/samples/sample.js';
import { Lab } from './support/lab.js';

const PLAIN = { quoted: false, hexadecimal: false, escaped: false, mandatory: false };

/** A format of one expression between two texts. */
function around(lab: Lab, expression: string, flags = {}): FormatPlan {
  return [
    { kind: 'text', text: 'a ' },
    { kind: 'expression', expression: lab.plan(expression), flags: { ...PLAIN, ...flags } },
    { kind: 'text', text: ' b' },
  ];
}

test('names that nobody knows stop the worker at its start', () => {
  const lab = new Lab();
  assert.throws(() => lab.evaluate('no_such_fetch'), /no fetch 'no_such_fetch'/);
  assert.throws(() => lab.evaluate('str(a),no_such_converter'), /no converter 'no_such_converter'/);
  const variable: FormatPlan = [{ kind: 'variable', name: 'ci', argument: '', flags: PLAIN }];
  assert.throws(() => lab.expressions.format(variable), /no log variable '%ci'/);
});

test('a converter without a value ends the expression', () => {
  const lab = new Lab();
  assert.is(lab.evaluate('str(a),field(2,_),set-var(txn.x)'), '(missing)');
  assert.is(lab.session.variables, null);
});

test('more families come to those that are there', () => {
  const fetch =
    () =>
    (_context: unknown, sample: Sample): Outcome => {
      sample.setString('mine');
      return FOUND;
    };
  const lab = new Lab({ families: { fetches: [{ own: fetch }], variables: (name) => () => `<${name}>` } });
  assert.is(lab.evaluate('own,upper'), 'MINE');
  const format = lab.expressions.format([{ kind: 'variable', name: 'ci', argument: '', flags: PLAIN }]);
  assert.is(format(lab.context), '<ci>');
});

test('integers of 64 bits stay exact through variables', () => {
  const lab = new Lab();
  assert.is(lab.evaluate('str(9007199254740993),add(0),set-var(sess.big),add(2)'), '9007199254740995');
  assert.is(lab.evaluate('var(sess.big)'), '9007199254740993');
  assert.is(lab.evaluate('int(1),add(sess.big)'), '9007199254740994');
  assert.is(lab.evaluate('int(-1),sub(1)'), '-2');
});

test('formats write values as their flags say', () => {
  const lab = new Lab();
  const format = (expression: string, flags = {}) => lab.expressions.format(around(lab, expression, flags))(lab.context);
  assert.is(format('str(x)'), 'a x b');
  assert.is(format('str(x)', { quoted: true }), 'a "x" b');
  assert.is(format('var(txn.none)', { mandatory: true }), 'a - b');
  assert.is(format('var(txn.none)', { mandatory: true, quoted: true }), 'a "" b');
  assert.is(format('bin(225c5d)', { escaped: true }), 'a \\"\\\\\\] b');
  assert.is(format('bin(610062)'), 'a a b');
  assert.is(format('int(-7)'), 'a -7 b');
});

test('a format waits for nothing', () => {
  const lab = new Lab();
  lab.request.complete = false;
  assert.is(lab.expressions.format(around(lab, 'req.payload(0,4)'))(lab.context), 'a  b');
});

test('variables live with their session, those of proc with the process', () => {
  const lab = new Lab();
  lab.evaluate('str(a),set-var(sess.v)');
  lab.evaluate('ipv6(2001:db8::1),set-var(proc.samples_test)');
  assert.is(lab.evaluate('var(sess.v)'), 'a');
  assert.is(lab.evaluate('str(x),unset-var(sess.v)'), 'x');
  assert.is(lab.evaluate('var(sess.v)'), '(missing)');
  lab.evaluate('str(a),set-var(sess.v)');
  lab.session.variables = null; // another session
  assert.is(lab.evaluate('var(sess.v)'), '(missing)');
  assert.is(lab.evaluate('var(proc.samples_test)'), '2001:db8::1');
  lab.evaluate('str(x),unset-var(proc.samples_test)');
  assert.is(lab.evaluate('var(proc.samples_test,none)'), 'none');
});

test('addresses pass from one family to the other where they can', () => {
  const sample = new Sample();
  sample.setIpv4(0x0a000001);
  assert.ok(castToIpv6(sample));
  assert.is(textOf(sample), '::ffff:10.0.0.1');
  assert.ok(castToIpv4(sample));
  assert.is(textOf(sample), '10.0.0.1');
  sample.setIpv6(0x20010db8, 0, 0, 1);
  assert.not(castToIpv4(sample));
});

test.run();
