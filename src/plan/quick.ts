/**
 * The Plan of the command line's flags: one frontend, one backend. It takes values that were
 * checked before, so that it cannot fail; `cli/` reads them from text.
 */
import type { BalanceAlgorithm } from '../config/config.js';
import type { SocketAddress } from '../kernel/address.js';
import {
  DEFAULT_BACKEND,
  DEFAULT_FRONTEND,
  DEFAULT_PROCESS,
  DEFAULTS,
  defaultBind,
  defaultServer,
  type IoEngineChoice,
  type Plan,
} from './plan.js';

/** Balancing algorithms that need no arguments, for the flag `--balance`. */
export const QUICK_ALGORITHMS = ['roundrobin', 'leastconn', 'source'] as const satisfies readonly BalanceAlgorithm[];

/** What the flags say, checked, with addresses looked up. */
export interface QuickFlags {
  /** Where to listen, and how the person wrote it, as `--bind :80`. */
  readonly binds: readonly { readonly address: SocketAddress; readonly origin: string }[];
  readonly servers: readonly { readonly name: string; readonly address: SocketAddress; readonly weight: number }[];
  readonly balance: (typeof QUICK_ALGORITHMS)[number];
  readonly workers: number | 'auto';
  readonly pin: boolean;
  readonly ioEngine: IoEngineChoice;
  /** 0: derive it from RLIMIT_NOFILE. */
  readonly maxconn: number;
  readonly backlog: number;
  readonly retries: number;
  /** The last attempt may go to another server. */
  readonly redispatch: boolean;
  readonly timeouts: QuickTimeouts;
}

/** Milliseconds; 0: none. */
export interface QuickTimeouts {
  readonly connectMs: number;
  readonly clientMs: number;
  readonly serverMs: number;
  readonly clientFinMs: number;
  readonly serverFinMs: number;
  readonly tunnelMs: number;
}

/** What holds where a flag is not given. HAProxy leaves the first three timeouts to its user and warns; 0 means none. */
export const QUICK_DEFAULTS: Omit<QuickFlags, 'binds' | 'servers'> = {
  balance: 'roundrobin',
  workers: 'auto',
  pin: true,
  ioEngine: 'auto',
  maxconn: 0,
  backlog: DEFAULTS.backlog,
  retries: DEFAULTS.retries,
  redispatch: false,
  timeouts: { connectMs: 5000, clientMs: 50_000, serverMs: 50_000, clientFinMs: 0, serverFinMs: 0, tunnelMs: 0 },
};

/** Names of the only frontend and backend, as they appear in messages. */
const FRONTEND_NAME = 'quick';
const BACKEND_NAME = 'servers';
/** `redispatch` of a backend: on the last attempt only, as HAProxy's `option redispatch` by default, or never. */
const REDISPATCH_LAST = -1;
const REDISPATCH_NEVER = 0;

/** Builds the Plan. */
export function quickPlan(flags: QuickFlags): Plan {
  const { timeouts } = flags;
  return {
    process: {
      ...DEFAULT_PROCESS,
      workers: flags.workers,
      pin: flags.pin,
      ioEngine: flags.ioEngine,
      maxconn: flags.maxconn,
    },
    frontends: [
      {
        ...DEFAULT_FRONTEND,
        name: FRONTEND_NAME,
        id: 2,
        binds: flags.binds.map(({ address, origin }, i) => ({ ...defaultBind(address, flags.backlog, origin), id: i + 1 })),
        defaultBackend: 0,
        clientTimeoutMs: timeouts.clientMs,
        clientFinTimeoutMs: timeouts.clientFinMs,
      },
    ],
    backends: [
      {
        ...DEFAULT_BACKEND,
        name: BACKEND_NAME,
        id: 3,
        balance: { ...DEFAULT_BACKEND.balance, algorithm: flags.balance },
        servers: flags.servers.map(({ name, address, weight }, i) => defaultServer(name, i + 1, address, weight)),
        retries: flags.retries,
        redispatch: flags.redispatch ? REDISPATCH_LAST : REDISPATCH_NEVER,
        connectTimeoutMs: timeouts.connectMs,
        serverTimeoutMs: timeouts.serverMs,
        serverFinTimeoutMs: timeouts.serverFinMs,
        tunnelTimeoutMs: timeouts.tunnelMs,
        queueTimeoutMs: timeouts.connectMs,
      },
    ],
    proxyIds: [2, 3],
    acls: [],
    patternLists: [],
    tables: [],
  };
}
