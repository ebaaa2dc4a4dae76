/** A thousand servers that are checked every second: what that costs, and whether traffic notices. */
import { setTimeout as delay } from 'node:timers/promises';
import { cpuTime } from '../lib/cpu.js';
import { wrk } from '../lib/load.js';
import { type Balancer, measureWindow, perRequest, withBalancer } from '../lib/measure.js';
import type { Bench, Entrant, Row } from '../lib/row.js';
import { SMALL_PATH } from '../lib/servers.js';
import { short } from '../lib/stats.js';

const SERVERS = 1000;
/** Few enough that latencies are not those of a queue of their own making. */
const CONNECTIONS = 4;
/** First checks are spread over a second; then Node's compilers and its tidying up after the start have their turn. */
const SETTLE_MS = 20_000;
const CONTENDERS = ['haproxy', 'turbo-uring', 'turbo-epoll'] as const;

/** What is checked, and what the proxy and each server say of it. */
const KINDS = [
  { name: 'none', proxy: [], server: '' },
  { name: 'TCP', proxy: [], server: ' check inter 1s' },
  { name: 'HTTP', proxy: [`option httpchk GET ${SMALL_PATH}`], server: ' check inter 1s' },
] as const;

/** Percent of one core while there is no traffic. */
async function percentAtRest({ pids }: Balancer, seconds: number): Promise<number> {
  const [before, begun] = [cpuTime(pids).total, performance.now()];
  await delay(seconds * 1000);
  const elapsed = (performance.now() - begun) / 1000;
  return (100 * (cpuTime(pids).total - before)) / elapsed;
}

function measure(bench: Bench, entrant: Entrant): Promise<Record<string, number>> {
  const kind = KINDS.find(({ name }) => entrant.label.endsWith(name)) ?? KINDS[0];
  const server = `127.0.0.1:${bench.servers.httpPort}${kind.server}`;
  const use = async (balancer: Balancer): Promise<Record<string, number>> => {
    await delay(SETTLE_MS);
    const percent = await percentAtRest(balancer, bench.seconds);
    const load = wrk(balancer.port, SMALL_PATH, CONNECTIONS, { cpus: bench.loadCpus });
    return { ...perRequest(await measureWindow(bench, balancer, load)), percent };
  };
  return withBalancer(bench, entrant, new Array<string>(SERVERS).fill(server), use, kind.proxy);
}

const sameKind = ({ label, contender }: Entrant): string => label.replace(contender, 'haproxy');

export const checks: Row = {
  name: 'checks',
  title: `${SERVERS} servers, checked every second`,
  note: [
    'Percent of one core without traffic, ratio to haproxy with the same checks; then',
    `requests per second over ${CONNECTIONS} keep-alive connections and their latency in milliseconds.`,
  ],
  columns: [
    { head: '% of a core', key: 'percent', format: short },
    { head: 'ratio', ratioOf: 'percent', reference: sameKind },
    { head: 'req/s', key: 'rate', format: (value) => (Number.isFinite(value) ? value.toFixed(0) : '-') },
    { head: 'p50', key: 'p50', format: short },
    { head: 'p99', key: 'p99', format: short },
    { head: 'p99.9', key: 'p999', format: short },
  ],
  targets: ['turbo-uring', 'turbo-epoll'].map((contender) => ({
    label: `${contender} TCP`,
    key: 'percent',
    atMost: 5,
    what: 'percent of one core',
  })),
  entrants: (chosen) =>
    KINDS.flatMap(({ name }) =>
      CONTENDERS.filter((one) => chosen.includes(one)).map((contender) => ({
        label: `${contender} ${name}`,
        contender,
        workers: 1,
      })),
    ),
  measure,
};
