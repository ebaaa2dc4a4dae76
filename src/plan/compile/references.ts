/**
 * Names to indexes: what the expressions, conditions, formats and rules of all proxies refer to,
 * while a Config becomes a Plan. It neither reads files nor knows what a keyword means.
 *
 * What the compiler of proxies calls, in this order:
 *
 *     const references = new References(config.proxies, names, resources, findings);   // references.ts
 *     const scope = references.scope(proxy);                        // one for each proxy
 *     compileExpression(expression, scope, usage): ExpressionPlan   // expressions.ts
 *     compileCondition(condition | null, scope): ConditionPlan|null // conditions.ts
 *     compileFormat(format, scope, usage): FormatPlan               // formats.ts
 *     compileAcls(proxy, scope): void                               // conditions.ts, also those that no rule uses
 *     compileRules(proxy, scope): RulesPlan                         // rules.ts
 *     compileStickRules(proxy, scope): StickRulePlan[]              // rules.ts
 *     compileUseBackends(proxy, scope): UseBackendPlan[]            // rules.ts
 *     compileUseServers(proxy, scope): UseServerPlan[]              // rules.ts
 *     compileCaptures(proxy): number[]                              // rules.ts
 *
 * and at the end `plan.acls = references.acls`, `plan.patternLists = references.patterns.numbered()`,
 * `plan.tables = references.tables`. Names that are not found are alerts in `findings`.
 */
import type { ProxyConfig } from '../../config/config.js';
import type { Findings, Place } from '../../config/diagnostics.js';
import type { Acl } from '../../config/samples/syntax.js';
import type { AclPlan } from '../expression.js';
import type { TablePlan } from '../rules.js';
import { PatternLists } from './pattern-lists.js';
import { compileTables } from './tables.js';

/** Indexes in the Plan of everything that has a name. A `listen` is in both maps. */
export interface PlanNames {
  readonly frontends: ReadonlyMap<string, number>;
  readonly backends: ReadonlyMap<string, number>;
  /** Servers by name, for each backend by its index; those of `server-template` included. */
  readonly servers: readonly ReadonlyMap<string, number>[];
}

/** Texts of the files of patterns and maps, by their paths as written (a part of `Resources`). */
export interface PatternTexts {
  readonly files: ReadonlyMap<string, string>;
}

/** What stands in the Plan once, however many proxies refer to it. */
export class References {
  readonly acls: AclPlan[] = [];
  readonly patterns: PatternLists;
  readonly tables: readonly TablePlan[];
  /** By the names of the proxies that have them. */
  readonly tableIndexes: ReadonlyMap<string, number>;

  constructor(
    proxies: readonly ProxyConfig[],
    readonly names: PlanNames,
    texts: PatternTexts,
    readonly findings: Findings,
  ) {
    this.patterns = new PatternLists(proxies, texts.files);
    this.tables = compileTables(proxies, findings);
    this.tableIndexes = new Map(this.tables.map(({ name }, index) => [name, index]));
  }

  /** What one proxy's own names mean. */
  scope(proxy: ProxyConfig): Scope {
    return new Scope(this, proxy);
  }
}

/** The view of one proxy: its own name stands where a name is left out. */
export class Scope {
  /** Where the ACLs of this proxy stand in the Plan; `defaults` may share an Acl between proxies. */
  readonly aclIndexes = new Map<Acl, number>();

  constructor(
    readonly references: References,
    readonly proxy: ProxyConfig,
  ) {}

  /** The name that was probably meant. */
  nearest(name: string, known: ReadonlyMap<string, unknown>): string | undefined {
    return this.references.findings.nearest(name, () => known.keys());
  }

  /** `config : parsing [file:line]: text`, the form of HAProxy's messages about names in expressions. */
  alert(place: Place, text: string, hint?: string): void {
    this.references.findings.line('alert', place, text, hint);
  }

  /** `config : Proxy 'f': text`, the form of those about names in rules, which HAProxy gives without the line. */
  proxyAlert(place: Place, text: string, hint?: string): void {
    const whole = `config : Proxy '${this.proxy.name}': ${text}`;
    this.references.findings.add({ severity: 'alert', text: whole, place, ...(hint !== undefined && { hint }) });
  }
}
