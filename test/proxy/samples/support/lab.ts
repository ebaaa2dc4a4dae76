/**
 * Expressions without a configuration and without a network: a Plan and a session that tests fill
 * in, bytes that lie in a string, and a reader of expressions in the form of configurations.
 */

import type { Engine } from '../../../../src/kernel/engine.js';
import type { HostAddress } from '../../../../src/kernel/host-address.js';
import type {
  AclTestPlan,
  ArgumentPlan,
  ConditionPlan,
  ExpressionPlan,
  PatternListPlan,
} from '../../../../src/plan/expression.js';
import {
  type BackendPlan,
  DEFAULT_BACKEND,
  DEFAULT_FRONTEND,
  DEFAULT_PROCESS,
  defaultBind,
  defaultServer,
  type FrontendPlan,
  type Plan,
} from '../../../../src/plan/plan.js';
import { statisticsNames } from '../../../../src/plan/statistics-names.js';
import type { Lane } from '../../../../src/proxy/lane.js';
import { castToBinary, textOf } from '../../../../src/proxy/samples/casts.js';
import type { PayloadView, SampleContext } from '../../../../src/proxy/samples/context.js';
import { Expressions, type MoreFamilies } from '../../../../src/proxy/samples/expressions.js';
import { FOUND, NOT_YET, Sample } from '../../../../src/proxy/samples/sample.js';
import { Session } from '../../../../src/proxy/session.js';
import { createShared, openShared, type SharedTables } from '../../../../src/shared/state.js';
import { allocateStatistics } from '../../../../src/shared/statistics.js';
import { patternList } from './patterns.js';

/** Bytes of one side, as text. */
export class Bytes implements PayloadView {
  constructor(
    public text = '',
    public complete = true,
  ) {}

  get length(): number {
    return this.text.length;
  }

  read(offset: number, length: number): string {
    return this.text.slice(offset, offset + length);
  }

  byte(offset: number): number {
    return offset >= 0 && offset < this.text.length ? this.text.charCodeAt(offset) : -1;
  }
}

/** A test of an ACL with the patterns of its line, and lists of files by their indexes. */
export interface LabTest extends Omit<AclTestPlan, 'lists'> {
  readonly patterns: readonly string[];
  readonly files: readonly number[];
}

/** An ACL of such tests. */
export interface LabAcl {
  readonly name: string;
  readonly tests: readonly LabTest[];
}

/** What is different from an empty Plan with one frontend and one backend of two servers. */
export interface LabOptions {
  readonly frontends?: readonly FrontendPlan[];
  readonly backends?: readonly BackendPlan[];
  readonly patternLists?: readonly PatternListPlan[];
  readonly acls?: readonly LabAcl[];
  readonly families?: MoreFamilies;
}

const ADDRESS = { family: 'ipv4', host: '127.0.0.1', port: 80 } as const;

/** The backend `back` with servers `one` and `two`, which may be changed. */
export const BACKEND: BackendPlan = {
  ...DEFAULT_BACKEND,
  name: 'back',
  id: 3,
  serverTimeoutMs: 5000,
  servers: [defaultServer('one', 1, ADDRESS, 1), defaultServer('two', 2, ADDRESS, 7)],
};

/** The frontend `front` with one bind. */
export const FRONTEND: FrontendPlan = {
  ...DEFAULT_FRONTEND,
  name: 'front',
  id: 2,
  defaultBackend: 0,
  clientTimeoutMs: 7000,
  binds: [{ ...defaultBind(ADDRESS, 10, 'test'), name: 'door', id: 4 }],
};

/** One worker's expressions, and a session that they are evaluated against. */
export class Lab {
  readonly session = new Session(0);
  readonly request = new Bytes();
  readonly response = new Bytes();
  readonly tables: SharedTables;
  readonly lane: Lane;
  readonly context: SampleContext & { proxy: number; inBackend: boolean; stopping: boolean };
  readonly expressions: Expressions;
  private readonly files = new Map<string, number>();

  constructor(options: LabOptions = {}) {
    const patternLists = [...(options.patternLists ?? [])];
    const listOf = ({ patterns, match, ignoreCase }: LabTest): number =>
      patternLists.push(patternList(patterns, { match, ignoreCase })) - 1;
    const testOf = (one: LabTest): AclTestPlan => ({ ...one, lists: [listOf(one), ...one.files] });
    const plan: Plan = {
      process: DEFAULT_PROCESS,
      frontends: options.frontends ?? [FRONTEND],
      backends: options.backends ?? [BACKEND],
      proxyIds: [],
      acls: (options.acls ?? []).map(({ name, tests }) => ({ name, tests: tests.map(testOf) })),
      patternLists,
      tables: [],
    };
    for (const [index, { source }] of plan.patternLists.entries()) this.files.set(source.path, index);
    this.tables = tablesOf(plan);
    this.lane = { worker: 0, plan, tables: this.tables, engine: new NoEngine() as unknown as Engine } as unknown as Lane;
    const { lane, session, request, response } = this;
    session.backend = 0;
    this.context = { lane, session, request, response, nowMs: 1000, proxy: 0, inBackend: false, stopping: false };
    this.expressions = new Expressions(lane, options.families);
  }

  /** The plan of an expression as configurations write it. */
  plan(text: string): ExpressionPlan {
    return new ExpressionReader(text, this.files, this.lane.plan).read();
  }

  /** The value of an expression as text, or what it came to. */
  evaluate(text: string): string {
    return this.evaluation(text)();
  }

  /** An expression to be evaluated again and again. */
  evaluation(text: string): () => string {
    const evaluate = this.expressions.expression(this.plan(text));
    const sample = new Sample();
    return () => describe(evaluate(this.context, sample), () => textOf(sample));
  }

  /** The value of an expression as bytes in hexadecimal, or what it came to. */
  hex(text: string): string {
    const sample = new Sample();
    const outcome = this.expressions.expression(this.plan(text))(this.context, sample);
    castToBinary(sample);
    return describe(outcome, () => Buffer.from(sample.text, 'latin1').toString('hex').toUpperCase());
  }
}

function describe(outcome: number, value: () => string): string {
  return outcome === FOUND ? value() : outcome === NOT_YET ? '(not yet)' : '(missing)';
}

function tablesOf(plan: Plan): SharedTables {
  const shared = createShared({
    workers: 1,
    maxconn: 10,
    descriptorsMax: 64,
    statistics: allocateStatistics(statisticsNames(plan), 1),
    backendSizes: plan.backends.map(({ servers }) => servers.length),
    wakeFds: [-1],
  });
  const tables = openShared(shared, 0);
  for (const [index, { servers }] of plan.backends.entries()) {
    for (const [server, { weight }] of servers.entries()) tables.servers.groups[index].setWeight(server, weight);
  }
  return tables;
}

/** A client at 192.0.2.7:4711, connected to 127.0.0.1:8080. */
class NoEngine {
  peerAddress(_fd: number, into: HostAddress): void {
    into.setIpv4(0xc0000207 | 0, 4711);
  }

  localAddress(_fd: number, into: HostAddress): void {
    into.setIpv4(0x7f000001, 8080);
  }
}

/** Reads `fetch(args),converter(args)`; arguments may be in single or double quotes. */
class ExpressionReader {
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly files: ReadonlyMap<string, number>,
    private readonly whole: Plan,
  ) {}

  read(): ExpressionPlan {
    const { name: fetch, values } = this.call();
    const converters: ExpressionPlan['converters'][number][] = [];
    while (this.text[this.at] === ',') {
      this.at++;
      const { name, values: given } = this.call();
      converters.push({ name, arguments: given, kinds: given.map(() => null) });
    }
    if (this.at < this.text.length) throw new Error(`'${this.text.slice(this.at)}' is left of '${this.text}'`);
    return { fetch, arguments: values, kinds: values.map(() => null), converters, type: 'any' };
  }

  private call(): { name: string; values: readonly ArgumentPlan[] } {
    const name = /^[\w.-]+/.exec(this.text.slice(this.at))?.[0] ?? '';
    this.at += name.length;
    if (this.text[this.at] !== '(') return { name, values: [] };
    const values: ArgumentPlan[] = [];
    do {
      this.at++;
      values.push(this.resolve(name, values.length, this.word()));
    } while (this.text[this.at] === ',');
    this.at++;
    return { name, values };
  }

  private word(): string {
    let word = '';
    for (let quote = ''; this.at < this.text.length; this.at++) {
      const character = this.text[this.at];
      if (quote === '' && (character === ',' || character === ')')) break;
      if (character === quote) quote = '';
      else if (quote === '' && (character === '"' || character === "'")) quote = character;
      else word += character;
    }
    return word;
  }

  /** Names of files, servers and proxies to what a Plan has in their place. */
  private resolve(name: string, index: number, word: string): ArgumentPlan {
    if (index === 0 && name.startsWith('map')) return this.files.get(word) ?? -1;
    if (/^srv_(?!id|name)/.test(name)) return this.server(word);
    if (/^(?:nbsrv|queue|avg_queue|connslots|be_conn|be_conn_free|be_sess_rate)$/.test(name))
      return this.whole.backends.findIndex((backend) => backend.name === word);
    return word;
  }

  private server(word: string): ArgumentPlan {
    const [backendName, serverName] = word.split('/');
    const backend = this.whole.backends.findIndex(({ name }) => name === backendName);
    return { backend, server: this.whole.backends[backend].servers.findIndex(({ name }) => name === serverName) };
  }
}

/** A test of an ACL: an expression, how it is compared, and with what. */
export function aclTest(expression: ExpressionPlan, match: AclTestPlan['match'], ...patterns: string[]): LabTest {
  return { expression, match, ignoreCase: false, patterns, files: [] };
}

/** `a b or c`, with `!` for not: a condition of ACLs by their numbers. */
export function condition(text: string, unless = false): ConditionPlan {
  const alternatives = text
    .split(' or ')
    .map((terms) => terms.split(' ').map((term) => ({ negated: term.startsWith('!'), acl: Number(term.replace('!', '')) })));
  return { unless, alternatives };
}
