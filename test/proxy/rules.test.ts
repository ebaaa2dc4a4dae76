/** Rules: the order of their walk, what waits for more bytes, and what each action does to a session. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ExpressionPlan } from '../../src/plan/expression.js';
import { DEFAULT_FRONTEND } from '../../src/plan/plan.js';
import type { ActionPlan } from '../../src/plan/rules.js';
import { ACCEPT, CLOSE, PASS, REJECT, Rules, SILENT_DROP, UNDECIDED } from '../../src/proxy/rules.js';
import type { ExpressionCompiler, SampleContext } from '../../src/proxy/samples/context.js';
import { FOUND, MISSING, NOT_YET, type Outcome, type Sample } from '../../src/proxy/samples/sample.js';
import { readVariable } from '../../src/proxy/samples/variables.js';
import { Session } from '../../src/proxy/session.js';

/** What the expressions and conditions of a test come to, by name and number. */
let outcomes: Record<string, Outcome> = {};
const evaluated: string[] = [];

const values: Readonly<Record<string, (sample: Sample) => void>> = {
  text: (sample) => sample.setString('a long text'),
  number: (sample) => sample.setInteger(42),
  ipv4: (sample) => sample.setIpv4(0xc0000201),
  ipv6: (sample) => sample.setIpv6(0x20010db8, 0, 0, 1),
};

const compiler = {
  expression:
    ({ fetch }: ExpressionPlan) =>
    (_: SampleContext, sample: Sample) => {
      evaluated.push(fetch);
      values[fetch]?.(sample);
      return outcomes[fetch] ?? FOUND;
    },
  condition: ({ alternatives }) => {
    const name = String(alternatives[0][0].acl);
    return () => {
      evaluated.push(name);
      return outcomes[name] ?? FOUND;
    };
  },
  format: () => () => 'a format',
} as Pick<ExpressionCompiler, 'expression' | 'condition' | 'format'> as ExpressionCompiler;

const value = (fetch: string): ExpressionPlan => ({ fetch, arguments: [], kinds: [], converters: [], type: 'any' });

/** A session, and what was asked of the tracker about it. */
function contextOf(): { context: SampleContext; session: Session; asked: unknown[][] } {
  const session = new Session(0);
  session.source.setIpv4(1, 1000);
  session.destination.setIpv4(2, 2000);
  session.sourceKnown = true;
  session.destinationKnown = true;
  session.client.fd = 7;
  const asked: unknown[][] = [];
  const note =
    (name: string) =>
    (_: unknown, ...words: unknown[]): void =>
      void asked.push([name, ...words]);
  const tracker = {
    track: (_: Session, counter: number, table: number, key: Sample) => asked.push(['track', counter, table, key.integer]),
    addGeneralCounter: note('add'),
    setGeneralTag: note('tag'),
  };
  const engine = {
    setTos: (...words: unknown[]) => asked.push(['tos', ...words]),
    setMark: (...words: unknown[]) => asked.push(['mark', ...words]),
  };
  const plan = { frontends: [{ ...DEFAULT_FRONTEND, captures: [8, 8] }] };
  return { context: { session, lane: { engine, tracker, plan } } as unknown as SampleContext, session, asked };
}

/** A rule with the condition of a number, or with none. */
const rule = (action: ActionPlan, condition?: number) => ({
  action,
  condition: condition === undefined ? null : { unless: false, alternatives: [[{ negated: false, acl: condition }]] },
});

function run(action: ActionPlan, final = true): { verdict: number; session: Session; asked: unknown[][] } {
  const { context, session, asked } = contextOf();
  return { verdict: new Rules([rule(action)], compiler).run(context, final), session, asked };
}

function reset(now: Record<string, Outcome> = {}): void {
  outcomes = now;
  evaluated.length = 0;
}

test('the first rule whose condition holds and that decides ends the walk', () => {
  reset({ 1: MISSING });
  const rules = new Rules(
    [
      rule({ kind: 'reject' }, 1),
      rule({ kind: 'set-log-level', level: 'err' }, 2),
      rule({ kind: 'accept' }, 3),
      rule({ kind: 'reject' }, 4),
    ],
    compiler,
  );
  const { context, session } = contextOf();
  assert.is(rules.run(context, false), ACCEPT);
  assert.equal(evaluated, ['1', '2', '3']);
  assert.is(session.logLevel, 3);
});

test('a condition that is open stops the walk, and counts for nothing in the end', () => {
  reset({ 1: NOT_YET });
  const rules = new Rules([rule({ kind: 'reject' }, 1), rule({ kind: 'accept' }, 2)], compiler);
  assert.is(rules.run(contextOf().context, false), UNDECIDED);
  assert.equal(evaluated, ['1']);
  assert.is(rules.run(contextOf().context, true), ACCEPT);
});

test('no rule, or none that decides, lets pass', () => {
  reset({ 1: MISSING });
  assert.is(new Rules([], compiler).run(contextOf().context, true), PASS);
  assert.is(new Rules([rule({ kind: 'reject' }, 1)], compiler).run(contextOf().context, true), PASS);
});

test('each verdict', () => {
  reset();
  const kinds = ['accept', 'reject', 'close', 'silent-drop', 'expect-proxy'] as const;
  assert.equal(
    kinds.map((kind) => run({ kind }).verdict),
    [ACCEPT, REJECT, CLOSE, SILENT_DROP, PASS],
  );
  assert.is(run({ kind: 'expect-proxy' }).session.expectsProxy, true);
});

test('set-var waits for nothing, capture and track-sc wait for what may still come', () => {
  reset({ text: NOT_YET });
  const expression = value('text');
  assert.is(run({ kind: 'set-var', variable: 'sess.a', conditions: [], expression }, false).verdict, PASS);
  assert.is(run({ kind: 'capture', expression, length: 5, slot: 0 }, false).verdict, UNDECIDED);
  assert.is(run({ kind: 'track-sc', counter: 0, table: 0, expression }, false).verdict, UNDECIDED);
  const { verdict, session, asked } = run({ kind: 'track-sc', counter: 0, table: 0, expression }, true);
  assert.equal([verdict, session.captures, asked], [PASS, null, []]);
});

test('variables are set from samples and formats, and unset', () => {
  reset();
  const { context } = contextOf();
  const set = new Rules(
    [
      rule({ kind: 'set-var', variable: 'sess.a', conditions: [], expression: value('number') }),
      rule({ kind: 'set-var-fmt', variable: 'txn.b', conditions: ['ifnotset'], format: [] }),
      rule({ kind: 'set-var', variable: 'txn.b', conditions: ['ifnotset'], expression: value('number') }),
    ],
    compiler,
  );
  set.run(context, true);
  assert.equal([readVariable(context, 'sess.a')?.integer, readVariable(context, 'txn.b')?.text], [42, 'a format']);
  new Rules([rule({ kind: 'unset-var', variable: 'sess.a' })], compiler).run(context, true);
  assert.is(readVariable(context, 'sess.a'), null);
});

test('a capture is cut to its length, in its place among those of the frontend', () => {
  reset();
  const { session } = run({ kind: 'capture', expression: value('text'), length: 6, slot: 1 });
  assert.equal(session.captures, [null, 'a long']);
});

test('addresses and ports are replaced, each for itself', () => {
  reset();
  const source = (kind: 'set-src' | 'set-src-port', fetch: string): unknown[] => {
    const { word0, word3, port, family } = run({ kind, expression: value(fetch) }).session.source;
    return [family, word0 >>> 0, word3, port];
  };
  assert.equal(source('set-src', 'ipv4'), [4, 0xc0000201, 0, 1000]);
  assert.equal(source('set-src', 'ipv6'), [6, 0x20010db8, 1, 1000]);
  assert.equal(source('set-src-port', 'number'), [4, 1, 0, 42]);
  const { destination } = run({ kind: 'set-dst', expression: value('ipv4') }).session;
  assert.equal([destination.word0 >>> 0, destination.port], [0xc0000201, 2000]);
  assert.is(run({ kind: 'set-dst-port', expression: value('number') }).session.destination.port, 42);
});

test('counters, marks, priorities and levels', () => {
  reset();
  const asked = (action: ActionPlan): unknown[] => run(action).asked[0];
  assert.equal(asked({ kind: 'track-sc', counter: 2, table: 3, expression: value('number') }), ['track', 2, 3, 42]);
  assert.equal(asked({ kind: 'sc-inc-gpc', index: 1, counter: 2 }), ['add', 2, 1, 1]);
  assert.equal(asked({ kind: 'sc-add-gpc', index: 1, counter: 2, value: value('number') }), ['add', 2, 1, 42]);
  assert.equal(asked({ kind: 'sc-set-gpt', index: 1, counter: 2, value: 7 }), ['tag', 2, 1, 7]);
  assert.equal(asked({ kind: 'set-tos', value: 16 }), ['tos', 7, 16]);
  assert.equal(asked({ kind: 'set-mark', value: 5 }), ['mark', 7, 5]);
  assert.is(run({ kind: 'set-priority-class', expression: value('number') }).session.priorityClass, 42);
  assert.is(run({ kind: 'set-priority-offset', expression: value('number') }).session.priorityOffsetMs, 42);
  assert.is(run({ kind: 'set-log-level', level: 'silent' }).session.logLevel, -2);
});

test.run();
