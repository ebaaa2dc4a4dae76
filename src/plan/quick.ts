/**
 * The Plan of the command line's flags: one frontend, one backend. It takes values that were
 * checked before, so that it cannot fail; `cli/` reads them from text.
 */
import type { SocketAddress } from '../kernel/address.js';
import { type BalanceAlgorithm, DEFAULTS, type IoEngineChoice, type Plan, type ServerPlan } from './plan.js';

/** What the flags say, checked, with addresses looked up. */
export interface QuickFlags {
  /** Where to listen, and how the person wrote it, as `--bind :80`. */
  readonly binds: readonly { readonly address: SocketAddress; readonly origin: string }[];
  readonly servers: readonly ServerPlan[];
  readonly balance: BalanceAlgorithm;
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
    process: { workers: flags.workers, pin: flags.pin, ioEngine: flags.ioEngine, maxconn: flags.maxconn, tune: DEFAULTS.tune },
    frontends: [
      {
        name: FRONTEND_NAME,
        mode: 'tcp',
        binds: flags.binds.map(({ address, origin }) => ({ address, backlog: flags.backlog, origin })),
        defaultBackend: 0,
        clientTimeoutMs: timeouts.clientMs,
        clientFinTimeoutMs: timeouts.clientFinMs,
      },
    ],
    backends: [
      {
        name: BACKEND_NAME,
        mode: 'tcp',
        balance: flags.balance,
        servers: flags.servers,
        retries: flags.retries,
        redispatch: flags.redispatch ? REDISPATCH_LAST : REDISPATCH_NEVER,
        connectTimeoutMs: timeouts.connectMs,
        serverTimeoutMs: timeouts.serverMs,
        serverFinTimeoutMs: timeouts.serverFinMs,
        tunnelTimeoutMs: timeouts.tunnelMs,
      },
    ],
  };
}
