/** Plans put together by hand, for tests of the data plane that shall not depend on the language. */
import type { MatchMethod } from '../../../src/config/samples/syntax.js';
import type { AclPlan, ArgumentPlan, ConditionPlan, ExpressionPlan, PatternListPlan } from '../../../src/plan/expression.js';
import type { LogPlan } from '../../../src/plan/logging.js';
import { NO_LOG } from '../../../src/plan/logging.js';
import {
  type BackendPlan,
  type BindPlan,
  DEFAULT_BACKEND,
  DEFAULT_FRONTEND,
  DEFAULT_PROCESS,
  defaultBind,
  defaultServer,
  type FrontendPlan,
  type Plan,
} from '../../../src/plan/plan.js';
import { type ActionPlan, NO_RULES, type RulePlan, type RulesPlan } from '../../../src/plan/rules.js';
import type { EngineChoice } from '../../harness.js';
import { formatOf, targetOf, udp } from '../../proxy/log/support/lab.js';
import { patternList } from '../../proxy/samples/support/patterns.js';

/** What is said beside defaults. */
export interface Wishes {
  readonly frontend?: Partial<FrontendPlan>;
  readonly backend?: Partial<BackendPlan>;
  readonly bind?: Partial<BindPlan>;
  /** More backends; without servers unless they say so. */
  readonly others?: readonly Partial<BackendPlan>[];
  readonly workers?: number;
}

/** A plan in the making: it numbers the ACLs. */
export class PlanMaker {
  private readonly acls: AclPlan[] = [];
  private readonly patternLists: PatternListPlan[] = [];

  /** `if { fetch(args) -m match patterns }`. */
  when(expression: ExpressionPlan, match: MatchMethod, ...patterns: string[]): ConditionPlan {
    const list = this.patternLists.push(patternList(patterns, { match })) - 1;
    this.acls.push({ name: '', tests: [{ expression, match, ignoreCase: false, lists: [list] }] });
    return { unless: false, alternatives: [[{ negated: false, acl: this.acls.length - 1 }]] };
  }

  /** A listen `t` on a port of 127.0.0.1 in front of a server `s`. */
  plan(engine: EngineChoice, port: number, serverPort: number, wishes: Wishes, log: Partial<LogPlan> = {}): Plan {
    const bind = { ...defaultBind({ family: 'ipv4', host: '127.0.0.1', port }, 100, 'test'), ...wishes.bind };
    const server = defaultServer('s', 1, { family: 'ipv4', host: '127.0.0.1', port: serverPort }, 1);
    const times = { clientTimeoutMs: 5000 };
    return {
      process: { ...DEFAULT_PROCESS, workers: wishes.workers ?? 1, pin: false, ioEngine: engine, maxconn: 1000 },
      frontends: [
        {
          ...DEFAULT_FRONTEND,
          name: 't',
          id: 2,
          binds: [bind],
          defaultBackend: 0,
          ...times,
          log: { ...NO_LOG, ...log },
          ...wishes.frontend,
        },
      ],
      backends: [
        { ...DEFAULT_BACKEND, name: 't', id: 2, servers: [server], ...SERVER_TIMES, ...wishes.backend },
        ...(wishes.others ?? []).map((other, i) => ({ ...DEFAULT_BACKEND, id: 3 + i, ...SERVER_TIMES, ...other })),
      ],
      proxyIds: [2, ...(wishes.others ?? []).map((_, i) => 3 + i)],
      acls: this.acls,
      patternLists: this.patternLists,
      tables: [],
    };
  }
}

const SERVER_TIMES = { connectTimeoutMs: 2000, serverTimeoutMs: 5000, queueTimeoutMs: 2000 };

/** A fetch with its arguments. */
export function fetch(name: string, ...values: ArgumentPlan[]): ExpressionPlan {
  const kinds = values.map((value) => (typeof value === 'number' ? 'integer' : 'string') as 'integer' | 'string');
  const type = name.endsWith('payload') ? 'bin' : name.endsWith('len') ? 'sint' : name === 'req.ssl_sni' ? 'str' : 'any';
  return { fetch: name, arguments: values, kinds, converters: [], type };
}

/** Rules, where the others are none. */
export function rules(some: Partial<RulesPlan>): RulesPlan {
  return { ...NO_RULES, ...some };
}

/** A rule. */
export function rule(
  action: ActionPlan | 'accept' | 'reject' | 'close' | 'silent-drop' | 'expect-proxy',
  condition: ConditionPlan | null = null,
): RulePlan {
  return { action: typeof action === 'string' ? { kind: action } : action, condition };
}

/** What both log of a session: nothing that differs from run to run. */
export const LOG_FORMAT = '%ft %b/%s %B %U %ts';

/** Logging of that line to a receiver. */
export function logTo(port: number, format = LOG_FORMAT): Partial<LogPlan> {
  return { targets: [targetOf(udp(port))], format: formatOf(format) };
}
