/** `bind` to listening sockets: one for each port of each address. */
import type { BindConfig, ProxyConfig } from '../../config/config.js';
import type { AddressSyntax } from '../../config/values/address.js';
import type { SocketAddress } from '../../kernel/address.js';
import { type BindPlan, DEFAULTS } from '../plan.js';
import { type Compilation, hostOf, NOWHERE, originOf, socketAddress } from './context.js';
import { numbered } from './numbers.js';

/** The sockets of a frontend, in the order of their lines. */
export function compileBinds(proxy: ProxyConfig, compilation: Compilation): BindPlan[] {
  const processMaxconn = compilation.config.global.maxconn?.value ?? 0;
  const backlog = (bind: BindConfig): number => backlogOf(proxy, bind, processMaxconn);
  return compileSockets(proxy.binds, 'bind', backlog, compilation);
}

/**
 * Listening sockets of lines `bind` or `stats socket`.
 *
 * @param keyword that messages name
 * @param backlog of a line's accept queues
 */
export function compileSockets(
  binds: readonly BindConfig[],
  keyword: string,
  backlog: (bind: BindConfig) => number,
  { resources, findings }: Compilation,
): BindPlan[] {
  const sockets = binds.flatMap((bind) => portsOf(bind).map((port) => ({ bind, port })));
  const ids = numbered(sockets.map(({ bind }) => bind.id));
  return sockets.map(({ bind, port }, i) => {
    const { address: syntax, settings, name, text, place } = bind;
    const address = syntax.kind === 'fd' ? NOWHERE : socketAddress(syntax, resources, port);
    if (address === null)
      findings.alert(place, `'${keyword}' : invalid address: '${hostOf(syntax as AddressSyntax)}' in '${text}'`);
    return {
      address: address ?? NOWHERE,
      inheritedFd: syntax.kind === 'fd' ? syntax.fd : null,
      name,
      id: ids[i],
      backlog: backlog(bind),
      maxconn: settings.maxconn ?? 0,
      acceptProxy: settings.acceptProxy,
      socket: socketOptions(bind, address ?? NOWHERE),
      origin: originOf(place),
    };
  });
}

function portsOf({ address }: BindConfig): (number | undefined)[] {
  if (address.kind === 'fd' || address.kind === 'unix' || address.ports === null) return [undefined];
  const { first, last } = address.ports;
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** The nearest that says something: the bind, the frontend, what they and the process take. */
function backlogOf(proxy: ProxyConfig, { settings }: BindConfig, processMaxconn: number): number {
  const said = [settings.backlog, proxy.backlog?.value, settings.maxconn, proxy.maxconn?.value, processMaxconn];
  return said.find((value) => value !== undefined && value !== null && value > 0) ?? DEFAULTS.backlog;
}

/** Owners and permissions are those of UNIX sockets, the rest those of TCP. */
function socketOptions({ settings }: BindConfig, { family }: SocketAddress): BindPlan['socket'] {
  const { mode, user, group, mss, deferAccept, tcpUserTimeoutMs, v4v6, v6only, tfo } = settings;
  return {
    interface: settings.interface,
    ...{ mss, deferAccept, tcpUserTimeoutMs, tfo },
    v4v6: v4v6 && family === 'ipv6',
    v6only: v6only && family === 'ipv6',
    mode: family === 'unix' ? mode : null,
    user: family === 'unix' ? user : null,
    group: family === 'unix' ? group : null,
  };
}
