/** Expressions as they are read: arguments, converters, types. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type ExpressionUse, type ReadExpression, readExpression } from '../../../src/config/samples/expression.js';

const place = { file: 't.cfg', line: 1, column: 1, length: 1 };

function read(text: string, use: ExpressionUse = {}): ReadExpression {
  const words = text.split(' ').map((word) => ({ text: word, place }));
  const result = readExpression(words, use);
  if (!result.ok) throw new Error(result.message);
  return result;
}

const values = (arguments_: readonly ({ value: string | number } | null)[]): unknown[] =>
  arguments_.map((argument) => argument?.value ?? null);

test('a fetch with its converters', () => {
  const { expression, taken } = read('req.payload(0,4),hex,field(1,".")');
  assert.is(expression.fetch, 'req.payload');
  assert.equal(values(expression.arguments), [0, 4]);
  assert.equal(
    expression.converters.map(({ name, arguments: list }) => [name, ...values(list)]),
    [['hex'], ['field', 1, '.', null]],
  );
  assert.is(expression.type, 'str');
  assert.is(taken, 1);
});

test('quotes and backslashes within arguments', () => {
  const first = (text: string): unknown => values(read(`str(${text})`).expression.arguments)[0];
  assert.is(first('"a,b"'), 'a,b');
  assert.is(first("'a)b'"), 'a)b');
  assert.is(first('\\"a\\\\b\\.c'), '"a\\b\\.c');
  assert.is(first("'\\n'"), '\\n');
  assert.is(first('"\\n"'), '\n');
});

test('left out arguments are null, other names are replaced', () => {
  assert.equal(values(read('rand').expression.arguments), [null]);
  assert.equal(values(read('nbsrv').expression.arguments), [null]);
  assert.is(read('req_ssl_sni').expression.fetch, 'req.ssl_sni');
  assert.is(read('payload(0,1)').expression.fetch, 'req.payload');
  assert.is(read('payload(0,1)', { response: true }).expression.fetch, 'res.payload');
});

test('the next word may be a converter, unless one word is asked for', () => {
  assert.is(read('src lower').taken, 2);
  assert.is(read('src, lower').taken, 2);
  assert.is(read('src if').taken, 1);
  assert.is(read('src lower', { oneWord: true }).taken, 1);
});

test('a converter to any type leaves the type as it is', () => {
  assert.is(read('src,set-var(txn.a)').expression.type, 'ipv4');
  assert.is(read('src,ipmask(24),map_ip_int(f)').expression.type, 'sint');
});

test('variables are arguments of arithmetic', () => {
  const [converter] = read('int(1),add(txn.n)').expression.converters;
  assert.equal([converter.arguments[0]?.kind, converter.arguments[0]?.value], ['variable', 'txn.n']);
  assert.is(read('int(1),add(5)').expression.converters[0].arguments[0]?.kind, 'integer');
});

test('suggestions and reasons', () => {
  const fault = (text: string): unknown => readExpression([{ text, place }], {});
  assert.equal(fault('srcc'), { ok: false, message: "unknown fetch method 'srcc'", hint: 'src' });
  assert.equal(fault('src,lowr'), { ok: false, message: "unknown converter 'lowr'", hint: 'lower' });
  assert.equal(fault('path'), { ok: false, message: "fetch method 'path' needs 'mode http', which is not supported yet" });
  assert.equal(fault('ssl_fc_sni'), { ok: false, message: "fetch method 'ssl_fc_sni' needs TLS, which is not supported yet" });
});

test.run();
