/** Rules as they are read and compiled. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ActionPlan } from '../../../src/plan/rules.js';
import { checkLines, type LineSection, textsOf } from '../support/lines.js';

function actions(lines: readonly string[], section: LineSection = 'frontend'): ActionPlan[] {
  const checked = checkLines(lines, section);
  assert.equal(textsOf(checked), []);
  const rules = checked.proxies.get(section === 'frontend' ? 'f' : section === 'listen' ? 'l' : 'b')?.rules;
  return ['connection', 'session', 'content', 'response'].flatMap(
    (set) => rules?.[set as 'content'].map(({ action }) => action) ?? [],
  );
}

const action = (line: string, section: LineSection = 'frontend'): ActionPlan => actions([line], section)[0];

test('verdicts', () => {
  assert.equal(
    actions([
      'tcp-request connection expect-proxy layer4 if { src 10.0.0.1 }',
      'tcp-request connection reject',
      'tcp-request session accept',
      'tcp-request content silent-drop',
    ]).map(({ kind }) => kind),
    ['expect-proxy', 'reject', 'accept', 'silent-drop'],
  );
  assert.is(action('tcp-response content close', 'backend').kind, 'close');
});

test('tracking: the counter, the key and the table by its index', () => {
  const tracked = action('tcp-request connection track-sc1 src,ipmask(24) table st');
  assert.ok(tracked.kind === 'track-sc');
  if (tracked.kind !== 'track-sc') return;
  assert.equal([tracked.counter, tracked.table, tracked.expression.converters[0].arguments], [1, 0, ['24', null]]);
});

test('counters and tags: index of the element, then the tracked counter', () => {
  const numbers = (line: string): unknown => {
    const read = action(`tcp-request content ${line}`);
    return 'counter' in read && 'index' in read
      ? [read.kind, read.index, read.counter, 'value' in read ? read.value : null]
      : read;
  };
  assert.equal(numbers('sc-inc-gpc0(2)'), ['sc-inc-gpc', 0, 2, null]);
  assert.equal(numbers('sc-inc-gpc1(0)'), ['sc-inc-gpc', 1, 0, null]);
  assert.equal(numbers('sc-inc-gpc(7,1)'), ['sc-inc-gpc', 7, 1, null]);
  assert.equal(numbers('sc-set-gpt0(1) 12'), ['sc-set-gpt', 0, 1, 12]);
  assert.equal(numbers('sc-set-gpt(3,1) 5'), ['sc-set-gpt', 3, 1, 5]);
  const added = action('tcp-request content sc-add-gpc(1,0) src_port');
  assert.ok('value' in added && typeof added.value === 'object' && added.value?.fetch === 'src_port');
});

test('captures have slots in the order of the lines', () => {
  const checked = checkLines(
    ['tcp-request content capture src len 15', 'tcp-request content capture req.ssl_sni,lower len 64 if TRUE'],
    'frontend',
  );
  assert.equal(checked.proxies.get('f')?.captures, [15, 64]);
  assert.equal(
    checked.proxies.get('f')?.rules.content.map((rule) => rule.action.kind === 'capture' && rule.action.slot),
    [0, 1],
  );
});

test('variables', () => {
  assert.equal(action('tcp-request content unset-var(txn.a)'), { kind: 'unset-var', variable: 'txn.a' });
  const set = action('tcp-request session set-var(sess.port) src_port,add(1)');
  assert.ok(set.kind === 'set-var' && set.variable === 'sess.port' && set.expression.type === 'sint');
  const formatted = action('tcp-request content set-var-fmt(txn.who) "%ci %[src_port]"');
  assert.ok(formatted.kind === 'set-var-fmt' && formatted.format.length === 3);
});

test('values', () => {
  assert.equal(action('tcp-request connection set-mark 0x1f'), { kind: 'set-mark', value: 31 });
  assert.equal(action('tcp-request connection set-tos 010'), { kind: 'set-tos', value: 8 });
  assert.equal(action('tcp-request content set-nice 5000'), { kind: 'set-nice', value: 1024 });
  assert.equal(action('tcp-request content set-log-level silent'), { kind: 'set-log-level', level: 'silent' });
});

test('the buffer of responses where rules are about responses', () => {
  const set = action('tcp-response content set-var(txn.a) payload(0,1)', 'backend');
  assert.ok(set.kind === 'set-var' && set.expression.fetch === 'res.payload');
});

test('rules of a defaults section are those of the frontends that follow it', () => {
  const checked = checkLines(
    ['acl a src 1.1.1.1', 'tcp-request connection reject if a', 'tcp-request inspect-delay 3s'],
    'defaults',
  );
  assert.equal(textsOf(checked), []);
  const rules = checked.proxies.get('f')?.rules;
  assert.equal([rules?.connection.length, rules?.requestInspectDelayMs], [1, 3000]);
});

const REFUSED: readonly (readonly [line: string, reason: string])[] = [
  ['tcp-request content use-service lua.x', "'tcp-request content use-service' is not supported"],
  ['tcp-request content do-resolve(txn.ip,dns) src', "there is no section 'resolvers'"],
  ['tcp-request content switch-mode http', "needs 'mode http', which is not supported yet"],
  ['tcp-request connection expect-netscaler-cip layer4', 'is not supported'],
  ['tcp-request content sc-inc-gpc(100,0)', "invalid element '100'"],
  ['tcp-request connection rejct', "Did you mean 'reject' maybe ?"],
];

for (const [line, reason] of REFUSED) {
  test(`refused: ${line}`, () => {
    const [finding] = checkLines([line], 'frontend').findings;
    assert.is(finding.severity, 'alert');
    assert.ok(finding.text.includes(reason), finding.text);
  });
}

test.run();
