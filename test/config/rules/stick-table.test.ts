/** Stick tables and stick rules as they are read and compiled. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseStickData } from '../../../src/config/rules/stick-data.js';
import { checkLines, checkText, textsOf } from '../support/lines.js';

function table(words: string): unknown {
  const checked = checkLines([`stick-table ${words}`], 'backend');
  assert.equal(textsOf(checked), []);
  return checked.references.tables[0];
}

test('all arguments of a table', () => {
  assert.equal(table('type binary len 20 size 100k expire 30m nopurge store gpc0,conn_rate(10s) store gpt(4)'), {
    name: 'b',
    keyType: 'binary',
    keyLength: 20,
    size: 102400,
    expireMs: 1_800_000,
    nopurge: true,
    data: [
      { name: 'gpc0', periodMs: 0, count: 1 },
      { name: 'conn_rate', periodMs: 10_000, count: 1 },
      { name: 'gpt', periodMs: 0, count: 4 },
    ],
  });
});

test('what holds where nothing is said', () => {
  const plain = { name: 'b', size: 1024, expireMs: 0, nopurge: false, data: [] };
  assert.equal(table('type ip size 1k'), { ...plain, keyType: 'ip', keyLength: 4 });
  assert.equal(table('type ipv6 size 1k'), { ...plain, keyType: 'ipv6', keyLength: 16 });
  assert.equal(table('type integer size 1k'), { ...plain, keyType: 'integer', keyLength: 4 });
  assert.equal(table('type string size 1k'), { ...plain, keyType: 'string', keyLength: 32 });
});

test('data with a period, a number, or both', () => {
  assert.equal(parseStickData('gpc_rate(2,1m)'), { ok: true, value: { name: 'gpc_rate', periodMs: 60_000, count: 2 } });
  assert.equal(parseStickData('server_name'), { ok: true, value: { name: 'server_key', periodMs: 0, count: 1 } });
  assert.equal(parseStickData('gpc(101)'), {
    ok: false,
    message: "array size is out of allowed range (1-100) for store option 'gpc'",
  });
});

test('stick on is a match and a store-request; the table then keeps servers', () => {
  const checked = checkLines(
    ['stick on src,ipmask(24) table st if TRUE', 'stick store-response res.payload(0,4) table x'],
    'backend',
  );
  assert.equal(textsOf(checked).length, 1);
  const rules = checked.proxies.get('b')?.stickRules ?? [];
  assert.equal(
    rules.map(({ kind, table: index }) => [kind, index]),
    [
      ['match', 0],
      ['store-request', 0],
      ['store-response', -1],
    ],
  );
  assert.equal(
    checked.references.tables[0].data.slice(-2).map(({ name }) => name),
    ['server_id', 'server_key'],
  );
});

test('tables are found by the names of their proxies, before and after', () => {
  const text = [
    'backend a',
    ' stick on src table c',
    ' stick-table type ip size 1k',
    'backend c',
    ' stick-table type ip size 2k',
    ' stick match src table a',
    '',
  ].join('\n');
  const checked = checkText(text);
  assert.equal(textsOf(checked), []);
  assert.equal(
    checked.references.tables.map(({ name }) => name),
    ['a', 'c'],
  );
  assert.is(checked.proxies.get('a')?.stickRules[0].table, 1);
  assert.is(checked.proxies.get('c')?.stickRules[0].table, 0);
});

test.run();
