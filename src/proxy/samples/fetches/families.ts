/** All fetches but those of stick tables, which come with them. */
import type { FetchFamily } from '../context.js';
import { INTERNAL_FETCHES } from './internal.js';
import { LAYER4_FETCHES } from './layer4.js';
import { PAYLOAD_FETCHES } from './payload.js';
import { PROXY_FETCHES } from './proxies.js';
import { TLS_HELLO_FETCHES } from './tls-hello.js';

/** The families that every worker has. */
export const FETCH_FAMILIES: readonly FetchFamily[] = [
  INTERNAL_FETCHES,
  LAYER4_FETCHES,
  PROXY_FETCHES,
  PAYLOAD_FETCHES,
  TLS_HELLO_FETCHES,
];
