/** A new connection per request: what setting up and tearing down a session costs. */
import { wrk } from '../lib/load.js';
import { measureWindow, perRequest, withBalancer } from '../lib/measure.js';
import { isLogging, oneWorkerEachLogging, type Row, toHaproxy } from '../lib/row.js';
import { SMALL_PATH } from '../lib/servers.js';
import { requestColumns } from './columns.js';

const CONNECTIONS = 64;
export const connect: Row = {
  name: 'connect',
  title: `A new connection per request, ${CONNECTIONS} at a time`,
  note: [
    'CPU microseconds per connection, ratio to haproxy, connections per second,',
    'latency in milliseconds. Those that log send a line for each connection to a',
    'receiver on UDP; their ratio is to haproxy-log. Closed connections stay in',
    'TIME_WAIT, at most as many as there are ephemeral ports; whoever closed first',
    'holds them.',
  ],
  columns: requestColumns('conn', ({ contender }) => (isLogging(contender) ? 'haproxy-log' : toHaproxy())),
  targets: ['turbo-uring', 'turbo-uring-log', 'turbo-epoll', 'turbo-epoll-log'].map((label) => ({
    label,
    key: 'cpu',
    reference: label.endsWith('-log') ? 'haproxy-log' : 'haproxy',
    atMost: 1,
    what: 'CPU/connection, ratio to haproxy in the same case',
  })),
  entrants: oneWorkerEachLogging,
  measure: (bench, entrant) =>
    withBalancer(bench, entrant, [`127.0.0.1:${bench.servers.httpPort}`], async (balancer) => {
      const load = wrk(balancer.port, SMALL_PATH, CONNECTIONS, { close: true, cpus: bench.loadCpus });
      return perRequest(await measureWindow(bench, balancer, load));
    }),
};
