/** A part of the fixed fields of proxies (proxy-fields.ts), in order: connections, the longest times, and bytes of each direction. */

import { totalWeight } from '../../master/servers/weights.js';
import { counted, field, highest, httpOnly, type ProxyField, unused } from './proxy-field.js';
import { protocol, sent, userWeight } from './readers.js';

const SINCE = ' since the worker process started';

/** In HAProxy's order. */
export const TRAFFIC_FIELDS: readonly ProxyField[] = [
  field(
    'conn_rate',
    'MRP',
    'u32',
    { F: ({ counts, source }) => counts.connectionRate(source.nowMs) },
    'Number of new connections accepted over the last second on the frontend for this worker process',
  ),
  highest(
    'conn_rate_max',
    'F',
    'connectionRateMax',
    'Highest value of connections per second observed since the worker process started',
  ),
  counted(
    'conn_tot',
    'F',
    'connections',
    'Total number of new connections accepted on this frontend since the worker process started',
  ),
  httpOnly(
    'intercepted',
    'Total number of HTTP requests intercepted on the frontend (redirects/stats/services) since the worker process started',
  ),
  counted(
    'dcon',
    'FL',
    'connectionsDenied',
    'Total number of incoming connections blocked on a listener/frontend by a tcp-request connection rule since the worker process started',
  ),
  counted(
    'dses',
    'FL',
    'sessionsDenied',
    'Total number of incoming sessions blocked on a listener/frontend by a tcp-request connection rule since the worker process started',
  ),
  unused('wrew', 'FLBS', 'Total number of failed HTTP header rewrites since the worker process started'),
  counted(
    'connect',
    'BS',
    'connects',
    'Total number of outgoing connection attempts on this backend/server since the worker process started',
  ),
  unused('reuse', 'BS', 'Total number of reused connection on this backend/server since the worker process started'),
  httpOnly(
    'cache_lookups',
    'Total number of HTTP requests looked up in the cache on this frontend/backend since the worker process started',
  ),
  httpOnly(
    'cache_hits',
    'Total number of HTTP requests not found in the cache on this frontend/backend since the worker process started',
  ),
  unused('srv_icur', 'S', 'Current number of idle connections available for reuse on this server', 'MGP', 'u32'),
  field(
    'src_ilim',
    'CLP',
    'u32',
    {},
    "Limit on the number of available idle connections on this server (server 'pool_max_conn' directive)",
  ),
  highest('qtime_max', 'BS', 'queueMsMax', 'Maximum observed time spent in the queue, in milliseconds (backend/server)'),
  highest(
    'ctime_max',
    'BS',
    'connectMsMax',
    'Maximum observed time spent waiting for a connection to complete, in milliseconds (backend/server)',
  ),
  unused(
    'rtime_max',
    'BS',
    'Maximum observed time spent waiting for a server response, in milliseconds (backend/server)',
    'MMP',
    'u32',
  ),
  highest(
    'ttime_max',
    'BS',
    'totalMsMax',
    'Maximum observed total request+response time (request+queue+connect+response+processing), in milliseconds (backend/server)',
  ),
  counted('eint', 'FLBS', 'internalErrors', 'Total number of internal errors since process started'),
  unused('idle_conn_cur', 'S', 'Current number of unsafe idle connections', 'MGP', 'u32'),
  unused('safe_conn_cur', 'S', 'Current number of safe idle connections', 'MGP', 'u32'),
  field(
    'used_conn_cur',
    'MGP',
    'u32',
    { S: ({ source, place }) => source.sessionsOf(place).active },
    'Current number of connections in use',
  ),
  field(
    'need_conn_est',
    'MGP',
    'u32',
    { S: ({ source, place }) => source.sessionsOf(place).active },
    'Estimated needed number of connections',
  ),
  field(
    'uweight',
    'MaP',
    'u32',
    { B: ({ group }) => totalWeight(group, userWeight), S: ({ group, place }) => group.weight(place.server) },
    "Server's user weight, or sum of active servers' user weights for a backend",
  ),
  unused('agg_server_status', 'B', "Backend's aggregated gauge of servers' status", 'MGP', 'u32'),
  unused('agg_server_check_status', 'B', "[DEPRECATED] Backend's aggregated gauge of servers' status", 'MGP', 'u32'),
  unused('agg_check_status', 'B', "Backend's aggregated gauge of servers' state check status", 'MGP', 'u32'),
  unused('srid', 'S', 'Server id revision, to prevent server id reuse mixups', 'MGP', 'u32'),
  counted('sess_other', 'F', 'sessions', 'Total number of sessions other than HTTP/1, 2, 3 and QUIC' + SINCE),
  unused('h1sess', 'F', 'Total number of HTTP/1 sessions' + SINCE),
  unused('h2sess', 'F', 'Total number of HTTP/2 sessions' + SINCE),
  unused('h3sess', 'F', 'Total number of HTTP/3 sessions' + SINCE),
  unused('req_other', 'F', 'Total number of requests other than HTTP/1, 2, 3 and QUIC processed by this object' + SINCE),
  unused('h1req', 'F', 'Total number of HTTP/1 requests processed by this object' + SINCE),
  unused('h2req', 'F', 'Total number of HTTP/2 requests processed by this object' + SINCE),
  unused('h3req', 'F', 'Total number of HTTP/3 requests processed by this object' + SINCE),
  field('proto', 'CNS', 'str', { L: protocol }, 'Protocol of the listener'),
  unused('priv_idle_cur', 'S', 'Current number of private idle connections', 'MGP', 'u32'),
  counted('reqbin', 'FLBS', 'bytesIn', 'Total number of request bytes received since process started'),
  field('reqbout', 'MCP', 'u64', sent('bytesIn', 'bytesInLost'), 'Total number of request bytes sent since process started'),
  counted('resbin', 'FLBS', 'bytesOut', 'Total number of response bytes received since process started'),
  field('resbout', 'MCP', 'u64', sent('bytesOut', 'bytesOutLost'), 'Total number of response bytes sent since process started'),
  httpOnly(
    'cache_hint_hits',
    'Total number of HTTP requests for which a 103 Early Hints response was emitted from the cache on this frontend/backend since the worker process started',
  ),
];
