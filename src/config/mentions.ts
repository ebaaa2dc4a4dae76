/**
 * What a configuration mentions of the outside world, so that it can be looked up before compiling:
 * names of hosts, files of patterns, names of users. It looks nothing up itself.
 */
import type { BindAddress, Config, LogTarget, ProxyConfig, ServerConfig } from './config.js';
import type { Place } from './diagnostics.js';
import { initAddrOf, serversOf } from './servers.js';
import { type AddressSyntax, isServiceName } from './values/address.js';

/** A host name in the family it is wanted in. */
export interface MentionedHost {
  readonly host: string;
  readonly family: 'ipv4' | 'ipv6' | 'any';
}

/** A file, and the first line that names it. */
export interface MentionedFile {
  readonly path: string;
  readonly place: Place;
}

/**
 * Every host name of a configuration that is to be looked up before the start, each once in each family.
 * Names of servers are where `init-addr` asks the system for them: a dead DNS server delays nobody who does not.
 * @param isSaved whether a state file has an address for a server, by `backend/server`
 */
export function mentionedHosts(config: Config, isSaved: (server: string) => boolean = () => false): MentionedHost[] {
  const hosts = new Map<string, MentionedHost>();
  const add = (address: AddressSyntax | BindAddress | null | undefined): void => {
    if (address?.kind === 'name') hosts.set(`${address.family} ${address.host}`, { host: address.host, family: address.family });
  };
  for (const target of config.global.logs) addTarget(target, add);
  for (const { address } of config.global.statsSockets) add(address);
  for (const proxy of config.proxies) addProxy(proxy, add, isSaved);
  return [...hosts.values()];
}

type Add = (address: AddressSyntax | BindAddress | null | undefined) => void;

function addProxy(proxy: ProxyConfig, add: Add, isSaved: (server: string) => boolean): void {
  for (const { address } of proxy.binds) add(address);
  for (const server of serversOf(proxy)) addServer(server, add, isSaved(`${proxy.name}/${server.name}`));
  add(proxy.source?.value.address);
  for (const { rules } of Object.values(proxy.checkRules))
    for (const { action } of rules) if (action.kind === 'connect') add(action.address);
  if (Array.isArray(proxy.logs)) for (const target of proxy.logs) addTarget(target, add);
}

function addServer({ address, settings }: ServerConfig, add: Add, isSaved: boolean): void {
  const decides = initAddrOf(settings).find((method) => method !== 'last' || isSaved);
  // who names a service, by SRV records, names no host
  if (decides === 'libc' && !isServiceName(address.syntax)) add(address.syntax);
  add(settings.source?.address);
  add(settings.check.address);
  add(settings.check.agent?.address);
}

function addTarget({ target }: LogTarget, add: Add): void {
  if ('address' in target) add(target.address);
}

/** Every file of authorities (`ca-file`), each once. */
export function mentionedAuthorities(config: Config): MentionedFile[] {
  const files = new Map<string, MentionedFile>();
  for (const { servers, templates } of config.proxies) {
    for (const { settings } of [...servers, ...templates]) {
      const { caFile } = settings;
      if (caFile !== null && caFile.name !== '@system-ca' && !files.has(caFile.name))
        files.set(caFile.name, { path: caFile.name, place: caFile.place });
    }
  }
  return [...files.values()];
}

const NOTHING: readonly never[] = [];

/** Parts of a proxy that may hold expressions, and with them files. */
const WITH_EXPRESSIONS = [
  ...['rules', 'useBackends', 'useServers', 'stickRules', 'balance', 'checkRules'],
  ...['logFormat', 'errorLogFormat', 'logFormatSd', 'uniqueIdFormat'],
] as const;

/** Every file of patterns or of a map, each once, in the order of the lines. */
export function mentionedFiles(config: Config): MentionedFile[] {
  const files = new Map<string, MentionedFile>();
  const seen = new Set<object>();
  visit(config.global.variables, seen, files);
  for (const proxy of config.proxies) {
    visit([...proxy.acls.values()], seen, files);
    for (const part of WITH_EXPRESSIONS) visit(proxy[part] ?? NOTHING, seen, files);
  }
  return [...files.values()];
}

/** Expressions stand at many depths of rules, conditions and formats: whatever looks like a file in any of them is one. */
function visit(value: object, seen: Set<object>, files: Map<string, MentionedFile>): void {
  if (seen.has(value)) return;
  seen.add(value);
  const { kind, value: text, path, place } = value as { kind?: unknown; value?: unknown; path?: unknown; place?: Place };
  const file = kind === 'map' ? text : path;
  if (typeof file === 'string' && place !== undefined && !files.has(file)) files.set(file, { path: file, place });
  for (const element of Object.values(value)) {
    if (typeof element === 'object' && element !== null && element !== place) visit(element, seen, files);
  }
}
