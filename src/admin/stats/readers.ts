/** How single values of servers, binds and backends come about, for the tables of fields. */
import { formatAddress, type SocketAddress } from '../../kernel/address.js';
import type { CheckRecord } from '../../master/checks/record.js';
import { hasCode } from '../../master/checks/result.js';
import { type ServerGroup, STATE_DRAIN, STATE_STARTING } from '../../shared/servers.js';
import type { CountedStatistic } from '../../shared/statistics-layout.js';
import type { FieldValue } from './field.js';
import { each, type Readers } from './proxy-field.js';
import type { BindSubject, FrontendSubject, ServerSubject, Subject } from './subjects.js';

/** Reads something of a server. */
export type ReadServer = (subject: ServerSubject) => FieldValue;

/** A server without checks, nor one to follow, has no history of them. */
export function ifChecked(read: ReadServer): ReadServer {
  return (subject) => (subject.record.check.enabled ? read(subject) : null);
}

/** While it is checked; a maintenance is a rest for checks. */
export function ofCheck(read: (check: CheckRecord) => FieldValue): ReadServer {
  return ({ record: { check } }) => (check.enabled && !check.paused ? read(check) : null);
}

/** While an agent is asked. */
export function ofAgent(read: (agent: CheckRecord) => FieldValue): ReadServer {
  return ({ record: { agent } }) => (agent.enabled && !agent.paused ? read(agent) : null);
}

/** The last result, marked while the next one is awaited. */
export function statusText({ status, inFlight }: CheckRecord): string {
  return inFlight && status !== 'INI' ? `* ${status}` : status;
}

/** What the server answered with, where its protocol has such a number. */
export function codeOf({ status, code }: CheckRecord): FieldValue {
  return hasCode(status) ? code : null;
}

/** Percent of its load that a server takes while it starts slowly. */
export function throttle({ group, place }: ServerSubject): FieldValue {
  const state = group.state(place.server);
  return (state & STATE_STARTING) !== 0 && (state & STATE_DRAIN) === 0 ? group.throttle(place.server) : null;
}

/** Its own, or that of the process. */
export function frontendLimit({ source, index }: FrontendSubject): number {
  const { frontendGates, gate } = source.tables;
  return Math.min(frontendGates[index]?.max ?? gate.max, gate.max);
}

/** As configured or set. */
export function userWeight(group: ServerGroup, server: number): number {
  return group.weight(server);
}

/** Seconds since a session was last given to it; -1: none was. */
export function lastSession({ counts, source }: Subject): number {
  const last = counts.highest('lastSession');
  return last === 0 ? -1 : Math.max(0, source.nowSeconds - last);
}

/** Address and port, or the word `unix`. */
export function formatServer(address: SocketAddress): string {
  return address.family === 'unix' ? 'unix' : formatAddress(address);
}

/** The same of a bind. */
export function formatBind({ address }: BindSubject): string {
  return formatServer(address);
}

/** As HAProxy names protocols of listeners. */
export function protocol({ plan: { address } }: BindSubject): string {
  if (address.family === 'unix') return address.abstract ? 'abns' : 'unix_stream';
  return address.family === 'ipv4' ? 'tcpv4' : 'tcpv6';
}

/** What has come less what was not passed on: bytes that are on their way count as sent. */
export function sent(received: CountedStatistic, lost: CountedStatistic): Readers {
  return each('FLBS', ({ counts }) => Math.max(0, counts.sum(received) - counts.sum(lost)));
}
