/** Proxies that want states of servers from a file that nobody names. */
import type { Config, ProxyConfig } from '../config.js';
import type { Findings } from '../diagnostics.js';
import { say } from './proxies.js';

/** `load-server-state-from-file global` needs `server-state-file`. */
export function checkServerState(proxy: ProxyConfig, { global }: Config, findings: Findings): void {
  const wanted = proxy.loadServerState;
  if (wanted?.value !== 'global' || global.serverStateFile !== undefined || proxy.kind === 'frontend') return;
  const text =
    `config : backend '${proxy.name}' configured to load server state file from global section 'server-state-file' directive. ` +
    "Unfortunately, 'server-state-file' is not set!";
  say(findings, 'warning', wanted.place, text);
}
