/** Sessions counted in stick tables, what fetches and converters see of it, and the rules that make clients stick. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ExpressionPlan } from '../../../src/plan/expression.js';
import { DEFAULT_BACKEND, defaultServer, type Plan } from '../../../src/plan/plan.js';
import type { StickRulePlan, TablePlan } from '../../../src/plan/rules.js';
import { NO_SERVER } from '../../../src/proxy/balance/balancer.js';
import type { Lane } from '../../../src/proxy/lane.js';
import type { ExpressionCompiler, SampleContext } from '../../../src/proxy/samples/context.js';
import { FOUND, MISSING, Sample } from '../../../src/proxy/samples/sample.js';
import { Session } from '../../../src/proxy/session.js';
import { STICK_CONVERTERS } from '../../../src/proxy/stick/converters.js';
import { STICK_FETCHES } from '../../../src/proxy/stick/fetches.js';
import { StickRules } from '../../../src/proxy/stick/stick-rules.js';
import { SharedTracker } from '../../../src/proxy/stick/tracker.js';
import { STICK_COUNTERS } from '../../../src/shared/state.js';
import { reclaimSticks, type StickState } from '../../../src/shared/stick-reclaim.js';
import { StickTable } from '../../../src/shared/stick-table.js';
import { TrackLedger } from '../../../src/shared/track-ledger.js';

const DATA = ['server_id', 'server_key', 'conn_cnt', 'conn_cur', 'sess_cnt', 'bytes_in_cnt', 'gpc0', 'gpt0'] as const;

const TABLE: TablePlan = {
  name: 'st',
  keyType: 'ip',
  keyLength: 4,
  size: 100,
  expireMs: 60_000,
  nopurge: false,
  data: [...DATA.map((name) => ({ name, periodMs: 0, count: 1 })), { name: 'conn_rate', periodMs: 10_000, count: 1 }],
};

/** A worker's surroundings with these tables, and a clock. */
class Bench {
  nowMs = 1000;
  readonly lane: Lane;
  readonly tracker: SharedTracker;
  readonly state: StickState;
  readonly compiler: ExpressionCompiler;
  private sessions = 0;

  constructor(tables: readonly TablePlan[] = [TABLE], stickRules: readonly StickRulePlan[] = []) {
    const address = { family: 'ipv4', host: '127.0.0.1', port: 1 } as const;
    const servers = [defaultServer('a', 11, address, 1), defaultServer('b', 22, address, 1)];
    const plan = { tables, backends: [{ ...DEFAULT_BACKEND, servers, stickRules }] } as unknown as Plan;
    this.state = {
      sticks: tables.map((shape) => ({ buffer: StickTable.create(shape), shape })),
      ledgers: [0, 1].map(() => TrackLedger.create(8, STICK_COUNTERS)),
    };
    const sticks = this.state.sticks.map(({ buffer, shape }) => new StickTable(buffer, shape));
    const ledger = new TrackLedger(this.state.ledgers[0], STICK_COUNTERS);
    this.lane = {
      worker: 0,
      plan,
      tables: { sticks, ledger },
      engine: { nowMs: () => this.nowMs },
    } as unknown as Lane;
    this.tracker = new SharedTracker(this.lane, ledger);
    this.compiler = {
      lane: this.lane,
      // Of the fetches only the client's address is asked for here.
      expression: () => (context, sample) => {
        sample.setIpv4(context.session.source.word0);
        return FOUND;
      },
      condition: () => () => MISSING,
      format: () => () => '',
    };
  }

  /** A session of that client, as its rules see it. */
  arrive(client: number): SampleContext {
    const session = new Session(this.sessions++);
    session.source.setIpv4(client, 1024);
    session.sourceKnown = true;
    return { session, lane: this.lane, nowMs: this.nowMs } as unknown as SampleContext;
  }

  track(context: SampleContext, counter = 0): void {
    const key = new Sample();
    key.setIpv4(context.session.source.word0);
    this.tracker.track(context.session, counter, 0, key);
  }

  /** What a fetch answers; null when it has no value. */
  fetch(context: SampleContext, name: string, ...args: (number | null)[]): number | null {
    const sample = new Sample();
    const evaluate = STICK_FETCHES[name]({ fetch: name, arguments: args } as unknown as ExpressionPlan, this.compiler);
    return evaluate({ ...context, nowMs: this.nowMs }, sample) === FOUND ? sample.integer : null;
  }

  convert(client: number, name: string, ...args: number[]): number | null {
    const sample = new Sample();
    sample.setIpv4(client);
    const convert = STICK_CONVERTERS[name]({ name, arguments: args, kinds: [] }, this.compiler);
    return convert(this.arrive(client), sample) === FOUND ? sample.integer : null;
  }
}

test('a tracked session is counted while it lasts, and its bytes when it ends', () => {
  const bench = new Bench();
  const [one, two] = [bench.arrive(7), bench.arrive(7)];
  bench.track(one);
  bench.track(two);
  bench.tracker.sessionBegan(one.session);
  assert.is(bench.fetch(one, 'sc_conn_cnt', 0), 2);
  assert.is(bench.fetch(one, 'sc0_conn_cur'), 2);
  assert.is(bench.fetch(one, 'sc0_sess_cnt'), 1);
  assert.is(bench.fetch(one, 'sc_conn_rate', 0), 2);
  assert.is(bench.fetch(one, 'sc0_trackers'), 2);
  two.session.client.received = 5000;
  bench.tracker.trafficEnded(two.session);
  bench.tracker.sessionEnded(two.session);
  assert.is(bench.fetch(one, 'sc0_conn_cur'), 1);
  assert.is(bench.fetch(one, 'sc0_conn_cnt'), 2);
  assert.is(bench.fetch(one, 'sc0_kbytes_in'), 4);
  assert.is(bench.fetch(one, 'sc0_tracked'), 1);
  assert.is(bench.fetch(two, 'sc0_tracked'), 0);
  assert.is(bench.fetch(one, 'sc0_trackers'), 1);
  reclaimSticks(0, [bench.state]); // lets go of what is noted: the other one's alone
  assert.is(bench.convert(7, 'table_trackers', 0), 1, 'who asks holds it');
});

test('a counter in use is not turned to another key', () => {
  const bench = new Bench();
  const context = bench.arrive(7);
  bench.track(context);
  const other = new Sample();
  other.setIpv4(8);
  bench.tracker.track(context.session, 0, 0, other);
  assert.is(bench.convert(8, 'in_table', 0), 0);
  bench.tracker.track(context.session, 2, 0, other);
  assert.is(bench.convert(8, 'in_table', 0), 1);
});

test('a counter that tracks nothing has no values; an address without an entry has zeros', () => {
  const bench = new Bench();
  const context = bench.arrive(7);
  assert.is(bench.fetch(context, 'sc1_conn_cnt'), null);
  assert.is(bench.fetch(context, 'src_conn_cnt', 0), 0);
  assert.is(bench.lane.tables.sticks[0].count, 0);
  assert.is(bench.fetch(context, 'src_get_gpc1', 0), 0, 'even for data that the table does not hold');
  bench.fetch(context, 'src_inc_gpc0', 0);
  assert.is(bench.fetch(context, 'src_get_gpc1', 0), null, 'which an entry does not have');
});

test('general purpose counters and tags', () => {
  const bench = new Bench();
  const context = bench.arrive(7);
  assert.is(bench.fetch(context, 'src_inc_gpc0', 0), 1);
  assert.is(bench.fetch(context, 'src_inc_gpc0', 0), 2);
  bench.track(context);
  bench.tracker.addGeneralCounter(context.session, 0, 0, 5);
  assert.is(bench.fetch(context, 'sc0_get_gpc0'), 7);
  assert.is(bench.convert(7, 'table_gpc0', 0), 7);
  assert.is(bench.fetch(context, 'sc0_clr_gpc0'), 7);
  assert.is(bench.fetch(context, 'sc0_get_gpc0'), 0);
  bench.tracker.setGeneralTag(context.session, 0, 0, 99);
  assert.is(bench.fetch(context, 'sc_get_gpt0', 0), 99);
  assert.is(bench.fetch(context, 'src_updt_conn_cnt', 0), 2);
});

test('arrays of counters by their element', () => {
  const data = [
    { name: 'gpc', periodMs: 0, count: 3 },
    { name: 'gpc_rate', periodMs: 1000, count: 3 },
  ] as const;
  const bench = new Bench([{ ...TABLE, data }]);
  const context = bench.arrive(7);
  bench.track(context);
  bench.tracker.addGeneralCounter(context.session, 0, 2, 4);
  assert.is(bench.fetch(context, 'sc_get_gpc', 2, 0), 4);
  assert.is(bench.fetch(context, 'sc_gpc_rate', 2, 0), 4);
  assert.is(bench.fetch(context, 'sc_get_gpc', 1, 0), 0);
  assert.is(bench.fetch(context, 'sc_get_gpc', 3, 0), null);
  assert.is(bench.fetch(context, 'src_inc_gpc', 1, 0), 1);
});

test('the key of a tracked entry looked up in another table', () => {
  const bench = new Bench([TABLE, { ...TABLE, name: 'other' }]);
  const context = bench.arrive(7);
  bench.track(context);
  assert.is(bench.fetch(context, 'sc_conn_cnt', 0, 1), 0);
  assert.is(bench.fetch(context, 'src_inc_gpc0', 1), 1);
  assert.is(bench.fetch(context, 'sc_get_gpc0', 0, 1), 1);
});

test('tables count their entries, those that are over left out', () => {
  const bench = new Bench();
  bench.fetch(bench.arrive(1), 'src_inc_gpc0', 0);
  bench.fetch(bench.arrive(2), 'src_inc_gpc0', 0);
  const context = bench.arrive(3);
  assert.is(bench.fetch(context, 'table_cnt', 0), 2);
  assert.is(bench.fetch(context, 'table_avl', 0), 98);
  bench.nowMs += 60_000;
  assert.is(bench.fetch(context, 'table_cnt', 0), 0);
});

test('how long an entry was not used, and how long it still lasts', () => {
  const bench = new Bench();
  bench.fetch(bench.arrive(7), 'src_inc_gpc0', 0);
  bench.nowMs += 400;
  assert.is(bench.convert(7, 'table_idle', 0), 400);
  assert.is(bench.convert(7, 'table_expire', 0), 59_600);
  assert.is(bench.convert(8, 'table_idle', 0), null);
  assert.is(bench.convert(8, 'table_idle', 0, 5), 5);
  assert.is(bench.convert(8, 'table_expire', 0, 6), 6);
});

test('a worker that died leaves nobody counted', () => {
  const bench = new Bench();
  const context = bench.arrive(7);
  bench.track(context);
  bench.track(context, 1);
  reclaimSticks(0, [bench.state]);
  assert.is(bench.convert(7, 'table_conn_cur', 0), 0);
  assert.is(bench.convert(7, 'table_trackers', 0), 1, 'who asks holds it');
});

test('a worker that died in the middle of a change leaves those counted who live', () => {
  const bench = new Bench();
  bench.track(bench.arrive(7));
  const [table] = bench.lane.tables.sticks;
  const [entry] = table.list(bench.nowMs);
  // another worker's session, and one that died between being counted and being noted
  table.hold(entry);
  new TrackLedger(bench.state.ledgers[1], STICK_COUNTERS).note(5, 0, 0, entry);
  table.hold(entry);
  table.lock(1);
  reclaimSticks(0, [bench.state, bench.state]);
  assert.is(table.trackers(entry), 1);
  assert.is(bench.convert(7, 'table_conn_cur', 0), 1);
  reclaimSticks(1, [bench.state]);
  assert.is(table.trackers(entry), 0);
});

const rule = (kind: StickRulePlan['kind'], table = 0): StickRulePlan => ({
  kind,
  table,
  expression: { fetch: 'src' } as unknown as ExpressionPlan,
  condition: null,
});

/** Every server may be given sessions. */
const any = (): boolean => true;

test('a client that was given a server goes back to it, and others are free', () => {
  const bench = new Bench([TABLE], [rule('match'), rule('store-request')]);
  const rules = new StickRules(bench.lane, 0, bench.compiler);
  const first = bench.arrive(7);
  assert.is(rules.match(first, any), NO_SERVER);
  first.session.chosen = 1;
  rules.store(first);
  assert.is(rules.match(bench.arrive(7), any), 1);
  assert.is(rules.match(bench.arrive(8), any), NO_SERVER);
  assert.is(bench.convert(7, 'table_server_id', 0), 22);
});

test('nothing is stored for a session that got no server, or before it has one', () => {
  const bench = new Bench([TABLE], [rule('store-request')]);
  const rules = new StickRules(bench.lane, 0, bench.compiler);
  const context = bench.arrive(7);
  assert.is(rules.match(context, any), NO_SERVER);
  rules.store(context);
  assert.is(bench.lane.tables.sticks[0].count, 0);
});

test('of the rules that store in a table the first counts, and all of them may look there', () => {
  const bench = new Bench([TABLE], [rule('store-request'), rule('match')]);
  const rules = new StickRules(bench.lane, 0, bench.compiler);
  const first = bench.arrive(7);
  rules.match(first, any);
  first.session.chosen = 0;
  rules.store(first);
  assert.is(rules.match(bench.arrive(7), any), 0);
  assert.is(
    rules.match(bench.arrive(7), () => false),
    NO_SERVER,
    'a server that does not serve',
  );
});

test('a full table makes room when a key is noted; with nopurge the key is forgotten', () => {
  for (const nopurge of [false, true]) {
    const bench = new Bench([{ ...TABLE, size: 2, nopurge }], [rule('match'), rule('store-request')]);
    const rules = new StickRules(bench.lane, 0, bench.compiler);
    for (const client of [7, 8, 8]) {
      const context = bench.arrive(client);
      rules.match(context, any);
      context.session.chosen = client - 7;
      rules.store(context);
    }
    assert.is(rules.match(bench.arrive(8), any), 1);
    assert.is(bench.lane.tables.sticks[0].count, nopurge ? 2 : 1);
  }
});

test('store-response remembers what is known only then', () => {
  const bench = new Bench([TABLE], [rule('match'), rule('store-response')]);
  const rules = new StickRules(bench.lane, 0, bench.compiler);
  const first = bench.arrive(7);
  rules.match(first, any);
  assert.is(first.session.stickKeys, null);
  first.session.chosen = 0;
  rules.store(first);
  assert.is(rules.match(bench.arrive(7), any), 0);
});

test.run();
