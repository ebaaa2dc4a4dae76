/** Backends and servers that rules of a proxy name, and that must exist. */
import type { ProxyConfig } from '../config.js';
import type { Findings, Place } from '../diagnostics.js';
import { describeProxy } from '../sections.js';
import { serversOf } from '../servers.js';
import { isBackend, isFrontend, say } from './proxies.js';

/** Proxies that may serve as a backend, by name. */
export type Backends = ReadonlyMap<string, ProxyConfig>;

/** `default_backend`, `use_backend`, `use-server`. */
export function checkReferences(proxy: ProxyConfig, backends: Backends, findings: Findings): void {
  const { defaultBackend, useBackends } = proxy;
  if (isFrontend(proxy)) {
    if (defaultBackend !== undefined) backend('default_backend', defaultBackend.name, defaultBackend.place);
    for (const { backend: name, place } of useBackends) {
      if (typeof name === 'string') backend('use_backend', name, place);
    }
  }
  if (isBackend(proxy)) useServers(proxy, findings);

  function backend(keyword: string, name: string, place: Place): void {
    const target = backends.get(name);
    const meant = target === undefined ? findings.nearest(name, () => backends.keys()) : undefined;
    if (target === undefined)
      say(findings, 'alert', place, `Proxy '${proxy.name}': unable to find required ${keyword}: '${name}'.`, meant);
    else if (target === proxy) say(findings, 'alert', place, `Proxy '${proxy.name}': loop detected for ${keyword}: '${name}'.`);
  }
}

function useServers(proxy: ProxyConfig, findings: Findings): void {
  if (proxy.useServers.length === 0) return;
  const names = new Set(serversOf(proxy).map(({ name }) => name));
  for (const { server, place } of proxy.useServers) {
    if (typeof server !== 'string' || names.has(server)) continue;
    const text = `${describeProxy(proxy)} : unable to find server '${server}' referenced in a 'use-server' rule.`;
    say(
      findings,
      'alert',
      place,
      text,
      findings.nearest(server, () => names),
    );
  }
}
