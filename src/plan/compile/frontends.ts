/** Section `frontend`, and that half of `listen`. */
import type { ProxyConfig, TimeoutName } from '../../config/config.js';
import type { FrontendPlan } from '../plan.js';
import { compileBinds } from './binds.js';
import type { Compilation, NumberedProxy } from './context.js';
import { compileLog } from './logging.js';
import { frontendOptions } from './options.js';
import { compileCaptures, compileUseBackends } from './rules.js';

/** One frontend. A `listen` sends what no rule takes to its own servers, unless it names a backend. */
export function compileFrontend({ proxy, id, scope, rules }: NumberedProxy, compilation: Compilation): FrontendPlan {
  const timeout = (name: TimeoutName) => proxy.timeouts.get(name)?.value ?? 0;
  return {
    name: proxy.name,
    id,
    mode: 'tcp',
    binds: compileBinds(proxy, compilation),
    maxconn: proxy.maxconn?.value ?? 0,
    sessionRateLimit: proxy.sessionRateLimit?.value ?? 0,
    useBackends: compileUseBackends(proxy, scope),
    defaultBackend: defaultBackend(proxy, compilation),
    rules,
    captures: compileCaptures(proxy),
    clientTimeoutMs: timeout('client'),
    clientFinTimeoutMs: timeout('client-fin'),
    log: compileLog(proxy, compilation, scope),
    options: frontendOptions(proxy, compilation.config.global),
  };
}

function defaultBackend({ kind, name, defaultBackend: said }: ProxyConfig, { references }: Compilation): number {
  const wanted = said?.name ?? (kind === 'listen' ? name : undefined);
  return wanted === undefined ? -1 : (references.names.backends.get(wanted) ?? -1);
}
