/**
 * The fields of frontends, binds, backends and servers, in HAProxy's order, which tools count on
 * (management manual, section 9.1): the fixed ones, then those of parts that HAProxy has as modules.
 * Names, kinds and descriptions are HAProxy's, since dashboards and exporters know them.
 */
import { CHECK_FIELDS } from './check-fields.js';
import { LOAD_FIELDS } from './load-fields.js';
import { MODULE_FIELDS } from './module-fields.js';
import type { ProxyField } from './proxy-field.js';
import { TRAFFIC_FIELDS } from './traffic-fields.js';

const FIXED_FIELDS: readonly ProxyField[] = [...LOAD_FIELDS, ...CHECK_FIELDS, ...TRAFFIC_FIELDS];

/** All fields of proxies; the first `FIXED_COUNT` of them are always these, in this order. */
export const PROXY_FIELDS: readonly ProxyField[] = [...FIXED_FIELDS, ...MODULE_FIELDS];
/** Behind so many fields CSV has a column `-`. */
export const FIXED_COUNT = FIXED_FIELDS.length;
/** Where things are and how they are chosen: not for connections of level `user`. */
export const PRIVATE_FIELDS: ReadonlySet<string> = new Set(['addr', 'cookie', 'algo']);
/** That column, in every line. */
export const SEPARATOR = '-';
