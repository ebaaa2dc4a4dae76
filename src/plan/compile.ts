/**
 * Config to Plan: names become indexes, what nobody said becomes a value, sections `listen` become
 * a frontend and a backend of one name. A function of its arguments: names are looked up and files
 * read by whoever calls it.
 */
import type { Config, ProxyConfig } from '../config/config.js';
import type { Findings } from '../config/diagnostics.js';
import { serversOf } from '../config/servers.js';
import { compileBackend } from './compile/backends.js';
import { compileAcls } from './compile/conditions.js';
import type { Compilation, NumberedProxy } from './compile/context.js';
import { compileFrontend } from './compile/frontends.js';
import { numbered } from './compile/numbers.js';
import { compileProcess } from './compile/process.js';
import { type PlanNames, References } from './compile/references.js';
import { compileResolvers } from './compile/resolvers.js';
import { compileRules } from './compile/rules.js';
import type { Plan } from './plan.js';
import type { Resources } from './resources.js';

/**
 * Compiles a configuration that was read and checked without alerts. What cannot be is reported in
 * `findings`, and the answer is null.
 */
export function compilePlan(config: Config, resources: Resources, findings: Findings): Plan | null {
  const before = findings.list.length;
  const references = new References(config.proxies, namesOf(config), resources, findings);
  const surroundings = { config, resources, findings, references };
  const resolvers = compileResolvers(surroundings);
  const compilation: Compilation = { ...surroundings, resolvers };
  const proxies = numberedProxies(config, references);
  const plan: Plan = {
    process: compileProcess(compilation),
    frontends: proxies.filter(isFrontend).map((proxy) => compileFrontend(proxy, compilation)),
    backends: proxies.filter(isBackend).map((proxy) => compileBackend(proxy, compilation)),
    proxyIds: proxies.map(({ id }) => id),
    acls: references.acls,
    patternLists: references.patterns.numbered(),
    tables: references.tables,
  };
  return findings.list.slice(before).some(({ severity }) => severity === 'alert') ? null : plan;
}

/** Disabled frontends are left out. Disabled backends stay, without servers, for rules that lead to them. */
const isFrontend = ({ proxy: { kind, disabled } }: { proxy: ProxyConfig }) =>
  (kind === 'frontend' || kind === 'listen') && disabled?.value !== true;
const isBackend = ({ proxy: { kind } }: { proxy: ProxyConfig }) => kind === 'backend' || kind === 'listen';

/** The frontend of the runtime API is the first proxy of all where there is one. */
function numberedProxies({ proxies, global }: Config, references: References): NumberedProxy[] {
  const own = proxies.map(({ id }) => id?.value ?? null);
  const ids = global.statsSockets.length > 0 ? numbered([null, ...own]).slice(1) : numbered(own);
  return proxies.map((proxy, i) => {
    const scope = references.scope(proxy);
    compileAcls(proxy, scope);
    return { proxy, id: ids[i], scope, rules: compileRules(proxy, scope) };
  });
}

function namesOf({ proxies }: Config): PlanNames {
  const wrapped = proxies.map((proxy) => ({ proxy }));
  const backends = wrapped.filter(isBackend);
  const index = (list: readonly { proxy: ProxyConfig }[]) => new Map(list.map(({ proxy }, i) => [proxy.name, i]));
  return {
    frontends: index(wrapped.filter(isFrontend)),
    backends: index(backends),
    servers: backends.map(({ proxy }) => new Map(namesOfServers(proxy).map((name, i) => [name, i]))),
  };
}

function namesOfServers(proxy: ProxyConfig): string[] {
  return proxy.disabled?.value === true ? [] : serversOf(proxy).map(({ name }) => name);
}
