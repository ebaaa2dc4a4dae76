/** What a proxy cannot do without, or should not: `bind` and timeouts. */
import type { ProxyConfig, TimeoutName } from '../config.js';
import type { Findings } from '../diagnostics.js';
import { describeProxy } from '../sections.js';
import { isBackend, isFrontend, say } from './proxies.js';

/** A frontend without `bind`. */
export function checkBinds(proxy: ProxyConfig, findings: Findings): void {
  if (!isFrontend(proxy) || proxy.binds.length > 0) return;
  const text = `${describeProxy(proxy)} has no 'bind' directive. Please declare it as a backend if this was intended.`;
  say(findings, 'warning', proxy.place, text);
}

/** The timeouts without which sessions stay for ever: `client`, and those of servers where there are any. */
export function checkTimeouts(proxy: ProxyConfig, findings: Findings): void {
  const has = (name: TimeoutName) => (proxy.timeouts.get(name)?.value ?? 0) > 0;
  const servers = isBackend(proxy) && proxy.servers.length + proxy.templates.length > 0;
  const complete = (!isFrontend(proxy) || has('client')) && (!servers || (has('connect') && (has('server') || has('tunnel'))));
  if (complete) return;
  const text = [
    `missing timeouts for ${describeProxy(proxy)}.`,
    '   | While not properly invalid, you will certainly encounter various problems',
    '   | with such a configuration. To fix this, please ensure that all following',
    "   | timeouts are set to a non-zero value: 'client', 'connect', 'server'.",
  ].join('\n');
  say(findings, 'warning', proxy.place, text);
}
