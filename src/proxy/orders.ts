/** What the master and a worker say to each other. Everything here is structured-cloneable. */
import type { MessagePort } from 'node:worker_threads';
import type { SharedState } from '../shared/state.js';
import type { ShutdownCause } from './session.js';

/** The first message to a worker's thread, by `parentPort`, after its 'loaded': until then it only has its code. */
export interface WorkerStart {
  /** 0..workers-1; a replacement takes over the number of the dead worker. */
  readonly index: number;
  /** The Plan, as `writeShared` wrote it. */
  readonly plan: SharedArrayBuffer;
  readonly shared: SharedState;
  /** A listening descriptor of this worker for each bind: frontends in order, their binds in order. */
  readonly listeners: readonly number[];
  /** Frontends that accept no connections at first: see the order 'pause'. */
  readonly paused: readonly number[];
  /** What the kernel cuts every accept queue to (net.core.somaxconn). */
  readonly backlogMax: number;
  readonly ioEngine: 'uring' | 'epoll';
  /** The CPUs to run on; none: wherever the kernel likes. */
  readonly cpus: readonly number[];
  /** Orders arrive here; the worker's eventfd (in `shared`) says that there are some. */
  readonly orders: MessagePort;
}

/** Master to worker, by the `orders` port. */
export type Order =
  /** Take no new connections; say 'refusing' when that is so, and end when the last session has ended. */
  | { readonly kind: 'drain' }
  /** Of all frontends only these accept no connections, until the next such order; say 'paused' when that is so. */
  | { readonly kind: 'pause'; readonly frontends: readonly number[]; readonly serial: number }
  /** End the sessions that have a connection to a server, or are about to; the cause is in their lines. */
  | { readonly kind: 'shutdown-server'; readonly backend: number; readonly server: number; readonly cause: ShutdownCause }
  /** Close everything and end. */
  | { readonly kind: 'stop' };

/** Worker to master, by `parentPort`. */
export type Report =
  /** Its code is loaded, and it waits for its WorkerStart: the file system and the rights of root may go. */
  | { readonly kind: 'loaded' }
  /** The ring is open and connections are being accepted. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'log'; readonly severity: 'notice' | 'warning' | 'alert'; readonly text: string }
  /** Told to drain, it accepts no more: nothing uses the listening descriptors, which may now be closed. */
  | { readonly kind: 'refusing' }
  /** The order of that number is carried out: nothing is outstanding at the listening sockets of paused frontends. */
  | { readonly kind: 'paused'; readonly serial: number }
  /** Connections to an observed server have failed `error-limit` times in a row (`observe layer4`). */
  | { readonly kind: 'failing'; readonly backend: number; readonly server: number };
