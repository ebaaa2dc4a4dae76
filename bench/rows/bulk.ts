/** Large answers over few connections: what a byte costs. */
import { wrk } from '../lib/load.js';
import { measureWindow, withBalancer } from '../lib/measure.js';
import { oneWorkerEach, type Row, toHaproxy } from '../lib/row.js';
import { BULK_PATH } from '../lib/servers.js';
import { short } from '../lib/stats.js';

const CONNECTIONS = 8;
const GB = 1e9;

export const bulk: Row = {
  name: 'bulk',
  title: `${CONNECTIONS} connections, answers of 10 MB`,
  note: [
    'CPU seconds per GB (10^9 bytes), ratio to haproxy and to haproxy-splice',
    '(`option splice-auto`), GB per second, latency of a whole answer in ms.',
  ],
  columns: [
    { head: 's/GB', key: 'cpu', format: short },
    { head: 'user', key: 'user', format: short },
    { head: 'sys', key: 'system', format: short },
    { head: 'ratio', ratioOf: 'cpu', reference: toHaproxy },
    { head: 'to splice', ratioOf: 'cpu', reference: () => 'haproxy-splice' },
    { head: 'GB/s', key: 'rate', format: short },
    { head: 'p50', key: 'p50', format: short },
    { head: 'p99', key: 'p99', format: short },
  ],
  targets: ['turbo-uring', 'turbo-epoll'].map((label) => ({
    label,
    key: 'cpu',
    reference: 'haproxy-splice',
    atMost: 0.45,
    what: 'CPU/GB, ratio to haproxy-splice',
  })),
  entrants: oneWorkerEach,
  measure: (bench, entrant) =>
    withBalancer(bench, entrant, [`127.0.0.1:${bench.servers.httpPort}`], async (balancer) => {
      const { load, cpu } = await measureWindow(
        bench,
        balancer,
        wrk(balancer.port, BULK_PATH, CONNECTIONS, { cpus: bench.loadCpus }),
      );
      const gigabytes = load.bytes / GB;
      return {
        cpu: cpu.total / gigabytes,
        user: cpu.user / gigabytes,
        system: cpu.system / gigabytes,
        rate: (gigabytes * 1e6) / load.duration,
        p50: load.p50 / 1000,
        p99: load.p99 / 1000,
      };
    }),
};
