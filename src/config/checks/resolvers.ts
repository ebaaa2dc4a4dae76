/** Sections `resolvers` that cannot do anything, and servers that name one that is not there. */
import type { Config, ProxyConfig } from '../config.js';
import type { Findings } from '../diagnostics.js';
import { serversOf } from '../servers.js';
import { isBackend, say } from './proxies.js';

/** The section that there is without being written: it asks the DNS servers of the system. */
export const DEFAULT_RESOLVERS = 'default';

/** Warns of sections without DNS servers. */
export function checkResolvers({ resolvers }: Config, findings: Findings): void {
  for (const { name, place, nameservers } of resolvers) {
    if (nameservers.length > 0) continue;
    const where = `[${place.file}:${place.line}]`;
    say(findings, 'warning', place, `config : resolvers '${name}' ${where} has no nameservers configured!`);
  }
}

/** The sections that servers of a proxy name have to be there. */
export function checkServerResolvers(proxy: ProxyConfig, config: Config, findings: Findings): void {
  if (!isBackend(proxy)) return;
  for (const { name, settings } of serversOf(proxy)) {
    const wanted = settings.resolvers;
    if (wanted === null || wanted.name === DEFAULT_RESOLVERS) continue;
    if (config.resolvers.some((section) => section.name === wanted.name)) continue;
    const text = `config : proxy '${proxy.name}', server '${name}': unable to find required resolvers '${wanted.name}'`;
    const known = (): string[] => config.resolvers.map((section) => section.name);
    say(findings, 'alert', wanted.place, text, findings.nearest(wanted.name, known));
  }
}
