/** Section `backend`, and that half of `listen`. */
import type { ProxyConfig, TimeoutName } from '../../config/config.js';
import { type BackendPlan, type BalancePlan, DEFAULT_BACKEND } from '../plan.js';
import { compileCheck } from './checks.js';
import type { Compilation, NumberedProxy } from './context.js';
import { compileExpression } from './expressions.js';
import { compileLogOutput } from './logging.js';
import { backendOptions } from './options.js';
import type { Scope } from './references.js';
import { compileStickRules, compileUseServers } from './rules.js';
import { compileServers } from './servers.js';

/** Connections and sessions are over with when a backend is chosen. */
const NO_FRONTEND_RULES = { connection: [], session: [] } as const;

/** One backend. */
export function compileBackend({ proxy, id, scope, rules }: NumberedProxy, compilation: Compilation): BackendPlan {
  const timeout = (name: TimeoutName) => proxy.timeouts.get(name)?.value ?? 0;
  return {
    name: proxy.name,
    id,
    idForced: proxy.id !== undefined,
    mode: 'tcp',
    balance: compileBalance(proxy, scope),
    servers: compileServers(proxy, compilation),
    fullconn: proxy.fullconn?.value ?? 0,
    useServers: compileUseServers(proxy, scope),
    rules: { ...rules, ...NO_FRONTEND_RULES },
    stickRules: compileStickRules(proxy, scope),
    retries: proxy.retries?.value ?? DEFAULT_BACKEND.retries,
    redispatch: proxy.redispatch?.value ?? DEFAULT_BACKEND.redispatch,
    connectTimeoutMs: timeout('connect'),
    serverTimeoutMs: timeout('server'),
    serverFinTimeoutMs: timeout('server-fin'),
    tunnelTimeoutMs: timeout('tunnel'),
    queueTimeoutMs: timeout('queue') || timeout('connect'),
    checkTimeoutMs: timeout('check'),
    check: compileCheck(proxy, scope, compilation),
    log: compileLogOutput(proxy, compilation),
    options: backendOptions(proxy, compilation.config.global),
  };
}

function compileBalance({ balance, hashType, hashBalanceFactor }: ProxyConfig, scope: Scope): BalancePlan {
  const said = balance?.value;
  const expression = said?.expression ?? null;
  return {
    algorithm: said?.algorithm ?? DEFAULT_BACKEND.balance.algorithm,
    hashType: hashType?.value ?? DEFAULT_BACKEND.balance.hashType,
    balanceFactor: hashBalanceFactor?.value ?? DEFAULT_BACKEND.balance.balanceFactor,
    draws: said?.draws ?? DEFAULT_BACKEND.balance.draws,
    expression: expression === null ? null : compileExpression(expression, scope),
  };
}
