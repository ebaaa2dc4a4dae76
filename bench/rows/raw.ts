/** Raw messages of 100 bytes: the relay without HTTP on either side, driven by the project's own client. */
import { rawClient } from '../lib/load.js';
import { measureWindow, perRequest, withBalancer } from '../lib/measure.js';
import { oneWorkerEach, type Row } from '../lib/row.js';
import { requestColumns } from './columns.js';

const CONNECTIONS = 64;

export const raw: Row = {
  name: 'raw',
  title: `Raw TCP, 100 bytes there and back, ${CONNECTIONS} connections`,
  note: [
    'CPU microseconds per exchange, ratio to haproxy, exchanges per second,',
    'latency in milliseconds. The client, written in Node, is the limit of the rate.',
  ],
  columns: requestColumns('msg'),
  targets: [],
  entrants: oneWorkerEach,
  measure: (bench, entrant) =>
    withBalancer(bench, entrant, [`127.0.0.1:${bench.servers.rawPort}`], async (balancer) =>
      perRequest(await measureWindow(bench, balancer, rawClient(balancer.port, CONNECTIONS, bench.loadCpus))),
    ),
};
