/**
 * The Plan: what a worker executes. Immutable, numbered, structured-cloneable; every reference is
 * an index into an array of the Plan. The quick flags of the command line and configuration files
 * both compile to it, and nothing else crosses from the master to a worker.
 */
import type { SocketAddress } from '../kernel/address.js';

/** What `tune.io-engine` and `--io-engine` may say. */
export type IoEngineChoice = 'auto' | 'uring' | 'epoll';

/** Everything that a balancer does. */
export interface Plan {
  readonly process: ProcessPlan;
  readonly frontends: readonly FrontendPlan[];
  readonly backends: readonly BackendPlan[];
}

/** What holds for the process as a whole (section `global`). */
export interface ProcessPlan {
  /** Worker threads; 'auto' is one per CPU that the process may use. */
  readonly workers: number | 'auto';
  /** Pin each worker to a CPU of its own. */
  readonly pin: boolean;
  readonly ioEngine: IoEngineChoice;
  /** Concurrent client connections of the whole process; 0: derive it from RLIMIT_NOFILE. */
  readonly maxconn: number;
  readonly tune: TunePlan;
}

/** The `tune.*` keywords that the data plane knows. */
export interface TunePlan {
  /** Bytes of a receive buffer (`tune.bufsize`). */
  readonly bufsize: number;
  /** Receive buffers of each worker, at least; sizing makes it two for each connection. */
  readonly buffers: number;
  /** Pipes for splice(2) of each worker (`maxpipes`). */
  readonly pipes: number;
  /** Bytes of capacity asked of each pipe (`tune.pipesize`). */
  readonly pipesize: number;
}

/** What a listening socket is bound with. */
export interface BindPlan {
  readonly address: SocketAddress;
  /** Length of the accept queue; the kernel caps it at net.core.somaxconn. */
  readonly backlog: number;
  /** Where it was asked for, as `--bind :80` or `haproxy.cfg:12`, for messages. */
  readonly origin: string;
}

/** Where clients come in, and how they are treated there (section `frontend`). */
export interface FrontendPlan {
  readonly name: string;
  readonly mode: 'tcp';
  readonly binds: readonly BindPlan[];
  /** Index of the backend. */
  readonly defaultBackend: number;
  /** Milliseconds, 0: none (`timeout client`, `timeout client-fin`). */
  readonly clientTimeoutMs: number;
  readonly clientFinTimeoutMs: number;
}

/** Balancing algorithms, by their words in `balance`. */
export const BALANCE_ALGORITHMS = ['roundrobin', 'leastconn', 'source'] as const;
/** The word of a balancing algorithm. */
export type BalanceAlgorithm = (typeof BALANCE_ALGORITHMS)[number];

/** A set of servers and how they are used (section `backend`). */
export interface BackendPlan {
  readonly name: string;
  readonly mode: 'tcp';
  readonly balance: BalanceAlgorithm;
  readonly servers: readonly ServerPlan[];
  /** Connection attempts after the first (`retries`). */
  readonly retries: number;
  /** Every how many retries another server is chosen; -1: on the last one only; 0: never (`option redispatch`). */
  readonly redispatch: number;
  /** Milliseconds, 0: none. */
  readonly connectTimeoutMs: number;
  readonly serverTimeoutMs: number;
  readonly serverFinTimeoutMs: number;
  readonly tunnelTimeoutMs: number;
}

/** One server of a backend (keyword `server`). */
export interface ServerPlan {
  readonly name: string;
  readonly address: SocketAddress;
  /** 0..256; 0 takes no new connections (`weight`). */
  readonly weight: number;
}

/** What a Plan starts from where nothing else is said; HAProxy's defaults where it has them. */
export const DEFAULTS = {
  retries: 3,
  backlog: 10000,
  weight: 1,
  weightMax: 256,
  tune: { bufsize: 16384, buffers: 4096, pipes: 256, pipesize: 256 * 1024 },
} as const;
