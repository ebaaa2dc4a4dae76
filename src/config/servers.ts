/** The servers of a proxy, as its lines `server` and `server-template` name them together. */
import type { ProxyConfig, ServerConfig, ServerSettings } from './config.js';

/** What is tried for the address of a server where `init-addr` says nothing. */
const INIT_ADDR_DEFAULT = ['last', 'libc'];

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

/** What is tried for the address of a server that goes by a name, in order: `last`, `libc`, `none` or an address. */
export function initAddrOf({ initAddr, resolvers }: ServerSettings): readonly string[] {
  return initAddr ?? (resolvers === null ? INIT_ADDR_DEFAULT : [...INIT_ADDR_DEFAULT, 'none']);
}
