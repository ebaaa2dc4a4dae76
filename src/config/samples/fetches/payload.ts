/** Fetches of buffer contents: payload, TLS hello, RDP cookie (configuration manual, section 7.3.5). */
import type { ArgumentCheck, FetchSignature } from '../signature.js';

const checkLengthValue: ArgumentCheck = ([offset, length, second]) => {
  if (Number(offset) < 0) return 'payload offset1 must be positive';
  if (Number(length) <= 0) return 'payload length must be > 0';
  if (second === null || second === undefined || second === '') return null;
  return /^[+-]?[0-9]+$/.test(String(second)) ? null : 'payload offset2 is not a number';
};

/** `length`, `payload` and `payload_lv` of one direction. */
function buffer(prefix: 'req' | 'res', origin: 'requestBuffer' | 'responseBuffer', name: string): FetchSignature[] {
  return [
    { name: `${prefix}.len`, arguments: [], type: 'sint', origin, help: `Bytes in the ${name} buffer.` },
    {
      name: `${prefix}.payload`,
      arguments: ['integer', 'integer'],
      type: 'bin',
      origin,
      help: `Bytes of the ${name} from an offset, so many; 0: all that there are.`,
    },
    {
      name: `${prefix}.payload_lv`,
      arguments: ['integer', 'integer', 'string?'],
      type: 'bin',
      origin,
      check: checkLengthValue,
      help: `Bytes of the ${name} whose length stands at an offset, in so many bytes.`,
    },
    {
      name: `${prefix}.ssl_hello_type`,
      arguments: [],
      type: 'sint',
      origin,
      help: `Type of the TLS hello in the ${name} buffer.`,
    },
  ];
}

const REQUEST = { origin: 'requestBuffer' } as const;

/** All of them. */
export const PAYLOAD_FETCHES: readonly FetchSignature[] = [
  ...buffer('req', 'requestBuffer', 'request'),
  ...buffer('res', 'responseBuffer', 'response'),
  {
    name: 'capture.req.hdr',
    arguments: ['integer'],
    type: 'str',
    origin: 'request',
    help: 'What a capture of the request holds, by its number.',
  },
  {
    name: 'req.proto_http',
    arguments: [],
    type: 'bool',
    origin: 'request',
    help: 'Whether the request buffer holds a valid HTTP request.',
  },
  {
    name: 'req.rdp_cookie',
    arguments: ['string?'],
    type: 'str',
    ...REQUEST,
    help: 'An RDP cookie, mstshash where none is named.',
  },
  {
    name: 'req.rdp_cookie_cnt',
    arguments: ['string?'],
    type: 'sint',
    ...REQUEST,
    help: 'How many RDP cookies of that name there are.',
  },
  { name: 'req.ssl_alpn', arguments: [], type: 'str', ...REQUEST, help: 'First protocol of ALPN in the client hello.' },
  { name: 'req.ssl_ec_ext', arguments: [], type: 'bool', ...REQUEST, help: 'Whether the client hello names elliptic curves.' },
  { name: 'req.ssl_sni', arguments: [], type: 'str', ...REQUEST, help: 'Server name (SNI) in the client hello.' },
  {
    name: 'req.ssl_st_ext',
    arguments: [],
    type: 'sint',
    ...REQUEST,
    help: 'Session ticket of the client hello: 0 none, 1 empty, 2 there.',
  },
  {
    name: 'req.ssl_ver',
    arguments: [],
    type: 'sint',
    ...REQUEST,
    dotted: true,
    help: 'Version of TLS that the client hello offers, as 3.1.',
  },
  {
    name: 'payload',
    arguments: ['integer', 'integer'],
    type: 'bin',
    origin: 'anyBuffer',
    match: 'bin',
    alias: 'req.payload',
    responseAlias: 'res.payload',
    help: 'As req.payload, or res.payload among responses.',
  },
  {
    name: 'payload_lv',
    arguments: ['integer', 'integer', 'string?'],
    type: 'bin',
    origin: 'anyBuffer',
    check: checkLengthValue,
    match: 'bin',
    alias: 'req.payload_lv',
    responseAlias: 'res.payload_lv',
    help: 'As req.payload_lv, or res.payload_lv among responses.',
  },
  { name: 'rdp_cookie', arguments: ['string?'], type: 'str', ...REQUEST, alias: 'req.rdp_cookie', help: 'As req.rdp_cookie.' },
  {
    name: 'rdp_cookie_cnt',
    arguments: ['string?'],
    type: 'sint',
    ...REQUEST,
    alias: 'req.rdp_cookie_cnt',
    help: 'As req.rdp_cookie_cnt.',
  },
  {
    name: 'req_rdp_cookie',
    arguments: ['string?'],
    type: 'str',
    ...REQUEST,
    alias: 'req.rdp_cookie',
    aclOnly: true,
    help: 'As req.rdp_cookie.',
  },
  {
    name: 'req_rdp_cookie_cnt',
    arguments: ['string?'],
    type: 'sint',
    ...REQUEST,
    alias: 'req.rdp_cookie_cnt',
    aclOnly: true,
    help: 'As req.rdp_cookie_cnt.',
  },
  { name: 'req_len', arguments: [], type: 'sint', ...REQUEST, alias: 'req.len', help: 'As req.len.' },
  { name: 'req_proto_http', arguments: [], type: 'bool', origin: 'request', alias: 'req.proto_http', help: 'As req.proto_http.' },
  {
    name: 'req_ssl_hello_type',
    arguments: [],
    type: 'sint',
    ...REQUEST,
    alias: 'req.ssl_hello_type',
    help: 'As req.ssl_hello_type.',
  },
  { name: 'req_ssl_sni', arguments: [], type: 'str', ...REQUEST, alias: 'req.ssl_sni', help: 'As req.ssl_sni.' },
  { name: 'req_ssl_ver', arguments: [], type: 'sint', ...REQUEST, alias: 'req.ssl_ver', dotted: true, help: 'As req.ssl_ver.' },
  {
    name: 'rep_ssl_hello_type',
    arguments: [],
    type: 'sint',
    origin: 'responseBuffer',
    alias: 'res.ssl_hello_type',
    help: 'As res.ssl_hello_type.',
  },
];
