/** A new connection per request: what setting up and tearing down a session costs. */
import { wrk } from '../lib/load.js';
import { measureWindow, perRequest, withBalancer } from '../lib/measure.js';
import { oneWorkerEach, type Row } from '../lib/row.js';
import { SMALL_PATH } from '../lib/servers.js';
import { requestColumns } from './columns.js';

const CONNECTIONS = 64;
export const connect: Row = {
  name: 'connect',
  title: `A new connection per request, ${CONNECTIONS} at a time`,
  note: [
    'CPU microseconds per connection, ratio to haproxy, connections per second,',
    'latency in milliseconds. Closed connections stay in TIME_WAIT, at most as many',
    'as there are ephemeral ports; whoever closed first holds them.',
  ],
  columns: requestColumns('conn'),
  targets: ['turbo-uring', 'turbo-epoll'].map((label) => ({
    label,
    key: 'cpu',
    reference: 'haproxy',
    atMost: 1,
    what: 'CPU/connection, ratio to haproxy',
  })),
  entrants: oneWorkerEach,
  measure: (bench, entrant) =>
    withBalancer(bench, entrant, [`127.0.0.1:${bench.servers.httpPort}`], async (balancer) => {
      const load = wrk(balancer.port, SMALL_PATH, CONNECTIONS, { close: true, cpus: bench.loadCpus });
      return perRequest(await measureWindow(bench, balancer, load));
    }),
};
