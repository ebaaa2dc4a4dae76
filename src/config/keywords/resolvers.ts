/** Keywords of sections `resolvers` (configuration manual, section 5.3.2). Texts are HAProxy's. */
import type { HoldStatus, NameserverConfig, ResolversConfig } from '../config.js';
import type { LineContext, ResolversKeyword } from '../keyword.js';
import type { Word } from '../tokens/line.js';
import { readAddress } from './addresses.js';
import { timeFault, timeOf, wholeNumber } from './reading.js';

type ResolversLine = LineContext<ResolversConfig>;

/** What a message of DNS has at least: its header. HAProxy's bound. */
const PAYLOAD_MIN = 12;
const PAYLOAD_MAX = 65535;
/** Queries until a resolution is given up; beyond this it would never be. */
const RETRIES_MAX = 1000;
const HOLD_STATUSES: readonly HoldStatus[] = ['nx', 'refused', 'timeout', 'other', 'valid', 'obsolete'];
const SECTIONS = ['resolvers'] as const;

/** All of them. */
export const RESOLVERS_KEYWORDS: readonly ResolversKeyword[] = [
  {
    name: 'nameserver',
    sections: SECTIONS,
    arguments: '<name> <address>[:port]',
    help: 'A DNS server, by UDP, or by TCP where the address begins with tcp@.',
    parse: parseNameserver,
  },
  {
    name: 'parse-resolv-conf',
    sections: SECTIONS,
    arguments: '',
    help: 'The DNS servers of /etc/resolv.conf.',
    parse: (line) => {
      if (endsAfter(line, 0)) line.target.nameservers.push('system');
    },
  },
  {
    name: 'hold',
    sections: SECTIONS,
    arguments: '<status> <period>',
    default: '30s; 10s for valid, 0 for obsolete',
    help: 'How long an address outlives answers without it: nx, refused, timeout, other, valid, obsolete.',
    parse: parseHold,
  },
  {
    name: 'resolve_retries',
    sections: SECTIONS,
    arguments: '<nb>',
    default: '3',
    help: 'Queries until a resolution is given up.',
    parse: parseRetries,
  },
  {
    name: 'timeout',
    sections: SECTIONS,
    arguments: '{ resolve | retry } <time>',
    default: '1s',
    help: 'Time between resolutions of a name, and between queries without an answer.',
    parse: parseTimeout,
  },
  {
    name: 'accepted_payload_size',
    sections: SECTIONS,
    arguments: '<nb>',
    default: '512',
    help: 'Bytes of the largest answer by UDP that is announced and accepted.',
    parse: parsePayload,
  },
];

function refuse(line: ResolversLine, text: string, word?: Word): void {
  line.findings.alert((word ?? line.keyword[0]).place, text);
}

function endsAfter(line: ResolversLine, max: number): boolean {
  const extra = line.words[max];
  if (extra !== undefined) refuse(line, `'${line.keyword[0].text}' cannot handle unexpected argument '${extra.text}'.`, extra);
  return extra === undefined;
}

function parseNameserver(line: ResolversLine): void {
  const [name, address, ...options] = line.words;
  if (name === undefined || address === undefined) {
    refuse(line, "'nameserver' expects <name> and <addr>[:<port>] as arguments.");
    return;
  }
  const { nameservers } = line.target;
  const other = nameservers.find((one) => one !== 'system' && one.name === name.text) as NameserverConfig | undefined;
  if (other !== undefined) {
    const declared = `${other.place.file}:${other.place.line}`;
    const text = `nameserver '${name.text}' has same name as another nameserver (declared at ${declared}).`;
    const { file, line: number } = name.place;
    line.findings.add({ severity: 'alert', text: `config : Parsing [${file}:${number}]: ${text}`, place: name.place });
    return;
  }
  const found = nameserverOf(line, name, address);
  if (found === null) return;
  nameservers.push(found);
  for (const { text, place } of options.slice(0, 1))
    line.findings.warning(
      place,
      `'nameserver ${name.text}' : '${text}' and what follows has no effect: queries share one connection.`,
    );
}

/** Only addresses: nobody could look up the name of one who looks up names. */
function nameserverOf(line: ResolversLine, name: Word, word: Word): NameserverConfig | null {
  const datagram = /^udp([46]?)@/.exec(word.text);
  const written = datagram === null ? word.text : word.text.slice(datagram[0].length);
  const family = datagram?.[1] === '4' ? 'ipv4@' : datagram?.[1] === '6' ? 'ipv6@' : '';
  const address = readAddress(family + written, line.file.environment, { port: 'required' });
  const about = `'nameserver ${name.text}' : `;
  if (!address.ok) {
    refuse(line, about + address.message, word);
    return null;
  }
  const { syntax } = address.value;
  if (syntax.kind === 'unix') {
    refuse(line, `${about}can't create socket for nameserver '${name.text}': a UNIX socket is none of DNS.`, word);
    return null;
  }
  if (syntax.kind === 'name') {
    refuse(line, `${about}invalid address: '${syntax.host}' in '${word.text}'`, word);
    return null;
  }
  const port = syntax.ports?.first ?? 0;
  return {
    name: name.text,
    place: name.place,
    family: syntax.family,
    host: syntax.host,
    port,
    stream: /^tcp[46]?@/.test(word.text),
  };
}

function parseHold(line: ResolversLine): void {
  const [event, time] = line.words;
  if (event === undefined || time === undefined) {
    refuse(line, "'hold' expects an <event> and a <time> as arguments.");
    line.findings.add({
      severity: 'alert',
      text: "config : <event> can be either 'valid', 'nx', 'refused', 'timeout', or 'other'",
      place: line.keyword[0].place,
    });
    return;
  }
  const status = HOLD_STATUSES.find((known) => known === event.text);
  if (status === undefined) {
    const expected = "expects either 'nx', 'timeout', 'valid', 'obsolete' or 'other'.";
    refuse(line, `'hold' unknown <event>: '${event.text}', ${expected}`, event);
    return;
  }
  const value = endsAfter(line, 2) ? timeWord(line, time, 'hold') : null;
  if (value !== null) line.target.holdMs.set(status, value);
}

function timeWord(line: ResolversLine, word: Word, keyword: string): number | null {
  const value = timeOf(word.text);
  if (value !== null) return value;
  const fault = timeFault(word.text);
  const text =
    fault.kind === 'overflow'
      ? `timer overflow in argument <${word.text}> to <${keyword}>, maximum value is 2147483647 ms (~24.8 days).`
      : `unexpected character '${fault.character}' in argument to <${keyword}>.`;
  line.findings.line('alert', word.place, text);
  return null;
}

/** Where HAProxy takes what is no number for 0, which would never ask, this is stricter. */
function parseRetries(line: ResolversLine): void {
  const [word] = line.words;
  if (word === undefined) {
    refuse(line, "'resolve_retries' expects <nb> as argument.");
    return;
  }
  const value = wholeNumber(word.text);
  if (value === null || value < 1 || value > RETRIES_MAX)
    refuse(line, `'resolve_retries' : ${word.text} is not within 1..${RETRIES_MAX}.`, word);
  else if (endsAfter(line, 1)) line.target.resolveRetries = value;
}

function parseTimeout(line: ResolversLine): void {
  const [event, time] = line.words;
  if (event === undefined || (event.text !== 'retry' && event.text !== 'resolve')) {
    const got = event === undefined ? '.' : ` got '${event.text}'.`;
    refuse(line, `'timeout' expects 'retry' or 'resolve' and <time> as arguments${got}`, event);
    return;
  }
  if (time === undefined) {
    refuse(line, `'timeout ${event.text}' expects <time> as argument.`, event);
    return;
  }
  const value = endsAfter(line, 2) ? timeWord(line, time, `timeout ${event.text}`) : null;
  if (value === null) return;
  if (event.text === 'retry') line.target.timeoutRetryMs = value;
  else line.target.timeoutResolveMs = value;
}

function parsePayload(line: ResolversLine): void {
  const [word] = line.words;
  if (word === undefined) {
    refuse(line, "'accepted_payload_size' expects <nb> as argument.");
    return;
  }
  const value = wholeNumber(word.text);
  if (value === null || value < PAYLOAD_MIN || value > PAYLOAD_MAX)
    refuse(line, `'accepted_payload_size' must be between ${PAYLOAD_MIN} and ${PAYLOAD_MAX} inclusive (was ${word.text}).`, word);
  else if (endsAfter(line, 1)) line.target.acceptedPayloadSize = value;
}
