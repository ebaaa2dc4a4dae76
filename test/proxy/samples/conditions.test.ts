/** Conditions in three-valued logic, as the manual (7.2) and HAProxy's evaluation have it. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ConditionPlan } from '../../../src/plan/expression.js';
import { FOUND, MISSING, NOT_YET } from '../../../src/proxy/samples/sample.js';
import { aclTest, condition, Lab } from './support/lab.js';

const reader = new Lab();
const acl = (...tests: ReturnType<typeof aclTest>[]) => ({ name: '', tests });
const bool = (text: string) => aclTest(reader.plan(text), 'bool');

/** ACL 0 is true, 1 is false, 2 is undecided while more bytes may come and false then. */
const ACLS = [acl(bool('always_true')), acl(bool('always_false')), acl(aclTest(reader.plan('req.payload(0,4)'), 'str', 'abcd'))];
const NAMES = { [FOUND]: 'true', [MISSING]: 'false', [NOT_YET]: 'undecided' };

function lab(): Lab {
  const made = new Lab({ acls: ACLS });
  made.request.complete = false;
  return made;
}

function decide(plan: ConditionPlan, on = lab()): string {
  return NAMES[on.expressions.condition(plan)(on.context)];
}

test('terms and alternatives', () => {
  const decisions = ['0', '1', '!0', '!1', '0 0', '0 1', '1 0', '1 or 0', '1 or 1', '!1 !1', '0 !0 or 0'].map((text) =>
    decide(condition(text)),
  );
  assert.equal(decisions, ['true', 'false', 'false', 'true', 'true', 'false', 'false', 'true', 'false', 'true', 'true']);
});

test('an undecided term makes undecided what no other alternative decides', () => {
  assert.equal(
    ['2', '!2', '2 or 0', '0 or 2', '2 or 1', '1 or 2', '0 2', '1 2', '2 0', '2 1 or 0'].map((text) => decide(condition(text))),
    ['undecided', 'undecided', 'true', 'true', 'undecided', 'undecided', 'undecided', 'false', 'undecided', 'true'],
  );
});

test('an alternative ends with its first term that is not true, even an undecided one', () => {
  assert.is(decide(condition('2 1')), 'undecided');
});

test('unless turns true and false round, and leaves undecided what is', () => {
  assert.equal(
    ['0', '1', '2', '2 or 0'].map((text) => decide(condition(text, true))),
    ['false', 'true', 'undecided', 'false'],
  );
});

test('when no more bytes will come everything is decided', () => {
  const on = lab();
  on.request.complete = true;
  assert.is(decide(condition('2'), on), 'false');
  assert.is(decide(condition('!2'), on), 'true');
});

test('an ACL of several tests is true when one is, and undecided before it is false', () => {
  const acls = [acl(bool('always_false'), ...ACLS[2].tests), acl(...ACLS[2].tests, bool('always_true'))];
  const on = new Lab({ acls });
  on.request.complete = false;
  assert.is(decide(condition('0'), on), 'undecided');
  assert.is(decide(condition('1'), on), 'true');
});

test('a value that may still change decides only when it fits', () => {
  const acls = [acl(aclTest(reader.plan('req.len'), 'int', '3:')), acl(aclTest(reader.plan('req.len,mul(2)'), 'int', '4'))];
  const on = new Lab({ acls });
  on.request.complete = false;
  on.request.text = 'ab';
  assert.is(decide(condition('0'), on), 'undecided');
  assert.is(decide(condition('1'), on), 'true');
  on.request.text = 'abc';
  assert.is(decide(condition('0'), on), 'true');
  assert.is(decide(condition('1'), on), 'undecided');
  on.request.complete = true;
  assert.is(decide(condition('1'), on), 'false');
});

test('a value of another type than the method wants does not fit', () => {
  const on = new Lab({
    acls: [acl(aclTest(reader.plan('str(no address)'), 'ip', '0.0.0.0/0')), acl(aclTest(reader.plan('ipv6(::1)'), 'int', '1'))],
  });
  assert.is(decide(condition('0'), on), 'false');
  assert.is(decide(condition('1'), on), 'false');
});

test.run();
