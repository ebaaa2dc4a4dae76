/**
 * The same job for turbo-lb, as a Plan, and for HAProxy, as lines of its configuration; and what
 * each of them says afterwards of its sessions: turbo-lb through a worker that tells, HAProxy through
 * its log. Times are compared by what they must at least be, never by a clock.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SocketAddress } from '../../../src/kernel/address.js';
import {
  type BackendPlan,
  DEFAULT_BACKEND,
  DEFAULT_FRONTEND,
  DEFAULT_PROCESS,
  defaultBind,
  defaultServer,
  type FrontendPlan,
  type Plan,
  type ServerPlan,
} from '../../../src/plan/plan.js';
import {
  type EngineChoice,
  eventually,
  freePort,
  isListening,
  type RunningProcess,
  scratchFolder,
  startHaproxy,
  startProcess,
} from '../../harness.js';

/** What is said of a session's way to its server. Times in milliseconds, -1: not reached. */
export interface SessionLine {
  readonly server: string;
  readonly waitMs: number;
  readonly connectMs: number;
  readonly totalMs: number;
  readonly termination: string;
  readonly retries: string;
  /** `server queue/backend queue`. */
  readonly queues: string;
}

/** What there is at the moment: sessions that wait, those that have a server; and the retries so far. */
export interface Now {
  readonly queued: number;
  readonly served: number;
  readonly retries: number;
}

/** A balancer of which the lines of ended sessions can be had. */
export interface TellingBalancer {
  readonly port: number;
  /** Resolves with the first `count` lines, in the order in which sessions ended. */
  lines(count: number): Promise<SessionLine[]>;
  /** Resolves when so many sessions wait. */
  queues(count: number): Promise<void>;
  now(): Promise<Now>;
  /** Ends it. */
  stop(): Promise<unknown>;
}

/** A job for both balancers. */
export interface Job {
  /** Lines of HAProxy's `listen` section: everything but the binds. */
  readonly haproxy: readonly string[];
  readonly backend: Partial<BackendPlan>;
  readonly frontend?: Partial<FrontendPlan>;
  readonly servers: readonly (Partial<ServerPlan> & { readonly address: SocketAddress })[];
  /** Where to listen in place of a free port of 127.0.0.1. */
  readonly bind?: { readonly address: SocketAddress; readonly haproxy: string };
  readonly maxconn?: number;
}

const PROGRAM = fileURLToPath(new URL('../fixtures/plan-balancer.js', import.meta.url));
/** What both balancers have where a job says nothing else. */
const TIMEOUT_MS = 50_000;
const CONNECT_TIMEOUT_MS = 5000;
const MAXCONN = 1000;

/** A port of 127.0.0.1. */
export function local(port: number): SocketAddress {
  return { family: 'ipv4', host: '127.0.0.1', port };
}

/** Starts turbo-lb for a job. */
export async function planned(engine: EngineChoice, workers: number, job: Job): Promise<TellingBalancer> {
  const port = await freePort();
  const file = join(scratchFolder(), 'plan.json');
  const address = job.bind?.address ?? local(port);
  writeFileSync(file, JSON.stringify(planOf(engine, workers, job, address)));
  const process = await startProcess(globalThis.process.execPath, [PROGRAM, file], { readyWhen: /may be asked/ });
  return {
    port: 'port' in address ? address.port : 0,
    lines: (count) =>
      eventually(`${count} sessions have ended`, () => {
        const found = [...process.stdout.matchAll(/^SESSION (.*)\n/gm)].map((match) => toLine(match[1].split(' ')));
        return found.length >= count && found.slice(0, count);
      }),
    now: () => askedNow(process),
    stop: () => process.stop(),
    queues: (count) => waitsFor(() => askedNow(process), count),
  };
}

function toLine([server, wait, connect, total, termination, retries, own, any]: string[]): SessionLine {
  const times = { waitMs: Number(wait), connectMs: Number(connect), totalMs: Number(total) };
  return { server, ...times, termination, retries, queues: `${own}/${any}` };
}

function planOf(ioEngine: EngineChoice, workers: number, job: Job, address: SocketAddress): Plan {
  const servers = job.servers.map((server, i) => ({
    ...defaultServer(`s${i + 1}`, i + 1, server.address, server.weight ?? 1),
    ...server,
  }));
  const timeouts = { connectTimeoutMs: CONNECT_TIMEOUT_MS, serverTimeoutMs: TIMEOUT_MS, queueTimeoutMs: CONNECT_TIMEOUT_MS };
  return {
    process: { ...DEFAULT_PROCESS, workers, pin: false, ioEngine, maxconn: job.maxconn ?? MAXCONN },
    frontends: [
      {
        ...DEFAULT_FRONTEND,
        name: 't',
        defaultBackend: 0,
        binds: [defaultBind(address, 1000, 'test')],
        clientTimeoutMs: TIMEOUT_MS,
        ...job.frontend,
      },
    ],
    backends: [{ ...DEFAULT_BACKEND, name: 't', ...timeouts, ...job.backend, servers }],
    acls: [],
    patternLists: [],
    tables: [],
  };
}

/** Starts HAProxy for a job, with a thread for each worker. */
export async function plannedHaproxy(threads: number, job: Job): Promise<TellingBalancer> {
  const port = await freePort();
  const log = createSocket('udp4');
  const found: SessionLine[] = [];
  log.on('message', (message) => {
    const match = / t t\/(\S+) (-?\d+)\/(-?\d+)\/(\d+) \d+ (\S+) \d+\/\d+\/\d+\/\d+\/(\S+) (\d+\/\d+)/.exec(message.toString());
    if (match === null) return;
    const [, server, wait, connect, total, termination, retries, queues] = match;
    const times = { waitMs: Number(wait), connectMs: Number(connect), totalMs: Number(total) };
    found.push({ server, ...times, termination, retries, queues });
  });
  log.bind(0, '127.0.0.1');
  await once(log, 'listening');
  log.unref();
  const statistics = join(scratchFolder(), 'stats.sock');
  const bind = job.bind?.haproxy ?? `127.0.0.1:${port}`;
  const process = await startHaproxy(`
    global
      log 127.0.0.1:${log.address().port} local0
      stats socket ${statistics}
      nbthread ${threads}
      maxconn ${job.maxconn ?? MAXCONN}
    defaults
      mode tcp
      log global
      option tcplog
      timeout connect ${CONNECT_TIMEOUT_MS}
      timeout client ${TIMEOUT_MS}
      timeout server ${TIMEOUT_MS}
    listen t
      bind ${bind}
      ${job.haproxy.join('\n      ')}
    `);
  await eventually('HAProxy listens', () => job.bind !== undefined || isListening(port));
  return {
    port,
    now: () => statisticsNow(statistics),
    stop: () => process.stop(),
    queues: (count) => waitsFor(() => statisticsNow(statistics), count),
    lines: (count) => eventually(`HAProxy has logged ${count} sessions`, () => found.length >= count && found.slice(0, count)),
  };
}

async function waitsFor(now: () => Promise<Now>, count: number): Promise<void> {
  await eventually(`${count} sessions wait`, async () => (await now()).queued === count);
}

/** Asks by SIGHUP, and takes the next line that the program writes. */
async function askedNow(process: RunningProcess): Promise<Now> {
  const told = (): RegExpMatchArray[] => [...process.stdout.matchAll(/^NOW (\d+) (\d+) (\d+)\n/gm)];
  const before = told().length;
  process.child.kill('SIGHUP');
  const [, queued, served, retries] = await eventually('it answers', () => told()[before]);
  return { queued: Number(queued), served: Number(served), retries: Number(retries) };
}

/** Columns qcur, scur and wretr of the servers; those who wait for any of them are the backend's. */
async function statisticsNow(socket: string): Promise<Now> {
  const connection = connect(socket);
  connection.end('show stat\n');
  const chunks: Buffer[] = [];
  for await (const chunk of connection) chunks.push(chunk as Buffer);
  const lines = Buffer.concat(chunks).toString().split('\n');
  const rows = lines.filter((line) => line.startsWith('t,')).map((line) => line.split(','));
  const [, queued, served, retries] = [0, 2, 4, 15].map((column) =>
    rows
      .filter(([, name]) => name !== 'FRONTEND' && (column === 2 || name !== 'BACKEND'))
      .reduce((sum, row) => sum + Number(row[column]), 0),
  );
  return { queued, served, retries };
}
