/**
 * Checks in the language of a protocol (`option redis-check` and its like), each a row of steps:
 * what is sent, and what is expected of the answer. Formats and expressions are those that rules
 * `tcp-check` may use. Where the bytes come from: the protocols' own documents.
 */
import type { CheckKind, CheckKindName } from '../../config/health/syntax.js';
import { bytesOf } from '../../config/samples/bytes.js';
import type { ExpectStep, MessageForm } from '../checks.js';

/** A step in short; formats and expressions as text. */
export type ProtocolStep =
  | { readonly send: string }
  | { readonly set: string; readonly value: string }
  | {
      /** A regular expression, of JavaScript; `hexadecimal`: of the digits of the bytes, in capitals. */
      readonly expect: string;
      readonly hexadecimal?: true;
      readonly negated?: true;
      /** Not given: until it matches, or all has come. */
      readonly atLeast?: number;
      /** Not given: it is decided by what has come. What of a message comes later would be taken for the answer to what is sent next. */
      readonly message?: MessageForm;
      readonly error?: ExpectStep['errorStatus'];
      readonly ok?: ExpectStep['okStatus'];
      readonly timeout?: ExpectStep['timeoutStatus'];
      readonly onSuccess?: string;
      readonly onError?: string;
      /** An expression, or what groups of the pattern hold. */
      readonly code?: string;
    };

/** The steps by the words of the option, and the number of the first one in messages. */
interface Row {
  readonly first: (words: readonly string[]) => number;
  readonly steps: (words: readonly string[]) => readonly ProtocolStep[];
  /** Its servers note connections that are reset, at every check: they are closed in order. */
  readonly linger?: true;
}

type Steps = Row['steps'];

const FIRST_LINE = '%[res.payload(0,0),cut_crlf]';
const SMTP_TEXT = "%[res.payload(4,0),ltrim(' '),cut_crlf]";
const SMTP_CODE = 'res.payload(0,3)';

/** RFC 5321: a greeting, HELO, QUIT; what begins with 2 is good. */
const smtp: Steps = ([hello = '', domain = '']) => {
  const command = /^(?:HELO|EHLO)$/i.test(hello) && domain !== '' ? `${hello} ${domain}` : 'HELO localhost';
  const whole = { atLeast: 4, message: 'smtp' } as const;
  const good = { ...whole, error: 'L7STS', onSuccess: SMTP_TEXT, onError: SMTP_TEXT, code: SMTP_CODE } as const;
  return [
    { expect: '^[0-9]{3}[ \\r]', ...whole, error: 'L7RSP', onError: FIRST_LINE },
    { expect: '^2[0-9]{2}[ \\r]', ...good },
    { send: `${command}\r\n` },
    { expect: '^2[0-9]{2}[- \\r]', ...good },
    { send: 'QUIT\r\n' },
    { expect: '^2[0-9]{2}[- \\r]', ...good },
  ];
};

/** RESP, redis.io/docs/reference/protocol-spec. */
const redis: Steps = () => [
  { send: '*1\r\n$4\r\nPING\r\n' },
  { expect: '^\\+PONG\\r\\n', error: 'L7STS', onSuccess: 'Redis server is ok', onError: FIRST_LINE },
];

/** PostgreSQL, "Frontend/Backend Protocol": StartupMessage of protocol 3.0, then Authentication or ErrorResponse. */
const postgresql: Steps = ([, user = '']) => {
  const body = Buffer.concat([Buffer.from([0, 3, 0, 0]), Buffer.from(`user\0${user}\0\0`, 'utf8')]).toString('latin1');
  return [
    { send: `${bigEndian(4 + body.length)}${body}` },
    { expect: '^E', negated: true, atLeast: 5, error: 'L7RSP', onError: '%[res.payload(6,0)]' },
    {
      expect: '^52000000[0-9A-F]{2}000000(?:0[0-9A]|0[BC])',
      hexadecimal: true,
      atLeast: 9,
      error: 'L7STS',
      onSuccess: 'PostgreSQL server is ok',
      onError: 'PostgreSQL unknown error',
    },
  ];
};

/** The length of a BER element (X.690, 8.1.3), in hexadecimal digits. */
const LENGTH = '(?:[0-7][0-9A-F]|81[0-9A-F]{2}|82[0-9A-F]{4}|84[0-9A-F]{8})';

/** RFC 4511: an anonymous simple bind, and a BindResponse with resultCode success. */
const ldap: Steps = () => [
  { send: '\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00' },
  { expect: '^30', hexadecimal: true, atLeast: 14, error: 'L7RSP', onError: 'Not LDAPv3 protocol' },
  {
    expect: `^30${LENGTH}02010161${LENGTH}0A01(?!00)(..)`,
    hexadecimal: true,
    negated: true,
    atLeast: 14,
    message: 'ldap',
    error: 'L7STS',
    onError: 'See RFC: http://tools.ietf.org/html/rfc4511#section-4.1.9',
    code: 'capture',
  },
  {
    expect: `^30${LENGTH}02010161${LENGTH}0A0100`,
    hexadecimal: true,
    atLeast: 14,
    message: 'ldap',
    error: 'L7RSP',
    onSuccess: 'Success',
    onError: 'Not LDAPv3 protocol',
  },
];

const range = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** A ClientHello of SSLv3 (RFC 6101, 5.6.1.2) with all its cipher suites and those of AES; no session, no compression. */
function sslv3Hello(): string {
  const suites = [...range(0x01, 0x1b), ...range(0x2f, 0x3a)].flatMap((suite) => [0, suite]);
  const body = [3, 0, ...range(0, 31), 0, 0, suites.length, ...suites, 1, 0];
  const handshake = [1, 0, 0, body.length, ...body];
  return String.fromCharCode(0x16, 3, 0, 0, handshake.length, ...handshake);
}

/** A ServerHello, or an alert, as newer servers answer SSLv3 with: both speak TLS. */
const sslHello: Steps = () => [
  { send: sslv3Hello() },
  { expect: '^1[56]', hexadecimal: true, atLeast: 5, error: 'L6RSP', ok: 'L6OK', timeout: 'L6TOUT' },
];

/**
 * MySQL, "Client/Server Protocol", Connection Phase: the server's handshake or an error packet; with a
 * user, a HandshakeResponse (of 4.1, or of older ones) without a password, COM_QUIT, and OK or an error.
 */
const mysql: Steps = (words) => {
  const [, user, version] = words;
  const whole = { atLeast: 7, message: 'mysql' } as const;
  const error = {
    ...whole,
    hexadecimal: true,
    negated: true,
    error: 'L7STS',
    onError: '%[res.payload(7,0)]',
    code: 'capture',
  } as const;
  const handshake: ProtocolStep[] = [
    {
      expect: '^[0-9A-F]{6}00(?:0A|09|FF)',
      hexadecimal: true,
      atLeast: 5,
      error: 'L7RSP',
      onError: 'MySQL handshake packet malformed',
    },
    { expect: '^[0-9A-F]{6}00FF(..)(..)', ...error, onSuccess: '%[res.payload(5,0)]' },
  ];
  if (user === undefined) return handshake;
  const flags = version === 'pre-41' ? '\x80\0\0\0\x01' : `\x00\x82\0\0\0\0\0\x01\x21${'\0'.repeat(23)}`;
  return [
    ...handshake,
    { set: 'check.mysql_version', value: 'res.payload(5,0)' },
    { send: `${packet(`${flags}${bytesOf(user)}\0\0`, 1)}${packet('\x01', 0)}` },
    { expect: '^[0-9A-F]{8}FF(..)(..)', ...error, onSuccess: '%[var(check.mysql_version)]' },
  ];
};

function packet(payload: string, sequence: number): string {
  const { length } = payload;
  return `${String.fromCharCode(length & 0xff, (length >> 8) & 0xff, (length >> 16) & 0xff, sequence)}${payload}`;
}

function bigEndian(value: number): string {
  return String.fromCharCode((value >>> 24) & 0xff, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff);
}

const ROWS: Readonly<Record<Exclude<CheckKindName, 'tcp-check' | 'httpchk'>, Row>> = {
  smtpchk: { first: () => 2, steps: smtp, linger: true },
  'redis-check': { first: () => 1, steps: redis },
  'pgsql-check': { first: () => 2, steps: postgresql, linger: true },
  'ldap-check': { first: () => 1, steps: ldap },
  'ssl-hello-chk': { first: () => 1, steps: sslHello },
  'mysql-check': { first: ({ length }) => (length === 0 ? 2 : 3), steps: mysql, linger: true },
};

/** What such an option has checks do. */
export interface ProtocolCheck {
  /** The number of the first step in messages. */
  readonly first: number;
  readonly steps: readonly ProtocolStep[];
  /** The connection is closed in order, not reset. */
  readonly linger: boolean;
}

/** The check of such an option; null: its steps are the rules of the file. */
export function protocolCheck({ name, words }: CheckKind): ProtocolCheck | null {
  if (name === 'tcp-check' || name === 'httpchk') return null;
  const { first, steps, linger = false } = ROWS[name];
  return { first: first(words), steps: steps(words), linger };
}

/**
 * The protocols of ALPN that checks of this kind speak. HTTP checks speak HTTP/1: a server that is offered `h2` may
 * choose it, and would not understand them.
 * @param say hears what is left out
 */
export function spokenAlpn(
  kind: CheckKind | undefined,
  alpn: readonly string[],
  say: (severity: 'alert' | 'warning', text: string) => void,
): readonly string[] {
  if (kind?.name !== 'httpchk') return alpn;
  const spoken = alpn.filter((protocol) => protocol !== 'h2');
  if (spoken.length === alpn.length) return alpn;
  if (spoken.length === 0) say('alert', "'h2' is not supported in checks");
  else say('warning', `'h2' is not offered, checks speak HTTP/1: ${spoken.join()} is.`);
  return spoken;
}
