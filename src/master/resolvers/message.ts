/**
 * Messages of DNS (RFC 1035, 6891, 2782): the queries that are sent, and what an answer says about the
 * question that was asked. A library knows the wire format; what is believed of an answer is decided
 * here. Nothing here sends, or remembers.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { type Answer, decode, encode, type Packet, RECURSION_DESIRED } from 'dns-packet';
import { isHostName } from '../../config/values/address.js';

/** Kinds of records that are asked for. */
export type QueryType = 'A' | 'AAAA' | 'SRV';

/** An address of a name, or a server of a service. */
export type DnsRecord =
  | { readonly type: 'A' | 'AAAA'; readonly host: string }
  | {
      readonly type: 'SRV';
      readonly target: string;
      readonly port: number;
      readonly weight: number;
      /** The address that came along for `target`; null: none did. */
      readonly address: HostRecord | null;
    };
/** An address of a name. */
export type HostRecord = Extract<DnsRecord, { host: string }>;
/** A server of a service. */
export type ServiceRecord = Extract<DnsRecord, { target: string }>;

/** Why an answer is of no use; the names are those of HAProxy's counters. */
export type BadAnswer = 'nx' | 'refused' | 'any_err' | 'cname_error' | 'truncated' | 'invalid' | 'other';

/** What an answer says. */
export type Reading = { readonly outcome: 'valid'; readonly records: readonly DnsRecord[] } | { readonly outcome: BadAnswer };

/** Aliases that are followed from one name; longer chains are loops or worse. */
const ALIASES_MAX = 16;
/** Bytes of a header. */
const HEADER_BYTES = 12;

/** A query. @param payloadSize bytes of the answer that are accepted by UDP */
export function queryMessage(id: number, name: string, type: QueryType, payloadSize: number): Buffer {
  return encode({
    type: 'query',
    id,
    flags: RECURSION_DESIRED,
    questions: [{ type, name }],
    additionals: [
      {
        type: 'OPT',
        name: '.',
        udpPayloadSize: payloadSize,
        extendedRcode: 0,
        ednsVersion: 0,
        flags: 0,
        flag_do: false,
        options: [],
      },
    ],
  });
}

/** The id of a message, or null for what is too short to be one. */
export function idOf(message: Buffer): number | null {
  return message.length < HEADER_BYTES ? null : message.readUInt16BE(0);
}

/** The question that a message repeats; null when it has not exactly one, or is no answer. */
export function questionOf(message: Buffer): { readonly packet: Packet; readonly name: string; readonly type: string } | null {
  try {
    const packet = decode(message);
    const [question, ...more] = packet.questions ?? [];
    if (packet.type !== 'response' || question === undefined || more.length > 0) return null;
    return { packet, name: canonical(question.name), type: question.type };
  } catch {
    return null; // counted by who asked: what cannot be read is no answer
  }
}

/** Names are compared without regard to case (RFC 4343), and without the dot of the root. */
export function canonical(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

/** What an answer says about its question, which was found to be the one that was asked. */
export function readAnswer(packet: Packet, name: string, type: QueryType): Reading {
  const { rcode, flag_tc: truncated } = packet as unknown as { readonly rcode: string; readonly flag_tc: boolean };
  if (truncated) return { outcome: 'truncated' };
  if (rcode === 'NXDOMAIN') return { outcome: 'nx' };
  if (rcode === 'REFUSED') return { outcome: 'refused' };
  if (rcode !== 'NOERROR') return { outcome: 'other' };
  const answers = packet.answers ?? [];
  if (answers.length === 0) return { outcome: 'any_err' };
  const target = followAliases(answers, name);
  if (target === null) return { outcome: 'cname_error' };
  const records = answers.flatMap((answer) =>
    canonical(answer.name) === target && answer.type === type ? recordOf(answer, packet.additionals ?? []) : [],
  );
  if (records.length > 0) return { outcome: 'valid', records };
  if (target !== name) return { outcome: 'cname_error' };
  return { outcome: answers.every((answer) => canonical(answer.name) !== name) ? 'invalid' : 'other' };
}

/** The name that a name stands for; null when it ends nowhere. */
function followAliases(answers: readonly Answer[], name: string): string | null {
  const aliases = new Map(
    answers.flatMap((answer) => (answer.type === 'CNAME' ? [[canonical(answer.name), canonical(answer.data)] as const] : [])),
  );
  let target = name;
  for (let i = 0; i <= ALIASES_MAX; i++) {
    const next = aliases.get(target);
    if (next === undefined) return target;
    target = next;
  }
  return null;
}

function recordOf(answer: Answer, additionals: readonly Answer[]): DnsRecord[] {
  if (answer.type !== 'SRV') return hostRecord(answer);
  const { target, port, weight = 0 } = answer.data;
  const wanted = canonical(target);
  // A target of "." says that there is no such service (RFC 2782); what is no name of a host must not get into logs and files.
  return !isHostName(wanted) ? [] : [{ type: 'SRV', target: wanted, port, weight, address: addressOf(additionals, wanted) }];
}

function addressOf(additionals: readonly Answer[], name: string): HostRecord | null {
  return additionals.filter((one) => canonical(one.name) === name).flatMap(hostRecord)[0] ?? null;
}

/** The library reads addresses beyond the end of a message without complaint. */
function hostRecord(answer: Answer): HostRecord[] {
  if (answer.type === 'A' && isIPv4(answer.data)) return [{ type: 'A', host: answer.data }];
  return answer.type === 'AAAA' && isIPv6(answer.data) ? [{ type: 'AAAA', host: answer.data }] : [];
}
