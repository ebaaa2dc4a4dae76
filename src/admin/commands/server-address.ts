/** What `set server` changes about where a server, its checks and its agent are: `addr`, `fqdn`, `check-addr` and its like. */
import { isIPv4, isIPv6 } from 'node:net';
import { isHostName } from '../../config/values/address.js';
import type { LoadBalancer } from '../../master/balancer.js';
import type { HostIp, ServerAddresses, ServerPort } from '../../master/servers/server-addresses.js';
import type { ServerPlace } from '../../master/servers/server-states.js';
import { failure, Message, type Reply } from '../command.js';
import type { ServerSetter } from './set-server.js';

const PORT_MAX = 65535;
/** How answers about addresses end. */
const BY = " by 'stats socket command'\n";
const NO_PORT_MAP =
  "can't change <port> to port map because it is incompatible with current health check port configuration " +
  "(use 'port' statement from the 'server' directive.";
const NO_AGENT = 'agent checks are not enabled on this server';
const NOT_CHECKED = 'health checks are not enabled on this server';

/** By the words of `set server`. */
export const ADDRESS_SETTERS: Readonly<Record<string, ServerSetter>> = {
  addr: setAddr,
  'agent-addr': setAgentAddr,
  'agent-port': setAgentPort,
  'agent-send': setAgentSend,
  'check-addr': setCheckAddr,
  'check-port': setCheckPort,
  fqdn: setFqdn,
};

type Call = Parameters<ServerSetter>;

/** What HAProxy says of a change, be it made or refused. */
function warning(text: string): Reply {
  return text === '' ? '' : new Message('warning', text);
}

function setAddr({ balancer }: Call[0], { place }: Call[1], [address, word, port = '']: Call[2]): Reply {
  if (address === undefined) return failure('set server <b>/<s> addr requires an address and optionally a port.\n');
  const ip = hostIp(address);
  if (ip === null) return warning(`Invalid addr '${address}'${BY}`);
  const { serverAddresses: addresses, serverStates } = balancer;
  if (addresses.isUnix(place))
    return warning(`Update for the current server address family is only supported through configuration file${BY}`);
  const answers = [moveIp(addresses, place, ip), ...(word === 'port' ? [movePort(addresses, place, port)] : [])];
  serverStates.setResolved(place, true);
  return warning(answers.join(', ') + BY);
}

function hostIp(text: string): HostIp | null {
  if (isIPv4(text)) return { family: 'ipv4', host: text };
  return isIPv6(text) && !text.includes('%') ? { family: 'ipv6', host: text } : null;
}

function moveIp(addresses: ServerAddresses, place: ServerPlace, ip: HostIp): string {
  const before = addresses.ip(place)?.host;
  if (before === ip.host) return 'no need to change the addr';
  addresses.setAddress(place, { ip });
  return `IP changed from '${before ?? '(none)'}' to '${ip.host}'`;
}

/** A signed port is added to that of the client; checks need one of their own then. */
function movePort(addresses: ServerAddresses, place: ServerPlace, text: string): string {
  const before = addresses.port(place);
  const mapped = /^[+-]/.test(text);
  if (!/^[+-]?[0-9]{1,5}$/.test(text) || Math.abs(Number(text)) > PORT_MAX) return `problem converting port '${text}' to an int`;
  if (mapped && !before.mapped && addresses.checkSettings(place).port === 0) return NO_PORT_MAP;
  const after = { port: Number(text), mapped };
  if (before.port === after.port && before.mapped === mapped) return 'no need to change the port';
  addresses.setAddress(place, { port: after });
  return `port changed from '${portText(before)}' to '${portText(after)}'`;
}

function portText({ port, mapped }: ServerPort): string {
  return mapped && port >= 0 ? `+${port}` : String(port);
}

function setFqdn({ balancer }: Call[0], { place, backend, server }: Call[1], [fqdn]: Call[2]): Reply {
  const { serverNames, serverAddresses } = balancer;
  if (fqdn === undefined) return failure('set server <b>/<s> fqdn requires a FQDN.\n');
  if (!serverNames.isResolved(place)) return failure('set server <b>/<s> fqdn failed because no resolution is configured.\n');
  if (server.resolution?.service != null)
    return failure('set server <b>/<s> fqdn failed because SRV resolution is configured.\n');
  if (!isHostName(fqdn)) return warning(`invalid fqdn '${fqdn}'${BY}`);
  const before = serverAddresses.fqdn(place);
  if (before?.toLowerCase() === fqdn.toLowerCase()) return warning(`no need to change the FDQN${BY}`);
  serverNames.setFqdn(place, fqdn);
  return warning(`${backend.name}/${server.name} changed its FQDN from ${before ?? '(null)'} to ${fqdn}${BY}`);
}

function setCheckAddr(call: Call[0], found: Call[1], [address, word, port]: Call[2]): Reply {
  const { serverAddresses: addresses } = call.balancer;
  if (address === undefined) return failure('set server <b>/<s> check-addr requires an address and optionally a port.\n');
  if (!isChecked(call, found)) return warning(NOT_CHECKED);
  const ip = hostIp(address);
  if (ip === null) return warning(`invalid addr '${address}'`);
  const fault = word === 'port' ? setCheckPort(call, found, [port]) : '';
  if (fault === '') addresses.setCheckAddress(found.place, { ip });
  return fault;
}

function setCheckPort(call: Call[0], found: Call[1], [port]: readonly (string | undefined)[]): Reply {
  if (port === undefined) return failure('set server <b>/<s> check-port requires a port.\n');
  if (!isChecked(call, found)) return warning(NOT_CHECKED);
  const value = readPort(port);
  if (typeof value === 'string') return warning(value);
  call.balancer.serverAddresses.setCheckAddress(found.place, { port: value });
  return '';
}

/** The port that a word says, or what is wrong with it. */
function readPort(word: string): number | string {
  if (!/^-?[0-9]{1,9}$/.test(word)) return 'provided port is not an integer';
  const port = Number(word);
  return port < 0 || port > PORT_MAX ? 'provided port is invalid' : port;
}

/** By addresses only: a name would have the operator wait for DNS. */
function setAgentAddr({ balancer }: Call[0], { place }: Call[1], [address, word, text = '']: Call[2]): Reply {
  if (address === undefined) return failure('set server <b>/<s> agent-addr requires an address and optionally a port.\n');
  if (!hasAgent(balancer, place)) return warning(NO_AGENT);
  const ip = hostIp(address);
  if (ip === null) return warning(`invalid addr '${address}'`);
  const port = word === 'port' ? readPort(text) : null;
  if (typeof port === 'string') return warning(port);
  return warning(balancer.checker.setAgentAddress(place, { ...ip, port: port ?? 0 }, port) ?? '');
}

function setAgentPort({ balancer }: Call[0], { place }: Call[1], [word]: Call[2]): Reply {
  if (word === undefined) return failure('set server <b>/<s> agent-port requires a port.\n');
  if (!hasAgent(balancer, place)) return warning(NO_AGENT);
  const port = readPort(word);
  return warning(typeof port === 'string' ? port : (balancer.checker.setAgentPort(place, port) ?? ''));
}

function setAgentSend({ balancer }: Call[0], { place }: Call[1], [text = '']: Call[2]): Reply {
  return hasAgent(balancer, place) ? warning(balancer.checker.setAgentSend(place, text) ?? '') : failure(`${NO_AGENT}.\n`);
}

function hasAgent({ health }: LoadBalancer, place: ServerPlace): boolean {
  return health.server(place).agent.enabled;
}

function isChecked({ balancer }: Call[0], { place }: Call[1]): boolean {
  return balancer.health.server(place).check.enabled;
}
