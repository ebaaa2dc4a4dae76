/** The stick rules of one backend, ready to be evaluated (configuration manual, `stick on` and its like). */
import type { StickRulePlan } from '../../plan/rules.js';
import { NO_ENTRY, type StickTable } from '../../shared/stick-table.js';
import { NO_SERVER } from '../balance/balancer.js';
import type { Lane } from '../lane.js';
import type { Evaluate, ExpressionCompiler, SampleContext, Test } from '../samples/context.js';
import { FOUND, Sample } from '../samples/sample.js';
import type { Session } from '../session.js';
import { KeyWriter } from './keys.js';
import type { Stickiness } from './stickiness.js';

/** Keys that a session remembers at most, as in HAProxy. */
const KEYS_MAX = 8;

interface StickRule {
  readonly kind: StickRulePlan['kind'];
  readonly table: number;
  readonly evaluate: Evaluate;
  /** null: always. */
  readonly test: Test | null;
}

/** The stick rules of a backend that has some. */
export class StickRules implements Stickiness {
  private readonly rules: readonly StickRule[];
  private readonly keys: readonly KeyWriter[];
  private readonly sample = new Sample();
  /** Index of the server by its id, which is what entries hold. */
  private readonly serverOf: ReadonlyMap<number, number>;

  constructor(
    private readonly lane: Lane,
    private readonly backend: number,
    compiler: ExpressionCompiler,
  ) {
    const plan = lane.plan.backends[backend];
    this.serverOf = new Map(plan.servers.map(({ id }, index) => [id, index]));
    this.keys = lane.plan.tables.map((table) => new KeyWriter(table));
    this.rules = plan.stickRules.map(({ kind, table, expression, condition }) => ({
      kind,
      table,
      evaluate: compiler.expression(expression),
      test: condition === null ? null : compiler.condition(condition),
    }));
  }

  match(context: SampleContext, serves: (server: number) => boolean): number {
    const { nowMs } = context;
    let server = NO_SERVER;
    for (const rule of this.rules) {
      if (rule.kind === 'match' && this.writeKey(rule, context)) {
        const found = this.look(rule.table, nowMs);
        if (server === NO_SERVER && found !== NO_SERVER && serves(found)) server = found;
      } else if (rule.kind === 'store-request') this.prepare(rule, context);
    }
    return server;
  }

  store(context: SampleContext): void {
    const { session, nowMs } = context;
    for (const rule of this.rules) {
      if (rule.kind === 'store-response') this.prepare(rule, context);
    }
    const { stickKeys } = session;
    if (stickKeys === null || session.chosen === NO_SERVER) return;
    const { id, nonStick } = this.lane.plan.backends[this.backend].servers[session.chosen];
    if (nonStick) return;
    for (const { table, key } of stickKeys) {
      this.keys[table].fromText(key);
      this.remember(table, id, nowMs);
    }
    session.stickKeys = null;
  }

  private writeKey(rule: StickRule, context: SampleContext): boolean {
    if (rule.test !== null && rule.test(context) !== FOUND) return false;
    return rule.evaluate(context, this.sample) === FOUND && this.keys[rule.table].write(this.sample);
  }

  /**
   * Notes the key of a rule that stores. A full table makes room at once, as in HAProxy: before it is
   * known whether the key is new, and without room nothing will be stored, not even in the key's own entry.
   */
  private prepare(rule: StickRule, context: SampleContext): void {
    const { session, nowMs } = context;
    if (hasKeyFor(session, rule.table) || !this.writeKey(rule, context)) return;
    session.stickKeys ??= [];
    if (session.stickKeys.length >= KEYS_MAX || !this.makeRoom(rule.table, nowMs)) return;
    session.stickKeys.push({ table: rule.table, key: this.keys[rule.table].toText() });
  }

  private makeRoom(table: number, nowMs: number): boolean {
    const stick = this.lane.tables.sticks[table];
    stick.lock(this.lane.worker + 1);
    const hasRoom = stick.makeRoom(nowMs);
    stick.unlock();
    return hasRoom;
  }

  /** The server that the entry of the written key names. The entry counts as used. */
  private look(table: number, nowMs: number): number {
    return this.locked(table, (stick, field) => {
      const entry = stick.find(this.keys[table].key, nowMs);
      if (entry === NO_ENTRY) return NO_SERVER;
      stick.touch(entry, nowMs);
      return this.serverOf.get(stick.read(entry, field, 0, nowMs)) ?? NO_SERVER;
    });
  }

  private remember(table: number, id: number, nowMs: number): void {
    this.locked(table, (stick, field) => {
      const entry = stick.obtain(this.keys[table].key, nowMs);
      if (entry !== NO_ENTRY) stick.set(entry, field, 0, id, nowMs);
      return NO_SERVER;
    });
  }

  private locked(
    table: number,
    act: (stick: StickTable, field: NonNullable<ReturnType<StickTable['fields']['get']>>) => number,
  ): number {
    const stick = this.lane.tables.sticks[table];
    const field = stick.fields.get('server_id');
    if (field === undefined) return NO_SERVER; // the plan stores it in every table that stick rules use
    stick.lock(this.lane.worker + 1);
    const result = act(stick, field);
    stick.unlock();
    return result;
  }
}

/** Only the first rule that stores in a table counts. */
function hasKeyFor({ stickKeys }: Session, table: number): boolean {
  if (stickKeys === null) return false;
  for (const note of stickKeys) if (note.table === table) return true;
  return false;
}
