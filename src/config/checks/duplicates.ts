/**
 * Names and numbers that two have. HAProxy says so while it reads; here the templates must be
 * written out first. Names of proxies are looked at where sections begin.
 */
import type { BindConfig, Config, ProxyConfig, ServerConfig, StatsSocket } from '../config.js';
import type { Findings, Place } from '../diagnostics.js';
import { serversOf } from '../servers.js';

/** Numbers of proxies, binds and servers, names of servers, and paths of runtime sockets. */
export function checkDuplicates({ global, proxies }: Config, findings: Findings): void {
  checkStatsSockets(global.statsSockets, findings);
  checkProxyIds(proxies, findings);
  for (const proxy of proxies) {
    checkBindIds(proxy, findings);
    if (proxy.disabled?.value !== true) checkServers(proxy, findings);
  }
}

/** The last one gets the path. HAProxy says nothing, and only its last one is ever heard. */
function checkStatsSockets(sockets: readonly StatsSocket[], findings: Findings): void {
  const known = new Map<string, StatsSocket>();
  for (const socket of sockets) {
    const { address, place, text } = socket;
    if (address.kind !== 'unix' || address.abstract) continue;
    const other = known.get(address.path);
    if (other !== undefined)
      findings.warning(
        place,
        `'stats socket ${text}' takes the place of the one at ${at(other.place)}, which has the same path.`,
      );
    known.set(address.path, socket);
  }
}

const at = ({ file, line }: Place) => `${file}:${line}`;

function checkProxyIds(proxies: readonly ProxyConfig[], findings: Findings): void {
  const known = new Map<number, ProxyConfig>();
  for (const proxy of proxies) {
    if (proxy.id === undefined) continue;
    const other = known.get(proxy.id.value);
    if (other === undefined) {
      known.set(proxy.id.value, proxy);
      continue;
    }
    const text = `${word(proxy)} ${proxy.name} reuses same custom id as ${word(other)} ${other.name} (declared at ${at(other.place)}).`;
    findings.line('alert', proxy.id.place, text);
  }
}

const word = ({ kind }: ProxyConfig) => (kind === 'listen' ? 'proxy' : kind);

function checkBindIds(proxy: ProxyConfig, findings: Findings): void {
  const known = new Map<number, BindConfig>();
  for (const bind of proxy.binds) {
    if (bind.id === null) continue;
    const other = known.get(bind.id);
    const about = `'bind ${bind.text}' in section '${proxy.kind}' : 'id'`;
    if (other === undefined) known.set(bind.id, bind);
    else findings.alert(bind.place, `${about} : custom id ${bind.id} already used at ${at(other.place)} ('bind ${other.text}')`);
  }
}

function checkServers(proxy: ProxyConfig, findings: Findings): void {
  const names = new Map<string, ServerConfig>();
  const ids = new Map<number, ServerConfig>();
  for (const server of serversOf(proxy)) {
    const { name, place } = server;
    const { id } = server.settings;
    const namesake = names.get(name);
    const twin = id === null ? undefined : ids.get(id);
    const about = `config : [${at(place)}] : 'server ${proxy.name}/${name}' :`;
    if (namesake !== undefined) {
      const line = namesake.place.line;
      const text = `another server named '${name}' was already defined at line ${line}, please use a distinct name.`;
      findings.add({ severity: 'alert', text: `${about} ${text}`, place });
    }
    if (twin !== undefined) {
      const text = `'id' : custom id ${id} already used at ${at(twin.place)} ('server ${twin.name}').`;
      findings.add({ severity: 'alert', text: `${about} ${text}`, place });
    }
    names.set(name, namesake ?? server);
    if (id !== null) ids.set(id, twin ?? server);
  }
}
