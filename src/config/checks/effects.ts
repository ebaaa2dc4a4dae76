/**
 * What a configuration asks for and this version does not do, though it reads and checks it: said
 * aloud, so that nobody counts on it. What needs no effect to be safe to have is left out.
 */
import type { Config, ProxyConfig, ServerCheckSettings } from '../config.js';
import type { Findings, Place } from '../diagnostics.js';
import { serversOf } from '../servers.js';

/** Options that name a kind of check, all of which are done as the plainest kind. */
const KINDS_OF_CHECKS = [
  ...['httpchk', 'tcp-check', 'ldap-check', 'mysql-check', 'pgsql-check', 'redis-check', 'smtpchk', 'ssl-hello-chk'],
];
const AS_TCP = 'servers are checked by a TCP connection.';

/** Options of servers by what is said of them; what is there is told by `has`. */
const OF_SERVERS: readonly {
  readonly name: string;
  readonly has: (check: ServerCheckSettings) => boolean;
  readonly instead: string;
}[] = [
  { name: 'agent-check', has: ({ agent }) => agent?.enabled === true, instead: 'no agent is asked.' },
  { name: 'check-send-proxy', has: ({ sendProxy }) => sendProxy, instead: 'checks send no PROXY header.' },
];

/** Reports it, once for each place. For a configuration that is right. */
export function reportWithoutEffect({ proxies }: Config, findings: Findings): void {
  const said = new Set<string>();
  const say = (place: Place, name: string, instead: string): void => {
    const key = `${place.file}:${place.line}:${name}`;
    if (said.has(key)) return;
    said.add(key);
    findings.warning(place, `'${name}' has no effect in this version: ${instead}`);
  };
  for (const proxy of proxies) reportProxy(proxy, say);
}

function reportProxy(proxy: ProxyConfig, say: (place: Place, name: string, instead: string) => void): void {
  const timeout = proxy.timeouts.get('check');
  if (timeout !== undefined) say(timeout.place, 'timeout check', "a check lasts no longer than 'inter' and 'timeout connect'.");
  for (const name of KINDS_OF_CHECKS) {
    const option = proxy.options.get(name);
    if (option?.value === true) say(option.place, `option ${name}`, AS_TCP);
  }
  for (const { settings, place } of serversOf(proxy))
    for (const { name, has, instead } of OF_SERVERS) if (has(settings.check)) say(place, name, instead);
}
