/**
 * Fetches of buffer contents (configuration manual, 7.3.5): lengths, blocks of bytes, RDP cookies,
 * whether it is HTTP. As long as the bytes that decide may still come they answer NOT_YET.
 */
import { numberArgument, textArgument } from '../arguments.js';
import type { FetchFactory, FetchFamily, PayloadView, SampleContext } from '../context.js';
import { FOUND, MISSING, NOT_YET, type Outcome, type Sample } from '../sample.js';
import { looksLikeHttp } from './http-request.js';
import { RDP_NOT, RDP_TOO_SHORT, RdpCookie } from './rdp-cookie.js';

/** Which side's bytes. */
export type Side = (context: SampleContext) => PayloadView;

/** What the client has sent. */
export const REQUEST: Side = (context) => context.request;
/** What the server has sent. */
export const RESPONSE: Side = (context) => context.response;

/** There are not enough bytes: not yet, or not any more. */
export function tooShort(view: PayloadView): Outcome {
  return view.complete ? MISSING : NOT_YET;
}

function length(side: Side): FetchFactory {
  return () => (context, sample) => {
    const view = side(context);
    sample.setInteger(view.length);
    sample.mayChange = !view.complete;
    return FOUND;
  };
}

/** `req.payload(offset,length)`: length 0 is all that there is, which may become more. */
function payload(side: Side): FetchFactory {
  return (plan, { lane }) => {
    const offset = numberArgument(plan, 0);
    const bytes = numberArgument(plan, 1);
    const { bufsize } = lane.plan.process.tune;
    return (context, sample) => {
      const view = side(context);
      if (offset + bytes > bufsize) return MISSING; // more than a buffer ever holds
      if (offset + bytes > view.length) return tooShort(view);
      sample.setBinary(view.read(offset, bytes === 0 ? view.length - offset : bytes));
      sample.mayChange = bytes === 0 && !view.complete;
      return FOUND;
    };
  };
}

/** Bits of a length: what is more is lost. */
const LENGTH_MODULUS = 2 ** 32;

/**
 * `req.payload_lv(offset1,length[,offset2])`: the block whose length stands at offset1 in so many
 * bytes, behind it or at offset2, which with a sign counts from there.
 */
function payloadLv(side: Side): FetchFactory {
  return (plan, { lane }) => {
    const lengthOffset = numberArgument(plan, 0);
    const lengthBytes = numberArgument(plan, 1);
    const start = blockStart(lengthOffset + lengthBytes, textArgument(plan, 2));
    const { bufsize } = lane.plan.process.tune;
    return (context, sample) => {
      const view = side(context);
      if (lengthOffset + lengthBytes > view.length) return tooShort(view);
      let size = 0;
      for (let i = 0; i < lengthBytes; i++) size = (size * 256 + view.byte(lengthOffset + i)) % LENGTH_MODULUS;
      if (size === 0 || start + size > bufsize) return MISSING;
      if (start + size > view.length) return tooShort(view);
      sample.setBinary(view.read(start, size));
      return FOUND;
    };
  };
}

function blockStart(behind: number, offset: string): number {
  if (offset === '') return behind;
  return /^[-+]/.test(offset) ? Math.max(0, behind + Number(offset)) : Number(offset);
}

/** One parser serves every session of a worker, one after the other. */
const cookie = new RdpCookie();

const rdpCookie: FetchFactory = (plan) => {
  const name = textArgument(plan, 0);
  return ({ request }, sample) => {
    const found = cookie.parse(request, name);
    if (found === RDP_TOO_SHORT) return tooShort(request);
    if (found === RDP_NOT) return MISSING;
    sample.setString(request.read(cookie.start, cookie.length));
    return FOUND;
  };
};

/** One is all that is ever looked for. */
const rdpCookieCount: FetchFactory = (plan) => {
  const name = textArgument(plan, 0);
  return ({ request }, sample) => {
    const found = cookie.parse(request, name);
    if (found === RDP_TOO_SHORT) return tooShort(request);
    sample.setInteger(found === RDP_NOT ? 0 : 1);
    return FOUND;
  };
};

function isHttp({ request }: SampleContext, sample: Sample): Outcome {
  const outcome = looksLikeHttp(request);
  if (outcome === NOT_YET) return tooShort(request);
  if (outcome === FOUND) sample.setBool(true);
  return outcome;
}

const requestPayload = payload(REQUEST);
const requestPayloadLv = payloadLv(REQUEST);

/** Fetches of buffer contents, but for those of TLS. */
export const PAYLOAD_FETCHES: FetchFamily = {
  'req.len': length(REQUEST),
  req_len: length(REQUEST),
  'res.len': length(RESPONSE),
  'req.payload': requestPayload,
  payload: requestPayload,
  'res.payload': payload(RESPONSE),
  'req.payload_lv': requestPayloadLv,
  payload_lv: requestPayloadLv,
  'res.payload_lv': payloadLv(RESPONSE),
  'req.rdp_cookie': rdpCookie,
  rdp_cookie: rdpCookie,
  req_rdp_cookie: rdpCookie,
  'req.rdp_cookie_cnt': rdpCookieCount,
  rdp_cookie_cnt: rdpCookieCount,
  req_rdp_cookie_cnt: rdpCookieCount,
  'req.proto_http': () => isHttp,
  req_proto_http: () => isHttp,
};
