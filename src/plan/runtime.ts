/** The runtime API: its sockets and limits (`stats` in section `global`). */
import type { SeverityOutput } from '../config/config.js';
import type { BindPlan } from './plan.js';

/** Where the runtime API is reached, and how. */
export interface RuntimePlan {
  readonly sockets: readonly RuntimeSocketPlan[];
  /** Milliseconds of silence that end a connection (`stats timeout`). */
  readonly timeoutMs: number;
  /** Connections at a time, over all sockets; more wait to be accepted (`stats maxconn`). */
  readonly maxconn: number;
}

/** One socket of the runtime API. */
export interface RuntimeSocketPlan {
  readonly bind: BindPlan;
  /** What may be done there; each includes the ones before. */
  readonly level: 'user' | 'operator' | 'admin';
  /** Another process may take the listening sockets over from here (`expose-fd listeners`). */
  readonly exposeFdListeners: boolean;
  readonly severityOutput: SeverityOutput;
  /** It is the master's (`-S`). */
  readonly isMaster?: true;
}

/** No runtime API; limits as HAProxy's defaults. */
export const NO_RUNTIME: RuntimePlan = { sockets: [], timeoutMs: 10_000, maxconn: 10 };
