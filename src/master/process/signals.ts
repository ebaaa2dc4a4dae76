/**
 * Signals of the process (management manual, section 4), HAProxy's meaning for each: it only finds out
 * that one has come, and whom to call. Node ignores SIGPIPE by itself.
 */

/** What signals ask for. */
export interface SignalHooks {
  /** SIGTERM, SIGINT: end now. */
  stop(signal: NodeJS.Signals): void;
  /** SIGUSR1, the first one: end with the last session. */
  softStop(): void;
  /** SIGTTOU, SIGTTIN: accept nothing for a while, and again. */
  pause(): void;
  resume(): void;
  /** SIGUSR2: read the configuration again. */
  reload(): void;
  /** SIGHUP: the same, and, without a master, tell the logs how servers are. */
  hangUp(): void;
  /** SIGQUIT: tell the terminal how memory is used. */
  dumpPools(): void;
}

/** Node ends the process on these unless they are handled. */
const ENDING = ['SIGTERM', 'SIGINT'] as const;

/** Handlers of all of them, from the construction until `remove`. */
export class SignalHandlers {
  private readonly handlers = new Map<NodeJS.Signals, () => void>();
  private stopping = false;

  constructor(hooks: SignalHooks) {
    for (const signal of ENDING) this.on(signal, () => hooks.stop(signal));
    this.on('SIGUSR1', () => {
      if (this.stopping) return;
      this.stopping = true;
      hooks.softStop();
    });
    this.on('SIGTTOU', () => hooks.pause());
    this.on('SIGTTIN', () => hooks.resume());
    this.on('SIGUSR2', () => hooks.reload());
    this.on('SIGHUP', () => hooks.hangUp());
    this.on('SIGQUIT', () => hooks.dumpPools());
  }

  /** Leaves them to Node and the system again. */
  remove(): void {
    for (const [signal, handler] of this.handlers) process.off(signal, handler);
    this.handlers.clear();
  }

  /** Ends the process as if nobody had handled the signal. */
  endBy(signal: NodeJS.Signals): Promise<never> {
    this.remove();
    return endBy(signal);
  }

  private on(signal: NodeJS.Signals, handler: () => void): void {
    process.on(signal, handler);
    this.handlers.set(signal, handler);
  }
}

/** Ends the process as if nobody had handled the signal. */
export function endBy(signal: NodeJS.Signals): Promise<never> {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  return new Promise(() => undefined);
}

/**
 * From here on nobody ends the process before there are `SignalHandlers`, which hear of it then: it is about to make
 * files that somebody has to remove.
 */
export function holdEnds(): void {
  for (const signal of ENDING) process.on(signal, () => undefined);
}
