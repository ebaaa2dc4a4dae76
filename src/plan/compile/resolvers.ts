/** Sections `resolvers`, with the DNS servers of the system where they ask for those. */
import { isIPv4, isIPv6 } from 'node:net';
import { DEFAULT_RESOLVERS } from '../../config/checks/resolvers.js';
import type { HoldStatus, NameserverConfig, ResolversConfig, ServerSettings } from '../../config/config.js';
import type { AddressSyntax } from '../../config/values/address.js';
import { isServiceName } from '../../config/values/address.js';
import type { NameserverPlan, ResolversPlan, ServerResolutionPlan } from '../plan.js';
import type { Compilation } from './context.js';

const RESOLV_CONF = '/etc/resolv.conf';
const DNS_PORT = 53;
/** HAProxy's defaults, in milliseconds. */
const HOLD_MS: Readonly<Record<HoldStatus, number>> = {
  nx: 30_000,
  refused: 30_000,
  timeout: 30_000,
  other: 30_000,
  valid: 10_000,
  obsolete: 0,
};
const TIMEOUT_MS = 1000;
/** Shorter ones would ask without pause. */
const TIMEOUT_MS_MIN = 10;
const RETRIES = 3;
/** What DNS without extensions allows (RFC 1035, section 4.2.1). */
const PAYLOAD_SIZE = 512;

type Surroundings = Pick<Compilation, 'config' | 'resources' | 'findings'>;

/** All sections, and behind them the one that is there by itself, where the system has DNS servers. */
export function compileResolvers(compilation: Surroundings): ResolversPlan[] {
  const { config, resources } = compilation;
  const sections = config.resolvers.map((section) => compileSection(section, compilation));
  if (config.resolvers.some(({ name }) => name === DEFAULT_RESOLVERS)) return sections;
  const { found } = systemNameservers(resources.resolvConf ?? '');
  return found.length === 0 ? sections : [...sections, sectionPlan({ name: DEFAULT_RESOLVERS, holdMs: new Map() }, found)];
}

function compileSection(section: ResolversConfig, compilation: Surroundings): ResolversPlan {
  const nameservers: NameserverPlan[] = [];
  for (const one of section.nameservers) {
    if (one === 'system') addSystem(section, nameservers, compilation);
    else nameservers.push(nameserverPlan(one));
  }
  return sectionPlan(section, nameservers);
}

type Timings = Pick<
  ResolversConfig,
  'name' | 'holdMs' | 'timeoutResolveMs' | 'timeoutRetryMs' | 'resolveRetries' | 'acceptedPayloadSize'
>;

function sectionPlan(section: Timings, nameservers: readonly NameserverPlan[]): ResolversPlan {
  return {
    name: section.name,
    nameservers,
    holdMs: { ...HOLD_MS, ...Object.fromEntries(section.holdMs) },
    timeoutResolveMs: Math.max(TIMEOUT_MS_MIN, section.timeoutResolveMs ?? TIMEOUT_MS),
    timeoutRetryMs: Math.max(TIMEOUT_MS_MIN, section.timeoutRetryMs ?? TIMEOUT_MS),
    resolveRetries: section.resolveRetries ?? RETRIES,
    acceptedPayloadSize: section.acceptedPayloadSize ?? PAYLOAD_SIZE,
  };
}

function nameserverPlan({ name, family, host, port, stream }: NameserverConfig): NameserverPlan {
  return { name, address: { family, host, port }, stream };
}

function addSystem({ place }: ResolversConfig, nameservers: NameserverPlan[], { resources, findings }: Surroundings): void {
  const { resolvConf } = resources;
  if (resolvConf === undefined) {
    findings.alert(place, `failed to open ${RESOLV_CONF}.`);
    return;
  }
  const { found, odd } = systemNameservers(resolvConf);
  for (const { line, text } of odd) {
    const fault = `address '${text}' could not be recognized, nameserver will be excluded.`;
    findings.add({ severity: 'warning', text: `config : parsing [${RESOLV_CONF}:${line}] : ${fault}`, place });
  }
  for (const one of found) {
    if (!nameservers.some(({ name }) => name === one.name)) nameservers.push(one);
    else {
      const about = `generated name for ${RESOLV_CONF} nameserver '${one.name}' conflicts with another nameserver`;
      const text = `config : Parsing [${place.file}:${place.line}]: ${about}, it appears to be a duplicate and will be excluded`;
      findings.add({ severity: 'warning', text, place });
    }
  }
}

interface SystemNameservers {
  readonly found: readonly NameserverPlan[];
  readonly odd: readonly { readonly line: number; readonly text: string }[];
}

/** resolv.conf(5), as far as it names servers; they are called by their addresses. */
function systemNameservers(text: string): SystemNameservers {
  const found: NameserverPlan[] = [];
  const odd: { line: number; text: string }[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    const [, host] = /^\s*nameserver\s+([^\s#;]+)/.exec(line) ?? [];
    if (host === undefined) continue;
    const family = isIPv4(host) ? 'ipv4' : isIPv6(host) && !host.includes('%') ? 'ipv6' : null;
    if (family === null) odd.push({ line: i + 1, text: host });
    else found.push({ name: host, address: { family, host, port: DNS_PORT }, stream: false });
  }
  return { found, odd };
}

/** How the name of a server is resolved while it runs; null: it is not. */
export function serverResolution(
  syntax: AddressSyntax,
  settings: ServerSettings,
  resolvers: readonly ResolversPlan[],
): ServerResolutionPlan | null {
  const wanted = settings.resolvers;
  const index = wanted === null ? -1 : resolvers.findIndex(({ name }) => name === wanted.name);
  if (index < 0) return null;
  return {
    resolvers: index,
    service: isServiceName(syntax) && syntax.kind === 'name' ? syntax.host : null,
    prefer: settings.resolvePrefer,
    networks: settings.resolveNets,
    allowDuplicateIp: settings.allowDuplicateIp,
    ignoreWeight: settings.ignoreWeight,
  };
}
