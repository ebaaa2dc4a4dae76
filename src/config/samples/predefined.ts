/** ACLs that every proxy has (configuration manual, section 7.4). */
import { Findings, type Place } from '../diagnostics.js';
import { readAcl } from './acl.js';
import type { Acl } from './syntax.js';
import { UNSUPPORTED_FETCHES } from './unsupported.js';

/** Names and what they stand for. */
const PREDEFINED: Readonly<Record<string, string>> = {
  TRUE: 'always_true',
  FALSE: 'always_false',
  LOCALHOST: 'src 127.0.0.1/8 ::1',
  HTTP: 'req.proto_http',
  RDP_COOKIE: 'req.rdp_cookie_cnt gt 0',
  REQ_CONTENT: 'req.len gt 0',
  WAIT_END: 'wait_end',
};

/** Those that need mode http, and the fetches that they stand for. */
const HTTP_ONLY: Readonly<Record<string, string>> = {
  'HTTP_1.0': 'req.ver',
  'HTTP_1.1': 'req.ver',
  'HTTP_2.0': 'req.ver',
  HTTP_CONTENT: 'req.hdr_val',
  HTTP_URL_ABS: 'url_reg',
  HTTP_URL_SLASH: 'url_beg',
  HTTP_URL_STAR: 'url',
  METH_CONNECT: 'method',
  METH_DELETE: 'method',
  METH_GET: 'method',
  METH_HEAD: 'method',
  METH_OPTIONS: 'method',
  METH_POST: 'method',
  METH_PUT: 'method',
  METH_TRACE: 'method',
};

/** A predefined ACL by its name, as if it stood where it is used first. */
export function predefinedAcl(name: string, place: Place): Acl | undefined {
  if (!Object.hasOwn(PREDEFINED, name)) return undefined;
  const words = PREDEFINED[name].split(' ').map((text) => ({ text, place }));
  const read = readAcl(words, place, new Findings());
  return { name, tests: read.ok ? [read.test] : [], used: true, place };
}

/** Why a predefined ACL of HAProxy is refused; undefined for names that are none. */
export function unsupportedAcl(name: string): string | undefined {
  const fetch = HTTP_ONLY[name];
  return fetch === undefined ? undefined : `ACL '${name}' ${UNSUPPORTED_FETCHES.get(fetch)}`;
}

/** All names, for suggestions. */
export const PREDEFINED_NAMES: readonly string[] = Object.keys(PREDEFINED);
