/** Rules, stick rules and rules that choose backends and servers, in the form of a Plan. */
import type { ProxyConfig, UseBackend, UseServer } from '../../config/config.js';
import type { Rule, RuleAction, RuleSet, StickRule } from '../../config/rules/syntax.js';
import { canCast } from '../../config/samples/casts.js';
import { FETCHES } from '../../config/samples/fetches.js';
import type { SampleType } from '../../config/samples/syntax.js';
import type { UseBackendPlan, UseServerPlan } from '../plan.js';
import type { ActionPlan, RulePlan, RulesPlan, StickRulePlan, TablePlan } from '../rules.js';
import { compileCondition } from './conditions.js';
import { compileExpression } from './expressions.js';
import { compileFormat } from './formats.js';
import type { Scope } from './references.js';

/** Types that keys of tables are made from. */
const KEY_TYPES: Readonly<Record<TablePlan['keyType'], SampleType>> = {
  ip: 'ipv4',
  ipv6: 'ipv6',
  integer: 'sint',
  string: 'str',
  binary: 'bin',
};

/** The rules of tcp-request and tcp-response. */
export function compileRules(proxy: ProxyConfig, scope: Scope): RulesPlan {
  const { connection, session, content, response } = proxy.rules;
  const compile = (rules: readonly Rule[], set: RuleSet): RulePlan[] => rules.map((rule) => compileRule(rule, set, scope));
  warnOfMissingDelay(proxy, scope);
  return {
    connection: compile(connection, 'tcp-request connection'),
    session: compile(session, 'tcp-request session'),
    content: compile(content, 'tcp-request content'),
    response: compile(response, 'tcp-response content'),
    requestInspectDelayMs: proxy.requestInspectDelayMs?.value ?? 0,
    responseInspectDelayMs: proxy.responseInspectDelayMs?.value ?? 0,
  };
}

function compileRule({ action, condition }: Rule, set: RuleSet, scope: Scope): RulePlan {
  return { action: compileAction(action, set, scope), condition: compileCondition(condition, scope) };
}

function compileAction(action: RuleAction, set: RuleSet, scope: Scope): ActionPlan {
  const usage = `in ${set} expression`;
  switch (action.kind) {
    case 'track-sc':
      return compileTrack(action, scope);
    case 'set-var-fmt':
      return { ...action, format: compileFormat(action.format, scope, usage) };
    case 'set-var':
      return { ...action, expression: compileExpression(action.expression, scope, usage) };
    case 'capture':
      return { ...action, expression: compileExpression(action.expression, scope, 'in capture rule') };
    case 'sc-set-gpt':
    case 'sc-add-gpc':
      return {
        ...action,
        value: typeof action.value === 'number' ? action.value : compileExpression(action.value, scope, usage),
      };
    case 'set-src':
    case 'set-dst':
    case 'set-src-port':
    case 'set-dst-port':
    case 'set-priority-class':
    case 'set-priority-offset':
      return { ...action, expression: compileExpression(action.expression, scope, usage) };
    default:
      return action;
  }
}

function compileTrack(action: RuleAction & { kind: 'track-sc' }, scope: Scope): ActionPlan {
  const { counter, expression, table } = action;
  const name = table?.name ?? scope.proxy.name;
  const index = scope.references.tableIndexes.get(name) ?? -1;
  const place = table?.place ?? expression.place;
  if (index < 0) {
    const hint = scope.nearest(name, scope.references.tableIndexes);
    scope.proxyAlert(place, `unable to find table '${name}' referenced by track-sc${counter}.`, hint);
  } else if (!fits(expression.type, scope.references.tables[index])) {
    scope.proxyAlert(place, `stick-table '${name}' uses a type incompatible with the 'track-sc${counter}' rule.`);
  }
  return { kind: 'track-sc', counter, expression: compileExpression(expression, scope, 'in tracking rule'), table: index };
}

function fits(type: SampleType, table: TablePlan): boolean {
  return canCast(type, KEY_TYPES[table.keyType]);
}

/** Contents that nobody waits for are there by chance. */
function warnOfMissingDelay(proxy: ProxyConfig, scope: Scope): void {
  if (proxy.requestInspectDelayMs !== undefined) return;
  const kind = proxy.kind === 'listen' ? 'proxy' : proxy.kind;
  for (const { action, place } of proxy.rules.content) {
    const named = action.kind === 'track-sc' ? 'content track-sc*' : action.kind === 'capture' ? 'capture' : null;
    if (named === null || !('expression' in action) || !looksAtContents(action.expression.fetch)) continue;
    const text =
      `config : ${kind} '${proxy.name}' : a 'tcp-request ${named}' rule explicitly depending on request contents without ` +
      "any 'tcp-request inspect-delay' setting. This means that this rule will randomly find its contents. " +
      'This can be fixed by setting the tcp-request inspect-delay.';
    scope.references.findings.add({ severity: 'warning', text, place, hint: 'tcp-request inspect-delay 5s' });
  }
}

function looksAtContents(fetch: string): boolean {
  const origin = FETCHES.get(fetch)?.origin;
  return origin === 'requestBuffer' || origin === 'request' || origin === 'anyBuffer';
}

/** `stick on` and its like. Both rules of a line `stick on` share what they are made of, and its mistakes are reported once. */
export function compileStickRules({ stickRules }: ProxyConfig, scope: Scope): StickRulePlan[] {
  const compiled = new Map<StickRule['expression'], Omit<StickRulePlan, 'kind'>>();
  return stickRules.map((rule) => {
    const shared = compiled.get(rule.expression) ?? compileStickRule(rule, scope);
    compiled.set(rule.expression, shared);
    return { kind: rule.kind, ...shared };
  });
}

function compileStickRule(
  { kind, expression, table: named, condition, place }: StickRule,
  scope: Scope,
): Omit<StickRulePlan, 'kind'> {
  const name = named?.name ?? scope.proxy.name;
  const { tables, tableIndexes } = scope.references;
  const table = tableIndexes.get(name) ?? -1;
  const at = named?.place ?? place;
  const what = kind === 'store-response' ? 'store table' : 'stick-table';
  if (table < 0) scope.proxyAlert(at, `unable to find ${what} '${name}'.`, scope.nearest(name, tableIndexes));
  else if (!fits(expression.type, tables[table]))
    scope.proxyAlert(at, `type of fetch not usable with type of stick-table '${name}'.`);
  return {
    expression: compileExpression(expression, scope, 'in stick rule'),
    table,
    condition: compileCondition(condition, scope),
  };
}

/** `use_backend`. */
export function compileUseBackends({ useBackends }: ProxyConfig, scope: Scope): UseBackendPlan[] {
  return useBackends.map(({ backend, condition, place }: UseBackend) => ({
    backend:
      typeof backend === 'string'
        ? backendIndex(backend, place, scope)
        : compileFormat(backend, scope, 'in use_backend expression'),
    condition: compileCondition(condition, scope),
  }));
}

function backendIndex(name: string, place: UseBackend['place'], scope: Scope): number {
  const { backends } = scope.references.names;
  const index = backends.get(name);
  if (index === undefined)
    scope.proxyAlert(place, `unable to find required use_backend: '${name}'.`, scope.nearest(name, backends));
  return index ?? -1;
}

/** `use-server`. */
export function compileUseServers({ useServers }: ProxyConfig, scope: Scope): UseServerPlan[] {
  return useServers.map(({ server, condition, place }: UseServer) => ({
    server:
      typeof server === 'string'
        ? ownServer(server, place, scope)
        : compileFormat(server, scope, 'in use-server or balance expression'),
    condition: compileCondition(condition, scope),
  }));
}

function ownServer(name: string, place: UseServer['place'], scope: Scope): number {
  const { names, findings } = scope.references;
  const backend = names.backends.get(scope.proxy.name);
  const known = backend === undefined ? new Map<string, number>() : names.servers[backend];
  const index = known.get(name);
  if (index !== undefined) return index;
  const kind = scope.proxy.kind === 'listen' ? 'proxy' : scope.proxy.kind;
  const text = `config : ${kind} '${scope.proxy.name}' : unable to find server '${name}' referenced in a 'use-server' rule.`;
  const hint = scope.nearest(name, known);
  findings.add({ severity: 'alert', text, place, ...(hint !== undefined && { hint }) });
  return -1;
}

/** Lengths of the captures of a frontend, by their slots. */
export function compileCaptures({ captures }: ProxyConfig): number[] {
  return [...captures.request];
}
