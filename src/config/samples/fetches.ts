/** All sample fetch methods, by their names. */
import { CONNECTION_FETCHES } from './fetches/connection.js';
import { COUNTER_FETCHES } from './fetches/counters.js';
import { INTERNAL_FETCHES } from './fetches/internal.js';
import { PAYLOAD_FETCHES } from './fetches/payload.js';
import { PROXY_FETCHES } from './fetches/proxies.js';
import type { FetchSignature } from './signature.js';

/** Every one that is supported. */
export const FETCHES: ReadonlyMap<string, FetchSignature> = new Map(
  [...INTERNAL_FETCHES, ...PROXY_FETCHES, ...CONNECTION_FETCHES, ...COUNTER_FETCHES, ...PAYLOAD_FETCHES].map((signature) => [
    signature.name,
    signature,
  ]),
);
