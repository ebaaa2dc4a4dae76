/** What the master and a worker say to each other. Everything here is structured-cloneable. */
import type { MessagePort } from 'node:worker_threads';
import type { SharedState } from '../shared/state.js';
import type { Audience } from './lane.js';
import type { Question, WorkerAnswer } from './questions.js';
import type { PatternEntry } from './samples/match/live.js';
import type { ShutdownCause } from './session.js';

/** A plan to work by. */
export interface Work {
  /** Its number among all plans of the process, from 1. */
  readonly generation: number;
  /** The Plan, as `writeShared` wrote it. */
  readonly plan: SharedArrayBuffer;
  readonly shared: SharedState;
  /**
   * A listening descriptor of this worker for each bind: frontends in order, their binds in order. One
   * that the plan before had, too, goes on listening.
   */
  readonly listeners: readonly number[];
  /** Frontends that accept no connections at first: see the order 'pause'. */
  readonly paused: readonly number[];
}

/** The first message to a worker's thread, by `parentPort`, after its 'loaded': until then it only has its code. */
export interface WorkerStart {
  /** 0..workers-1; a replacement takes over the number of the dead worker. */
  readonly index: number;
  readonly work: Work;
  /** Listening sockets that a plan may have. */
  readonly listenersMax: number;
  /** What the kernel cuts every accept queue to (net.core.somaxconn). */
  readonly backlogMax: number;
  readonly ioEngine: 'uring' | 'epoll';
  /** The CPUs to run on; none: wherever the kernel likes. */
  readonly cpus: readonly number[];
  /** Orders arrive here; the worker's eventfd (in `shared`) says that there are some. */
  readonly orders: MessagePort;
}

/** How a worker is confined where the main thread is not, once its code is loaded. */
export interface Confinement {
  /** The folder that becomes its root; null: that of the main thread. */
  readonly root: string | null;
  /** It gives up its capabilities: those that the main thread has kept, with which a thread begins. */
  readonly dropsRights: boolean;
}

/** The `workerData` of its thread: with the version of the main thread. */
export interface ThreadData extends Confinement {
  readonly version: string;
}

/** Workers see and may do what the main thread does. */
export const UNCONFINED: Confinement = { root: null, dropsRights: false };

/** Master to worker, by the `orders` port. */
export type Order =
  /** Make everything ready for this plan; say 'prepared' or 'unfit'. */
  | { readonly kind: 'prepare'; readonly work: Work }
  /** Entries behind those of a list of the plan that was prepared; say 'filled', or 'unfit'. */
  | { readonly kind: 'fill'; readonly generation: number; readonly list: number; readonly entries: readonly PatternEntry[] }
  /** Begin to work by the plan that was prepared; say 'applied'. Listening sockets that are `ending` stop listening. */
  | { readonly kind: 'apply'; readonly generation: number; readonly ending: readonly number[] }
  /** Forget the plan that was prepared. */
  | { readonly kind: 'discard'; readonly generation: number }
  /** Close the sessions that began by this plan, or an older one. */
  | { readonly kind: 'end'; readonly generation: number }
  /**
   * Take no new connections; say 'refusing' when that is so, and end when the last session has ended. Listening sockets
   * that are `ending` stop listening.
   */
  | { readonly kind: 'drain'; readonly ending: readonly number[] }
  /** Of all frontends only these accept no connections, until the next such order; say 'paused' when that is so. */
  | { readonly kind: 'pause'; readonly frontends: readonly number[]; readonly serial: number }
  /** End the sessions that have a connection to a server of these names, or are about to; the cause is in their lines. */
  | { readonly kind: 'shutdown-server'; readonly backend: string; readonly server: string; readonly cause: ShutdownCause }
  /** Answer by a report of the same number. */
  | { readonly kind: 'ask'; readonly number: number; readonly question: Question }
  /** Close everything and end. */
  | { readonly kind: 'stop' };

/** Worker to master, by `parentPort`. */
export type Report =
  /** Its code is loaded, and it waits for its WorkerStart: the file system and the rights of root may go. */
  | { readonly kind: 'loaded' }
  /** It cannot be confined as it has to be, or is of another version, and does not work. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The ring is open and connections are being accepted. */
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'log';
      readonly severity: 'notice' | 'warning' | 'alert';
      readonly text: string;
      readonly audience: Audience;
    }
  | { readonly kind: 'prepared'; readonly generation: number }
  /** An order to fill is carried out; each says so. */
  | { readonly kind: 'filled'; readonly generation: number }
  /** The plan cannot be carried out; nothing has changed. */
  | { readonly kind: 'unfit'; readonly generation: number; readonly reason: string }
  /** New sessions begin by this plan, and nothing uses the listening descriptors that it does not have. */
  | { readonly kind: 'applied'; readonly generation: number }
  /** No session of this plan is left, and it is not the newest: its tables are not used any more. */
  | { readonly kind: 'dropped'; readonly generation: number }
  /** Told to drain, it accepts no more: nothing uses the listening descriptors, which may now be closed. */
  | { readonly kind: 'refusing' }
  /** The order of that number is carried out: nothing is outstanding at the listening sockets of paused frontends. */
  | { readonly kind: 'paused'; readonly serial: number }
  /** To the question of that number; null: it cannot be answered, which has been said. */
  | { readonly kind: 'answer'; readonly number: number; readonly answer: WorkerAnswer | null }
  /** Connections to an observed server have failed `error-limit` times in a row (`observe layer4`). */
  | { readonly kind: 'failing'; readonly generation: number; readonly backend: number; readonly server: number };
