/** The stick rules of one backend, ready to be evaluated (configuration manual, `stick on` and its like). */
import type { StickRulePlan } from '../../plan/rules.js';
import { serverKey } from '../../shared/server-key.js';
import type { StickField } from '../../shared/stick-data.js';
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
  /** Index of the server by its id, which entries hold, and by its name, which goes first: ids change with places. */
  private readonly serverOf: ReadonlyMap<number, number>;
  private readonly serverOfKey: ReadonlyMap<number, number>;
  /** By index. */
  private readonly serverKeys: readonly number[];
  /** Where entries hold both, by tables: the plan has them stored in every table that stick rules use. */
  private readonly fields: readonly { readonly id: StickField; readonly key: StickField }[];

  constructor(
    private readonly lane: Lane,
    private readonly backend: number,
    compiler: ExpressionCompiler,
  ) {
    const plan = lane.plan.backends[backend];
    this.serverOf = new Map(plan.servers.map(({ id }, index) => [id, index]));
    this.serverKeys = plan.servers.map(({ name }) => serverKey(name));
    this.serverOfKey = new Map(this.serverKeys.map((key, index) => [key, index]));
    this.fields = lane.tables.sticks.map(({ fields }) => ({
      id: fields.get('server_id') as StickField,
      key: fields.get('server_key') as StickField,
    }));
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
    if (this.lane.plan.backends[this.backend].servers[session.chosen].nonStick) return;
    for (const { table, key } of stickKeys) {
      this.keys[table].fromText(key);
      this.remember(table, session.chosen, nowMs);
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
    const stick = this.locked(table);
    const hasRoom = stick.makeRoom(nowMs);
    stick.unlock();
    return hasRoom;
  }

  /** The server that the entry of the written key names. The entry counts as used. */
  private look(table: number, nowMs: number): number {
    const stick = this.locked(table);
    const { id, key } = this.fields[table];
    const entry = stick.find(this.keys[table].key, nowMs);
    if (entry !== NO_ENTRY) stick.touch(entry, nowMs);
    const server = entry === NO_ENTRY ? NO_SERVER : (this.serverOf.get(stick.read(entry, id, 0, nowMs)) ?? NO_SERVER);
    const known = entry === NO_ENTRY ? 0 : stick.read(entry, key, 0, nowMs);
    stick.unlock();
    // Whoever has set the id by hand means it: then there is no name.
    if (known === 0 || (server !== NO_SERVER && this.serverKeys[server] === known)) return server;
    return this.serverOfKey.get(known) ?? NO_SERVER;
  }

  private remember(table: number, server: number, nowMs: number): void {
    const stick = this.locked(table);
    const { id, key } = this.fields[table];
    const entry = stick.obtain(this.keys[table].key, nowMs);
    if (entry !== NO_ENTRY) {
      stick.set(entry, id, 0, this.lane.plan.backends[this.backend].servers[server].id, nowMs);
      stick.set(entry, key, 0, this.serverKeys[server], nowMs);
    }
    stick.unlock();
  }

  private locked(table: number): StickTable {
    const stick = this.lane.tables.sticks[table];
    stick.lock(this.lane.worker + 1);
    return stick;
  }
}

/** Only the first rule that stores in a table counts. */
function hasKeyFor({ stickKeys }: Session, table: number): boolean {
  if (stickKeys === null) return false;
  for (const note of stickKeys) if (note.table === table) return true;
  return false;
}
