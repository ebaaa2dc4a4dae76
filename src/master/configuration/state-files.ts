/**
 * Reads the files with states of servers that a configuration names (`server-state-file`,
 * `load-server-state-from-file`; configuration manual, sections 3.1 and 4.2). What is wrong with them is
 * warned of, in HAProxy's words, and the servers begin as without.
 */
import type { Config, ProxyConfig, ServerConfig } from '../../config/config.js';
import type { Findings, Place } from '../../config/diagnostics.js';
import { serversOf } from '../../config/servers.js';
import { isServiceName } from '../../config/values/address.js';
import { systemText } from '../../kernel/errno.js';
import { readServerStates, type SavedStates, type ServerState } from '../../plan/server-state.js';
import { readTextFile } from './text-file.js';

type States = Extract<SavedStates, { ok: true }>['states'];

/** Saved states, by `backend/server`, of all servers that are to have them. */
export function readStateFiles(config: Config, findings: Findings): ReadonlyMap<string, ServerState> {
  const reader = new StateFiles(config, findings);
  const all = new Map<string, ServerState>();
  for (const proxy of config.proxies) {
    if (proxy.kind === 'frontend' || proxy.disabled?.value === true) continue;
    const states = reader.statesOf(proxy);
    if (states !== null) take(proxy, states, all, findings);
  }
  return all;
}

/** The lines of a proxy's own servers; what others there are does not matter. */
function take(proxy: ProxyConfig, states: States, all: Map<string, ServerState>, findings: Findings): void {
  for (const server of serversOf(proxy)) {
    const key = `${proxy.name}/${server.name}`;
    const saved = states.get(key);
    if (saved?.ok === true) {
      all.set(key, saved.state);
      checkService(server, key, saved.state, findings);
    } else if (saved !== undefined)
      warn(findings, server.place, `server-state application failed for server '${key}', ${saved.message}`);
  }
}

/** The host of another service's record is none of this server's. */
function checkService(
  { name, address: { syntax }, place }: ServerConfig,
  key: string,
  saved: ServerState,
  findings: Findings,
): void {
  const service = isServiceName(syntax) && syntax.kind === 'name' ? syntax.host : null;
  if (service === null || saved.service === null || saved.fqdn === null || saved.service === service) return;
  const mismatch = `SRV record mismatch between configuration ('${service}') and state file ('${saved.service})`;
  const text = `server-state partially applied for server '${key}', ${mismatch} for server '${name}'. Previous state not applied`;
  warn(findings, place, text);
}

function warn(findings: Findings, place: Place, text: string): void {
  findings.add({ severity: 'warning', text: `config : ${text}`, place });
}

class StateFiles {
  /** undefined: not asked for yet. */
  private global: States | null | undefined;

  constructor(
    private readonly config: Config,
    private readonly findings: Findings,
  ) {}

  /** null: there are none, which was warned of if it should not be. */
  statesOf(proxy: ProxyConfig): States | null {
    const from = proxy.loadServerState;
    if (from?.value === 'local') return this.local(proxy, from.place);
    if (from?.value !== 'global' || this.config.global.serverStateFile === undefined) return null;
    if (this.global === undefined) this.global = this.read(this.config.global.serverStateFile, 'config: ', 'global ');
    return this.global;
  }

  private local(proxy: ProxyConfig, place: Place): States | null {
    const value = proxy.serverStateFileName?.value ?? proxy.name;
    return this.read({ value, place }, `Proxy '${proxy.name}': `, '', '.');
  }

  private read(
    { value, place }: { readonly value: string; readonly place: Place },
    who: string,
    which: string,
    end = '',
  ): States | null {
    const base = this.config.global.serverStateBase?.value;
    const path = value.startsWith('/') || base === undefined ? value : `${base}${base.endsWith('/') ? '' : '/'}${value}`;
    const file = `${which}server state file '${path}'`;
    let text: string;
    try {
      text = readTextFile(path);
    } catch (error) {
      warn(this.findings, place, `${who}Can't open ${file}: ${systemText((error as NodeJS.ErrnoException).errno ?? 0)}${end}`);
      return null;
    }
    const read = readServerStates(text);
    if (read.ok) return read.states;
    if (read.fault === 'version') warn(this.findings, place, `${who}Can't get version of the ${file}.`);
    else warn(this.findings, place, `${who}corrupted ${file} at line ${read.line}.`);
    return null;
  }
}
