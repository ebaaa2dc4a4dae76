/** Servers whose settings do not go together: ports of checks, tracking, options that need mode http. */
import type { GlobalConfig, ProxyConfig, ServerConfig } from '../config.js';
import type { Findings, Severity } from '../diagnostics.js';
import { describeProxy } from '../sections.js';
import { serversOf } from '../servers.js';
import { isServiceName } from '../values/address.js';
import { isBackend, say } from './proxies.js';
import type { Backends } from './references.js';

/** The servers of one proxy. */
export function checkServers(proxy: ProxyConfig, backends: Backends, findings: Findings, global: GlobalConfig): void {
  if (!isBackend(proxy)) return;
  const servers = serversOf(proxy);
  for (const server of servers) checkPorts(proxy, server, findings);
  const tracking = new Tracking(proxy, backends, findings);
  for (const server of servers) {
    tracking.check(server);
    checkModes(proxy, server, findings);
    if (global.sslServerVerify?.value !== 'none') checkAuthority(proxy, server, findings);
  }
}

function about(proxy: ProxyConfig, server: ServerConfig, findings: Findings, severity: Severity, text: string): void {
  const { file, line } = server.place;
  say(findings, severity, server.place, `[${file}:${line}] : 'server ${proxy.name}/${server.name}' : ${text}`);
}

/** A check needs somewhere to go: a port of the server or of its own. */
function checkPorts(proxy: ProxyConfig, server: ServerConfig, findings: Findings): void {
  const { check, track } = server.settings;
  const { syntax, portOffset } = server.address;
  const ownPort = syntax.kind === 'unix' || isServiceName(syntax) || (syntax.ports !== null && portOffset === null);
  if (check.enabled && track !== null)
    about(proxy, server, findings, 'alert', 'unable to enable checks and tracking at the same time!');
  else if (check.enabled && !ownPort && check.port === null && check.address?.kind !== 'unix' && !rulesSayWhere(proxy))
    say(
      findings,
      'alert',
      server.place,
      `config: ${describeProxy({ kind: 'backend', name: proxy.name })}: server '${server.name}' has neither service port nor check port.`,
    );
  if (check.agent?.enabled === true && check.agent.port === 0)
    about(proxy, server, findings, 'alert', `server ${server.name} does not have agent port. Agent check has been disabled.`);
}

/** The first connection of the rules goes to a port of its own. */
function rulesSayWhere({ checkKind, checkRules }: ProxyConfig): boolean {
  if (checkKind?.name !== 'tcp-check' && checkKind?.name !== 'httpchk') return false;
  const { rules } = checkRules[checkKind.name === 'httpchk' ? 'http-check' : 'tcp-check'];
  const first = rules.find(({ action }) => action.kind === 'connect');
  return first?.action.kind === 'connect' && first.action.port !== null;
}

/** TLS without an authority cannot verify anything. */
function checkAuthority(proxy: ProxyConfig, server: ServerConfig, findings: Findings): void {
  const { check, verify, caFile } = server.settings;
  const kind = proxy.checkKind?.name;
  const rules =
    kind === 'httpchk' ? proxy.checkRules['http-check'].rules : kind === 'tcp-check' ? proxy.checkRules['tcp-check'].rules : [];
  const overTls = check.ssl || rules.some(({ action }) => action.kind === 'connect' && action.ssl);
  if (!overTls || verify === 'none' || caFile !== null) return;
  const missing =
    verify === 'required'
      ? "verify is set to 'required' but no CA file specified."
      : "verify is enabled by default but no CA file specified. If you're running on a LAN where you're certain to trust the " +
        "server's certificate, please set an explicit 'verify none' statement on the 'server' line, or use " +
        "'ssl-server-verify none' in the global section to disable server-side verifications by default.";
  about(proxy, server, findings, 'alert', missing);
}

function checkModes(proxy: ProxyConfig, server: ServerConfig, findings: Findings): void {
  const { tfo, check } = server.settings;
  if (check.observe === 'layer7') about(proxy, server, findings, 'alert', "'layer7' can only be used in http proxies.");
  if (!tfo) return;
  const text =
    "server has tfo activated, the backend should be configured with at least 'conn-failure', 'empty-response' and " +
    "'response-timeout' or we wouldn't be able to retry the connection on failure.";
  about(proxy, server, findings, 'warning', text);
}

/** `track`: who follows whom, as far as it was looked at. */
class Tracking {
  private readonly followed = new Map<ServerConfig, ServerConfig>();
  private readonly byName = new Map<string, ReadonlyMap<string, ServerConfig>>();

  constructor(
    private readonly proxy: ProxyConfig,
    private readonly backends: Backends,
    private readonly findings: Findings,
  ) {}

  check(server: ServerConfig): void {
    const { track } = server.settings;
    if (track === null) return;
    const slash = track.name.lastIndexOf('/');
    const backend = slash < 0 ? this.proxy.name : track.name.slice(0, slash);
    const name = track.name.slice(slash + 1);
    const servers = this.serversOf(backend);
    const target = servers?.get(name);
    if (servers === undefined) this.alert(server, `unable to find required proxy '${backend}' for tracking.`);
    else if (target === undefined) this.alert(server, `unable to find required server '${name}' for tracking.`);
    else this.follow(server, target, `${backend}/${name}`);
  }

  private follow(server: ServerConfig, target: ServerConfig, name: string): void {
    const { check, track } = target.settings;
    if (!check.enabled && check.agent?.enabled !== true && track === null)
      this.alert(server, `unable to use ${name} for tracking as it does not have any check nor agent enabled.`);
    else if (this.loops(server, target))
      this.alert(
        server,
        `unable to track ${name} as it belongs to a tracking chain looping back to ${this.proxy.name}/${server.name}.`,
      );
    else this.followed.set(server, target);
  }

  private loops(server: ServerConfig, target: ServerConfig): boolean {
    for (let one: ServerConfig | undefined = target; one !== undefined; one = this.followed.get(one)) {
      if (one === server) return true;
    }
    return false;
  }

  private serversOf(backend: string): ReadonlyMap<string, ServerConfig> | undefined {
    const known = this.byName.get(backend);
    const proxy = this.backends.get(backend);
    if (known !== undefined || proxy === undefined) return known;
    const servers = new Map(serversOf(proxy).map((server) => [server.name, server]));
    this.byName.set(backend, servers);
    return servers;
  }

  private alert(server: ServerConfig, text: string): void {
    about(this.proxy, server, this.findings, 'alert', text);
  }
}
