/** One worker and two: whether a worker's CPU second does as much when it has a sibling. */
import { wrk } from '../lib/load.js';
import { measureWindow, perRequest, withBalancer } from '../lib/measure.js';
import { type Entrant, isLogging, type Row } from '../lib/row.js';
import { SMALL_PATH } from '../lib/servers.js';
import { short } from '../lib/stats.js';

const CONNECTIONS = 64;
const WORKERS = [1, 2];

const whole = (value: number): string => (Number.isFinite(value) ? value.toFixed(0) : '-');
const named = (contender: string, workers: number): string => `${contender} x${workers}`;

export const scale: Row = {
  name: 'scale',
  title: 'turbo-lb with one worker and with two',
  note: [
    `Requests per CPU second of the balancer, ${CONNECTIONS} keep-alive connections: the figure`,
    'that a load generator on the same machine cannot limit. Ratio of CPU per request',
    'to one worker.',
  ],
  columns: [
    { head: 'us/req', key: 'cpu', format: short },
    { head: 'req/CPU s', key: 'perCpuSecond', format: whole },
    { head: 'ratio', ratioOf: 'cpu', reference: (entrant) => named(entrant.contender, 1) },
    { head: 'req/s', key: 'rate', format: whole },
    { head: 'p50', key: 'p50', format: short },
    { head: 'p99', key: 'p99', format: short },
  ],
  targets: ['turbo-uring', 'turbo-epoll'].map((contender) => ({
    label: named(contender, 2),
    key: 'cpu',
    reference: named(contender, 1),
    atMost: 1.05,
    what: 'CPU/request, ratio to one worker',
  })),
  entrants: (chosen) =>
    chosen
      .filter((contender) => contender.startsWith('turbo-') && !isLogging(contender))
      .flatMap((contender) => WORKERS.map((workers): Entrant => ({ label: named(contender, workers), contender, workers }))),
  measure: (bench, entrant) =>
    withBalancer(bench, entrant, [`127.0.0.1:${bench.servers.httpPort}`], async (balancer) => {
      const load = wrk(balancer.port, SMALL_PATH, CONNECTIONS, { cpus: bench.loadCpus });
      const figures = perRequest(await measureWindow(bench, balancer, load));
      return { ...figures, perCpuSecond: 1e6 / figures.cpu };
    }),
};
