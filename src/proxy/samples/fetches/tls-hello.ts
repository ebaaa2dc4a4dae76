/**
 * Fetches of the TLS hello in clear (configuration manual, 7.3.5; RFC 8446 section 4.1.2, RFC 6066,
 * RFC 7301). The hello is read as it lies in the buffer; one that is cut into several records is not
 * put together, as HAProxy does not.
 */
import type { FetchFactory, FetchFamily, PayloadView } from '../context.js';
import { FOUND, MISSING, type Outcome, type Sample } from '../sample.js';
import { REQUEST, RESPONSE, type Side, tooShort } from './payload.js';

const RECORD_HEADER = 5;
const HANDSHAKE_HEADER = 4;
/** Types of records: change_cipher_spec to application_data; 0xff was seen in the wild. */
const [RECORD_FIRST, RECORD_HANDSHAKE, RECORD_LAST, RECORD_ODD] = [0x14, 0x16, 0x17, 0xff];
const CLIENT_HELLO = 1;
const MAJOR = 3;
/** The version that has no extensions. */
const SSL3 = 0x300;
/** A record, 2^14 bytes and what encryption adds. */
const RECORD_MAX = 16384 + 2048;
/** Version and random of a hello. */
const BEFORE_SESSION_ID = 34;
const SESSION_ID_MAX = 32;
/** The least that a hello with an extension has behind its header. */
const HELLO_MIN = 2 + 32 + 1 + 2 + 2 + 1 + 1 + 2 + 2;
const EXTENSION_HEADER = 4;
const [SERVER_NAME, ELLIPTIC_CURVES, ALPN, SESSION_TICKET] = [0, 10, 16, 35];
const HOST_NAME = 0;

function two(view: PayloadView, at: number): number {
  return view.byte(at) * 256 + view.byte(at + 1);
}

function three(view: PayloadView, at: number): number {
  return two(view, at) * 256 + view.byte(at + 2);
}

// Where the search for extensions ended, when it is no offset.
const NO_HELLO = -1;
const SHORT = -2;

/** Finds the extensions of a client hello: offset of the first and end of the last. */
class ClientHello {
  extensions = 0;
  end = 0;

  /** NO_HELLO, SHORT, or 0 when `extensions` and `end` are set. */
  parse(view: PayloadView): number {
    if (view.length < 1) return SHORT;
    if (view.byte(0) !== RECORD_HANDSHAKE) return NO_HELLO;
    if (view.length < 3) return SHORT;
    if (view.byte(1) < MAJOR) return NO_HELLO;
    if (view.length < RECORD_HEADER) return SHORT;
    if (two(view, 3) < HANDSHAKE_HEADER + HELLO_MIN) return NO_HELLO;
    if (view.length < RECORD_HEADER + 1) return SHORT;
    if (view.byte(RECORD_HEADER) !== CLIENT_HELLO) return NO_HELLO;
    const start = RECORD_HEADER + HANDSHAKE_HEADER;
    if (view.length < start) return SHORT;
    const length = three(view, RECORD_HEADER + 1);
    if (length < HELLO_MIN) return NO_HELLO;
    if (view.length < start + length) return SHORT;
    return two(view, start) <= SSL3 ? NO_HELLO : this.skip(view, start + BEFORE_SESSION_ID, start + length);
  }

  /** Past session id, cipher suites and compression methods. */
  private skip(view: PayloadView, sessionId: number, end: number): number {
    const sessionLength = view.byte(sessionId);
    const ciphers = sessionId + 1 + sessionLength;
    if (sessionLength > SESSION_ID_MAX || ciphers + 4 > end) return NO_HELLO;
    const compressions = ciphers + 2 + two(view, ciphers);
    if (two(view, ciphers) < 2 || compressions + 2 > end) return NO_HELLO;
    const list = compressions + 1 + view.byte(compressions);
    if (view.byte(compressions) < 1 || list + 2 > end) return NO_HELLO;
    this.extensions = list + 2;
    this.end = this.extensions + two(view, list);
    return this.end > end ? NO_HELLO : 0;
  }

  /** Offset of an extension's data; NO_HELLO when there is none, or one before it is too long. */
  find(view: PayloadView, type: number): number {
    for (let at = this.extensions; at + EXTENSION_HEADER <= this.end; ) {
      const next = at + EXTENSION_HEADER + two(view, at + 2);
      if (next > this.end) return NO_HELLO;
      if (two(view, at) === type) return at + EXTENSION_HEADER;
      at = next;
    }
    return NO_HELLO;
  }
}

/** One serves every session of a worker, one after the other. */
const hello = new ClientHello();

/** A fetch of one extension; `read` gets where its data lie and how long they are. */
function extension(type: number, read: (view: PayloadView, at: number, length: number, sample: Sample) => boolean): FetchFactory {
  return () =>
    ({ request }, sample) => {
      const parsed = hello.parse(request);
      if (parsed === SHORT) return tooShort(request);
      if (parsed === NO_HELLO) return MISSING;
      const at = hello.find(request, type);
      return at !== NO_HELLO && read(request, at, two(request, at - 2), sample) ? FOUND : MISSING;
    };
}

const serverName = extension(SERVER_NAME, (view, at, length, sample) => {
  if (length < 2) return false;
  const list = two(view, at);
  if (list < 4 || list + 2 > length || view.byte(at + 2) !== HOST_NAME) return false;
  const nameLength = two(view, at + 3);
  if (nameLength + 5 > length) return false;
  sample.setString(view.read(at + 5, nameLength));
  return true;
});

/** The first of the protocols. */
const alpn = extension(ALPN, (view, at, length, sample) => {
  if (length < 3) return false;
  const nameLength = view.byte(at + 2);
  if (nameLength + 3 > length) return false;
  sample.setString(view.read(at + 3, nameLength));
  return true;
});

const ellipticCurves = extension(ELLIPTIC_CURVES, (_view, _at, _length, sample) => {
  sample.setBool(true);
  return true;
});

/** 0: none, 1: the extension alone, 2: with a ticket. */
const sessionTicket: FetchFactory =
  () =>
  ({ request }, sample) => {
    const parsed = hello.parse(request);
    if (parsed === SHORT) return tooShort(request);
    if (parsed === NO_HELLO) return MISSING;
    const at = hello.find(request, SESSION_TICKET);
    sample.setInteger(at === NO_HELLO ? 0 : two(request, at - 2) === 0 ? 1 : 2);
    return FOUND;
  };

function isRecord(type: number): boolean {
  return (type >= RECORD_FIRST && type <= RECORD_LAST) || type === RECORD_ODD;
}

/** `req.ssl_hello_type`, `res.ssl_hello_type`: the type of a whole handshake message. */
function helloType(side: Side): FetchFactory {
  return () => (context, sample) => {
    const view = side(context);
    if (view.length < 1) return tooShort(view);
    if (!isRecord(view.byte(0))) return MISSING;
    if (view.length < RECORD_HEADER + HANDSHAKE_HEADER) return tooShort(view);
    if (view.byte(1) < MAJOR || two(view, 3) < HANDSHAKE_HEADER) return MISSING;
    if (view.length < RECORD_HEADER + HANDSHAKE_HEADER + three(view, RECORD_HEADER + 1)) return tooShort(view);
    sample.setInteger(view.byte(RECORD_HEADER));
    return FOUND;
  };
}

/** `req.ssl_ver`: major version times 65536 and the minor one, of SSLv3 records or of an SSLv2 hello. */
const version: FetchFactory = (_plan, { lane }) => {
  const { bufsize } = lane.plan.process.tune;
  return ({ request }, sample) => {
    if (request.length < 1) return tooShort(request);
    return isRecord(request.byte(0)) ? recordVersion(request, bufsize, sample) : oldVersion(request, bufsize, sample);
  };
};

function setVersion(sample: Sample, view: PayloadView, at: number): void {
  sample.setInteger(view.byte(at) * 65536 + view.byte(at + 1));
}

function recordVersion(view: PayloadView, bufsize: number, sample: Sample): Outcome {
  if (view.length < RECORD_HEADER + 6) return tooShort(view);
  const length = two(view, 3);
  if (view.byte(1) < MAJOR || length < 6 || length > RECORD_MAX) return MISSING;
  if (view.length < Math.min(RECORD_HEADER + length, bufsize)) return tooShort(view);
  setVersion(sample, view, RECORD_HEADER + HANDSHAKE_HEADER);
  return FOUND;
}

/** An SSLv2 hello: a length in two bytes, or in two and a padding, then type, version and three lengths. */
function oldVersion(view: PayloadView, bufsize: number, sample: Sample): Outcome {
  const long = (view.byte(0) & 0x80) === 0;
  const header = long ? 3 : 2;
  if (view.length < header + 1) return tooShort(view);
  if (view.byte(header) !== CLIENT_HELLO) return MISSING;
  const body = header + 1;
  if (view.length < body + 8) return tooShort(view);
  const [ciphers, session, challenge] = [two(view, body + 2), two(view, body + 4), two(view, body + 6)];
  if (ciphers % 3 !== 0 || (session !== 0 && session !== 16) || challenge < 16 || challenge > 32) return MISSING;
  const length = two(view, 0) & (long ? 0x3fff : 0x7fff);
  if (length !== 9 + ciphers + session + challenge) return MISSING;
  const padding = long ? view.byte(2) : 0;
  if (view.length < Math.min(body + 8 + ciphers + session + challenge + padding, bufsize)) return tooShort(view);
  setVersion(sample, view, body);
  return FOUND;
}

/** Fetches of the TLS hello. */
export const TLS_HELLO_FETCHES: FetchFamily = {
  'req.ssl_hello_type': helloType(REQUEST),
  req_ssl_hello_type: helloType(REQUEST),
  'res.ssl_hello_type': helloType(RESPONSE),
  rep_ssl_hello_type: helloType(RESPONSE),
  'req.ssl_ver': version,
  req_ssl_ver: version,
  'req.ssl_sni': serverName,
  req_ssl_sni: serverName,
  'req.ssl_alpn': alpn,
  'req.ssl_ec_ext': ellipticCurves,
  'req.ssl_st_ext': sessionTicket,
};
