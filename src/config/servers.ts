/** The servers of a proxy, as its lines `server` and `server-template` name them together. */
import type { ProxyConfig, ServerConfig } from './config.js';

/** All servers in the order of their lines, templates written out. Only the first of a template has its `id`. */
export function serversOf(proxy: ProxyConfig): readonly ServerConfig[] {
  if (proxy.templates.length === 0) return proxy.servers;
  const all = [...proxy.servers];
  for (const { prefix, first, last, address, settings, place } of proxy.templates) {
    for (let number = first; number <= last; number++) {
      const own = number === first ? settings : { ...settings, id: null };
      all.push({ name: `${prefix}${number}`, address, settings: own, place });
    }
  }
  return all.sort((a, b) => a.place.line - b.place.line);
}
