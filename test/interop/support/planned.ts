/**
 * The same job for turbo-lb and for HAProxy, as lines of a section `listen`, and what each of them says
 * afterwards of its sessions, in its log. Times are compared by what they must at least be, never by a clock.
 */
import type { SocketAddress } from '../../../src/kernel/address.js';
import { type EngineChoice, eventually } from '../../harness.js';
import { LogReceiver } from './log-receiver.js';
import { type Service, startService } from './service.js';

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
  /** Of a `listen` section: everything but its bind. */
  readonly lines: readonly string[];
  /** Where to listen in place of a free port of 127.0.0.1. */
  readonly bind?: string;
}

const TIMES = ['timeout connect 5s', 'timeout client 50s', 'timeout server 50s'];
const LINE = / t t\/(\S+) (-?\d+)\/(-?\d+)\/(\d+) \d+ (\S+) \d+\/\d+\/\d+\/\d+\/(\S+) (\d+\/\d+)/;

/** A port of 127.0.0.1. */
export function local(port: number): SocketAddress {
  return { family: 'ipv4', host: '127.0.0.1', port };
}

/** Starts turbo-lb for a job. */
export function planned(engine: EngineChoice, workers: number, job: Job): Promise<TellingBalancer> {
  return telling(engine, workers, job);
}

/** Starts HAProxy for a job, with a thread for each worker. */
export function plannedHaproxy(threads: number, job: Job): Promise<TellingBalancer> {
  return telling('haproxy', threads, job);
}

async function telling(who: EngineChoice | 'haproxy', workers: number, { lines, bind }: Job): Promise<TellingBalancer> {
  const log = await LogReceiver.open();
  const service = await startService(who, {
    workers,
    global: [`log 127.0.0.1:${log.port} local0`, 'maxconn 1000'],
    proxy: [...TIMES, 'log global', 'option tcplog', ...lines],
    servers: [],
    ...(bind !== undefined && { bind }),
  });
  return {
    port: service.port,
    now: () => nowOf(service),
    stop: () => service.process.stop(),
    queues: async (count) => {
      await eventually(`${count} sessions wait`, async () => (await nowOf(service)).queued === count);
    },
    lines: (count) =>
      eventually(`${count} sessions have ended`, () => {
        const found = linesOf(log);
        return found.length >= count && found.slice(0, count);
      }),
  };
}

function linesOf({ lines }: LogReceiver): SessionLine[] {
  return lines.flatMap((text) => {
    const match = LINE.exec(text);
    if (match === null) return [];
    const [, server, wait, connect, total, termination, retries, queues] = match;
    const times = { waitMs: Number(wait), connectMs: Number(connect), totalMs: Number(total) };
    return [{ server, ...times, termination, retries, queues }];
  });
}

/** Of the servers; those who wait for any of them are the backend's. */
async function nowOf(service: Service): Promise<Now> {
  const rows = (await service.rows()).filter((row) => row.text('svname') !== 'FRONTEND');
  const servers = rows.filter((row) => row.text('svname') !== 'BACKEND');
  const sum = (of: typeof rows, column: string): number => of.reduce((total, row) => total + (row.number(column) ?? 0), 0);
  return { queued: sum(rows, 'qcur'), served: sum(servers, 'scur'), retries: sum(servers, 'wretr') };
}
