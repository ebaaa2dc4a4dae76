/** `server` and `server-template` to the servers of a backend. */
import type { ProxyConfig, ServerConfig, SourceConfig } from '../../config/config.js';
import { initAddrOf, serversOf } from '../../config/servers.js';
import { type AddressSyntax, isServiceName } from '../../config/values/address.js';
import type { SocketAddress } from '../../kernel/address.js';
import type { AgentPlan, ServerCheckPlan, ServerPlan, SourcePlan, TlsVerifyPlan } from '../plan.js';
import type { Resources } from '../resources.js';
import { spokenAlpn } from './check-protocols.js';
import { type Compilation, hostOf, NOWHERE, socketAddress } from './context.js';
import { numbered } from './numbers.js';
import { serverResolution } from './resolvers.js';

/** Milliseconds between questions to an agent where `agent-inter` says nothing. */
const AGENT_INTER_MS = 2000;

/** The servers of a backend; one that is disabled as a whole has none. */
export function compileServers(proxy: ProxyConfig, compilation: Compilation): ServerPlan[] {
  if (proxy.disabled?.value === true) return [];
  const servers = serversOf(proxy);
  const ids = numbered(servers.map(({ settings }) => settings.id));
  const common = commonSource(proxy, compilation);
  return servers.map((server, i) => new ServerCompiler(proxy, server, compilation).compile(ids[i], common));
}

/** `source` of the backend, for servers without one of their own. */
function commonSource({ source }: ProxyConfig, { resources, findings }: Compilation): SourcePlan | null {
  if (source === undefined) return null;
  const { value, place } = source;
  const found = sourcePlan(value, resources);
  if (found === null) findings.alert(place, unknownSource(value.address));
  return found;
}

function sourcePlan({ address: syntax, interface: name }: SourceConfig, resources: Resources): SourcePlan | null {
  const address = socketAddress(syntax, resources);
  const ports = syntax.kind === 'unix' ? null : syntax.ports;
  return address === null ? null : { address, lastPort: ports?.last ?? 0, interface: name };
}

function unknownSource(syntax: AddressSyntax): string {
  const ports = syntax.kind === 'unix' || syntax.ports === null ? '' : `:${syntax.ports.first}`;
  const written = `${hostOf(syntax)}${ports}`;
  return `'source ${written}' : invalid address: '${hostOf(syntax)}' in '${written}'`;
}

class ServerCompiler {
  constructor(
    private readonly proxy: ProxyConfig,
    private readonly server: ServerConfig,
    private readonly compilation: Compilation,
  ) {}

  compile(id: number, common: SourcePlan | null): ServerPlan {
    const { name, settings } = this.server;
    const { backup, maxqueue, slowstartMs, sendProxy, proxyV2Options, tcpUserTimeoutMs, nonStick, weight } = settings;
    const found = this.findAddress();
    const { maxconn, minconn } = limits(settings);
    // written out, since a spread costs many times as much, and files have thousands of servers
    return {
      name,
      id,
      idForced: settings.id !== null,
      backup,
      maxqueue,
      slowstartMs,
      sendProxy,
      proxyV2Options,
      tcpUserTimeoutMs,
      nonStick,
      weight,
      address: found ?? this.nowhere(),
      unresolved: found === null,
      fqdn: this.fqdn(),
      resolution: this.resolution(),
      saved: this.saved,
      portOffset: this.portOffset(),
      disabled: settings.disabled,
      maxconn,
      minconn,
      source: settings.source === null ? common : this.source(settings.source),
      track: this.track(),
      check: this.check(found ?? this.nowhere()),
    };
  }

  private get saved(): ServerPlan['saved'] {
    return this.compilation.resources.serverStates?.get(`${this.proxy.name}/${this.server.name}`) ?? null;
  }

  private alert(text: string): void {
    this.say('alert', text);
  }

  private say(severity: 'alert' | 'warning', text: string): void {
    const { name, place } = this.server;
    const about = `[${place.file}:${place.line}] : 'server ${this.proxy.name}/${name}'`;
    this.compilation.findings.add({ severity, text: `${about} : ${text}`, place });
  }

  /** null: it has none, which was allowed or reported; it starts without, in maintenance. */
  private findAddress(): SocketAddress | null {
    const { resources } = this.compilation;
    const { syntax } = this.server.address;
    if (syntax.kind !== 'name') return socketAddress(syntax, resources);
    const port = syntax.ports?.first ?? 0;
    let asked = false;
    for (const method of this.initAddr()) {
      if (method === 'none') return this.withoutAddress(syntax.host, asked);
      if (method === 'last' && this.saved?.address != null) return addressOf(this.saved.address, port);
      if (method !== 'last' && method !== 'libc') {
        if (asked) this.say('warning', `could not resolve address '${syntax.host}', falling back to configured address.`);
        return addressOf(method, port);
      }
      if (method === 'last' || isServiceName(syntax)) continue;
      const found = resources.resolve(syntax.host, syntax.family);
      if (found.ok) return { ...found.address, port };
      asked = true;
    }
    this.alert(asked ? `could not resolve address '${syntax.host}'.` : `no method found to resolve address '${syntax.host}'.`);
    return null;
  }

  /** What is tried for an address; `-dr`, and a section that goes on trying, let a server start without. */
  private initAddr(): readonly string[] {
    const methods = initAddrOf(this.server.settings);
    return this.compilation.resources.ignoreUnresolved === true ? [...methods, 'none'] : methods;
  }

  private withoutAddress(host: string, asked: boolean): null {
    if (asked) this.say('warning', `could not resolve address '${host}', disabling server.`);
    return null;
  }

  /** Without an address it keeps its port. */
  private nowhere(): SocketAddress {
    const { syntax } = this.server.address;
    return withPort(NOWHERE, syntax.kind === 'unix' ? 0 : (syntax.ports?.first ?? 0));
  }

  private fqdn(): string | null {
    const { syntax } = this.server.address;
    return syntax.kind === 'name' && !isServiceName(syntax) ? syntax.host : null;
  }

  private resolution(): ServerPlan['resolution'] {
    const { settings, name, address } = this.server;
    const found = serverResolution(address.syntax, settings, this.compilation.resolvers);
    const wanted = settings.resolvers;
    if (wanted === null || found !== null) return found;
    const text = `config : proxy '${this.proxy.name}', server '${name}': unable to find required resolvers '${wanted.name}'`;
    this.compilation.findings.add({ severity: 'alert', text, place: wanted.place });
    return null;
  }

  /** Without a port of its own, or of its service, it has the one that the client connected to. */
  private portOffset(): number | null {
    const { syntax, portOffset } = this.server.address;
    if (portOffset !== null || syntax.kind === 'unix' || isServiceName(syntax)) return portOffset;
    return syntax.ports === null ? 0 : null;
  }

  private source(source: SourceConfig): SourcePlan | null {
    const found = sourcePlan(source, this.compilation.resources);
    if (found === null) this.alert(unknownSource(source.address));
    return found;
  }

  /** Written out for the same reason as above. */
  private check(own: SocketAddress): ServerCheckPlan {
    const { check, sendProxy } = this.server.settings;
    const elsewhere = check.address;
    const address = elsewhere === null ? own : socketAddress(elsewhere, this.compilation.resources);
    if (elsewhere !== null && address === null)
      this.alert(`'addr' : invalid address: '${hostOf(elsewhere)}' in '${hostOf(elsewhere)}'.`);
    return {
      enabled: check.enabled,
      interMs: check.interMs,
      fastinterMs: check.fastinterMs,
      downinterMs: check.downinterMs,
      rise: check.rise,
      fall: check.fall,
      port: check.port,
      address: withPort(address ?? NOWHERE, check.port ?? portOf(own)),
      elsewhere: elsewhere === null ? null : address,
      // With a destination of their own, checks take nothing over from the traffic.
      sendProxy: check.sendProxy || (sendProxy !== 0 && check.port === null && elsewhere === null),
      ssl: check.ssl,
      sni: check.sni,
      alpn: spokenAlpn(this.proxy.checkKind, check.alpn, (severity, text) => this.say(severity, `'check-alpn' : ${text}`)),
      tls: this.tls(),
      observe: check.observe,
      errorLimit: check.errorLimit,
      onError: check.onError,
      onMarkedDown: check.onMarkedDown,
      onMarkedUp: check.onMarkedUp,
      agent: this.agent(),
    };
  }

  private tls(): TlsVerifyPlan {
    const { verify, verifyHost: host, caFile } = this.server.settings;
    const ca =
      caFile === null
        ? null
        : caFile.name === '@system-ca'
          ? 'system'
          : (this.compilation.resources.files.get(caFile.name) ?? null);
    return { verify: verify ?? this.compilation.config.global.sslServerVerify?.value ?? 'required', host, ca };
  }

  private agent(): AgentPlan | null {
    const { agent } = this.server.settings.check;
    if (agent?.enabled !== true) return null;
    const elsewhere = agent.address === null ? null : socketAddress(agent.address, this.compilation.resources);
    if (agent.address !== null && elsewhere === null)
      this.alert(`parsing agent-addr failed. Check if '${hostOf(agent.address)}' is correct address.`);
    return {
      elsewhere,
      port: agent.port,
      interMs: agent.interMs ?? AGENT_INTER_MS,
      send: agent.send,
    };
  }

  private track(): ServerPlan['track'] {
    const { track } = this.server.settings;
    if (track === null) return null;
    const { names } = this.compilation.references;
    const slash = track.name.lastIndexOf('/');
    const backend = names.backends.get(slash < 0 ? this.proxy.name : track.name.slice(0, slash));
    const server = backend === undefined ? undefined : names.servers[backend].get(track.name.slice(slash + 1));
    return backend === undefined || server === undefined ? null : { backend, server };
  }
}

/** What only one of maxconn and minconn says holds for both; minconn above maxconn is the limit. */
function limits({ maxconn, minconn }: { maxconn: number; minconn: number }): Pick<ServerPlan, 'maxconn' | 'minconn'> {
  if (minconn > maxconn) return { maxconn: minconn, minconn };
  return { maxconn, minconn: minconn === 0 ? maxconn : minconn };
}

function addressOf(host: string, port: number): SocketAddress {
  return { family: host.includes(':') ? 'ipv6' : 'ipv4', host, port };
}

function portOf(address: SocketAddress): number {
  return address.family === 'unix' ? 0 : address.port;
}

function withPort(address: SocketAddress, port: number): SocketAddress {
  return address.family === 'unix' || address.port === port ? address : { ...address, port };
}
