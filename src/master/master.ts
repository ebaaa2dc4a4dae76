/**
 * The process around a balancer: signals, what is said at start, and the exit code. SIGTERM and
 * SIGINT stop at once and end the process by that signal, as HAProxy does; SIGUSR1 stops accepting
 * and ends with exit code 0 when the last session has (management manual, section 4).
 */
import { EventEmitter, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { formatAddress } from '../kernel/address.js';
import { allowCore, exitAtOnce } from '../kernel/process.js';
import type { Plan } from '../plan/plan.js';
import { LoadBalancer } from './balancer.js';
import type { MakeRoom } from './listeners/first-listeners.js';
import type { HandedListeners } from './listeners/handed-listeners.js';
import type { Log } from './log.js';
import { writePidfile } from './process/pidfile.js';
import { changesIdentity, changesUser, checkRoot, giveUpPrivileges, type Identity, identityOf } from './process/privileges.js';
import { SignalHandlers } from './process/signals.js';

/** What the process around a balancer needs beside its plan. */
export interface MasterOptions {
  readonly log: Log;
  /** Says nothing when all is well, as HAProxy. */
  readonly quiet?: boolean;
  /** Listening sockets of a former process. */
  readonly handed?: HandedListeners | null;
  /** Asks the processes before this one to stop listening for a while. */
  readonly makeRoom?: MakeRoom;
  /** Called when the listening sockets are open, as the last thing before root and its rights are given up. */
  readonly onBound?: (identity: Identity) => void;
  /** Called when connections are accepted. */
  readonly onReady?: (balancer: LoadBalancer) => void;
  /** Called when an end of the process has begun: softly or not, by a signal or because workers keep dying. */
  readonly onStopping?: () => void;
  /**
   * It behaves as a master of HAProxy: SIGTERM and SIGINT end it with exit code 0 rather than by the signal, a chroot
   * is for the workers alone, and the main thread keeps the rights that a reload needs.
   */
  readonly masterWorker?: boolean;
  /** Called on SIGQUIT, to tell how memory is used. */
  readonly onDumpPools?: (balancer: LoadBalancer) => void;
  /** Called on SIGUSR2, and on SIGHUP: reads the configuration again; does not reject. Without it, there is none. */
  readonly onReload?: (balancer: LoadBalancer) => Promise<unknown>;
  /** Called when no new connections are accepted any more, while those there are go on. */
  readonly onDraining?: () => void;
  /** Called when the balancer has ended, before the process does, perhaps by a signal. */
  readonly onStopped?: (code: number) => void;
  /** The module that a worker runs; for tests of dying workers. */
  readonly workerUrl?: URL;
  /** A worker that makes no round of its loop for this long is ended (ms); for tests. */
  readonly stuckAfterMs?: number | undefined;
}

/** Why the process ends: with a code, or by a signal. */
type End = number | NodeJS.Signals;

/**
 * Runs a balancer until a signal or a failure ends it. Resolves with the exit code; after SIGTERM
 * and SIGINT never, since the process ends by the signal. Throws StartError when it cannot start.
 */
export async function runMaster(plan: Plan, options: MasterOptions): Promise<number> {
  const { log, masterWorker = false } = options;
  const { life } = plan.process;
  const identity = identityOf(life); // before a chroot hides the names
  const end = new Ending();
  const stop = (reason: End): void => {
    options.onStopping?.();
    end.reach(reason);
  };
  const balancer = new LoadBalancer(plan, {
    log,
    ...(options.workerUrl && { workerUrl: options.workerUrl }),
    stuckAfterMs: options.stuckAfterMs,
    ...(options.handed && { handed: options.handed }),
    ...(options.makeRoom && { makeRoom: options.makeRoom }),
    ...(masterWorker && { confinement: { root: life.chroot, dropsRights: changesUser(identity) } }),
    loadsLater: life.chroot !== null && !masterWorker ? 'no' : changesIdentity(identity) ? 'perhaps' : 'yes',
    onOpen: () => {
      checkRoot(life.chroot);
      const problem = life.pidfile === null ? null : writePidfile(life.pidfile);
      if (problem !== null) log.warning(problem);
    },
    onBound: () => {
      options.onBound?.(identity);
      const kept = giveUpPrivileges(life.chroot, identity, masterWorker);
      if (kept !== null) log.warning(kept);
      if (life.dumpable && allowCore() < 0) log.warning("'set-dumpable' could not be obeyed: no core will be left.");
    },
    onHopeless: () => stop(1),
  });
  const onDefect = (error: unknown): void => dieOf(error, log, balancer);
  process.on('uncaughtException', onDefect);
  const started = balancer.start();
  // A start that fails is reported by who awaits it.
  const whenStarted = async (action: () => unknown): Promise<void> => {
    const isUp = await started.then(
      () => end.isOpen,
      () => false,
    );
    if (isUp) await action();
  };
  const signals = new SignalHandlers({
    stop,
    softStop: () => {
      options.onStopping?.();
      void started
        .then(() => delay(life.graceMs))
        .then(() => options.onDraining?.())
        .then(() => drained(balancer, life.hardStopAfterMs))
        .then(
          () => end.reach(0),
          (error) => end.fail(error),
        );
    },
    pause: () => void whenStarted(() => balancer.pause()),
    resume: () => void whenStarted(() => balancer.resume()),
    reload: () => void whenStarted(() => options.onReload?.(balancer)),
    // HAProxy's master reloads on SIGHUP, a process without one tells how servers are.
    hangUp: () =>
      void whenStarted(() => {
        if (!masterWorker) balancer.dumpStates();
        return options.onReload?.(balancer);
      }),
    dumpPools: () => void whenStarted(() => options.onDumpPools?.(balancer)),
  });
  try {
    await Promise.race([started, end.reached]);
    if (end.isOpen) {
      if (options.quiet !== true) announce(balancer, plan, log);
      log.endStartup();
      options.onReady?.(balancer);
    }
    const reason = await end.reached;
    const ended = await balancer.stop();
    const code = typeof reason === 'number' ? reason : 0;
    options.onStopped?.(code);
    if (typeof reason !== 'number' && !masterWorker) return await signals.endBy(reason);
    return ended ? code : exitAtOnce(code);
  } catch (error) {
    await balancer.stop();
    throw error;
  } finally {
    signals.remove();
    process.off('uncaughtException', onDefect);
  }
}

/**
 * Ends the process after a defect of the main thread, as HAProxy ends of one. Node would wait for the workers, which
 * do not end by themselves: they would serve on, with nobody who checks servers, or obeys a signal.
 */
function dieOf(error: unknown, log: Log, balancer: LoadBalancer): void {
  const text = `the main thread died, the process ends: ${error instanceof Error ? error.stack : String(error)}`;
  try {
    log.alert(text);
    balancer.tellLogs([{ level: 'alert', text }]);
  } finally {
    exitAtOnce(1);
  }
}

/** How long sessions that a hard stop closes may take for that, their lines in the logs included, before they are cut; in milliseconds. */
const HARD_STOP_PATIENCE_MS = 1000;

/** Resolves when the last session has ended; those that go on for longer than `hard-stop-after` are closed. 0: any time. */
async function drained(balancer: LoadBalancer, hardStopAfterMs: number): Promise<void> {
  const draining = balancer.drain();
  if (hardStopAfterMs === 0 || (await isOverWithin(draining, hardStopAfterMs))) return draining;
  balancer.hardStop();
  await isOverWithin(draining, HARD_STOP_PATIENCE_MS);
}

/** Whether something ends in so many milliseconds, or fails, which it rejects with. */
async function isOverWithin(what: Promise<void>, ms: number): Promise<boolean> {
  const impatience = new AbortController();
  const late = delay(ms, false, { signal: impatience.signal }).catch(() => false);
  try {
    return await Promise.race([what.then(() => true), late]);
  } finally {
    impatience.abort();
  }
}

/** The one end that a process comes to; the first to reach it decides. */
class Ending {
  isOpen = true;
  private readonly reaching = new EventEmitter();
  readonly reached: Promise<End> = once(this.reaching, 'end').then(([end]) => end as End);

  /** Makes `reached` reject. */
  fail(error: unknown): void {
    this.isOpen = false;
    this.reaching.emit('error', error);
  }

  reach(end: End): void {
    this.isOpen = false;
    this.reaching.emit('end', end);
  }
}

/** What a person sees when it runs. */
function announce(balancer: LoadBalancer, plan: Plan, log: Log): void {
  const { workerCount, engine, maxconn, addresses } = balancer;
  const servers = plan.backends.reduce((sum, backend) => sum + backend.servers.length, 0);
  const listening = addresses.map(formatAddress).join(', ');
  const count = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;
  log.notice(
    `listening on ${listening}: ${count(servers, 'server')}, ${count(workerCount, 'worker')} on ${engine.name}, maxconn ${maxconn}`,
  );
}
