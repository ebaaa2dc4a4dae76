/** `option x` of proxies to what each side does with its sockets. */
import type { GlobalConfig, KeepAliveConfig, ProxyConfig } from '../../config/config.js';
import type { BackendOptions, FrontendOptions, KeepAlivePlan } from '../plan.js';

const SYSTEM_KEEPALIVE: KeepAlivePlan = { idleMs: 0, intervalMs: 0, count: 0 };

/** The side of clients. */
export function frontendOptions(proxy: ProxyConfig, global: GlobalConfig): FrontendOptions {
  return {
    keepAlive: keepAlive(proxy, 'clitcpka', proxy.clientKeepAlive),
    noLinger: has(proxy, 'nolinger'),
    smartAccept: has(proxy, 'tcp-smart-accept'),
    socketStats: has(proxy, 'socket-stats'),
    ...splicing(proxy, global),
  };
}

/** The side of servers. */
export function backendOptions(proxy: ProxyConfig, global: GlobalConfig): BackendOptions {
  return {
    keepAlive: keepAlive(proxy, 'srvtcpka', proxy.serverKeepAlive),
    noLinger: has(proxy, 'nolinger'),
    smartConnect: has(proxy, 'tcp-smart-connect'),
    abortOnClose: has(proxy, 'abortonclose'),
    allBackups: has(proxy, 'allbackups'),
    logHealthChecks: has(proxy, 'log-health-checks'),
    persist: has(proxy, 'persist'),
    ...splicing(proxy, global),
  };
}

function has({ options }: ProxyConfig, name: string): boolean {
  return options.get(name)?.value === true;
}

function keepAlive(proxy: ProxyConfig, own: string, parameters: KeepAliveConfig | undefined): KeepAlivePlan | null {
  return has(proxy, 'tcpka') || has(proxy, own) ? (parameters ?? SYSTEM_KEEPALIVE) : null;
}

/** Nobody has to ask for splicing here, but `no option splice-auto` and `nosplice` are obeyed. */
function splicing({ options }: ProxyConfig, { nosplice }: GlobalConfig): { spliceRequest: boolean; spliceResponse: boolean } {
  const allowed = (name: string) =>
    nosplice?.value !== true && (options.get(name) ?? options.get('splice-auto'))?.value !== false;
  return { spliceRequest: allowed('splice-request'), spliceResponse: allowed('splice-response') };
}
