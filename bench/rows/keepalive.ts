/** Small answers over connections that stay: what a message costs. */
import { wrk } from '../lib/load.js';
import { measureWindow, perRequest, withBalancer } from '../lib/measure.js';
import { oneWorkerEach, type Row } from '../lib/row.js';
import { SMALL_PATH } from '../lib/servers.js';
import { requestColumns } from './columns.js';

const CONNECTIONS = 64;

export const keepalive: Row = {
  name: 'keepalive',
  title: `${CONNECTIONS} keep-alive connections, answers of 11 bytes`,
  note: [
    'CPU microseconds per request of the whole balancer, ratio to haproxy,',
    'requests per second, latency in milliseconds.',
  ],
  columns: requestColumns('req'),
  targets: [
    { label: 'turbo-uring', key: 'cpu', reference: 'haproxy', atMost: 0.9, what: 'CPU/request, ratio to haproxy' },
    { label: 'turbo-epoll', key: 'cpu', reference: 'haproxy', atMost: 1, what: 'CPU/request, ratio to haproxy' },
  ],
  entrants: oneWorkerEach,
  measure: (bench, entrant) =>
    withBalancer(bench, entrant, [`127.0.0.1:${bench.servers.httpPort}`], async (balancer) => {
      const load = wrk(balancer.port, SMALL_PATH, CONNECTIONS, { cpus: bench.loadCpus });
      return perRequest(await measureWindow(bench, balancer, load));
    }),
};
