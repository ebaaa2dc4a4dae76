/**
 * The processes that this one replaces (`-sf`, `-st`; management manual, section 4): asked to stop
 * listening when they have an address that is wanted, to listen again when nothing comes of it, and
 * to end once this one is ready.
 */
import type { MakeRoom } from '../master/listeners/first-listeners.js';
import { heldByOthers } from '../master/listeners/occupants.js';
import type { Log } from '../master/log.js';
import type { ShortOptions } from './short-options.js';

/** All of them. */
export class Others {
  private asked = false;
  private ended = false;

  constructor(
    private readonly options: Pick<ShortOptions, 'finish' | 'terminate'>,
    private readonly log: Log,
  ) {}

  /** Runs what needs their addresses, with the way to ask for them, if there is anybody to ask; when it fails they go on. */
  async during<T>(run: (makeRoom: MakeRoom | undefined) => Promise<T>): Promise<T> {
    const { all } = this;
    const makeRoom: MakeRoom = (taken) => {
      const hopeless = heldByOthers(taken, all);
      if (hopeless.length > 0) return hopeless;
      this.asked = true;
      this.tell('SIGTTOU');
      return [];
    };
    try {
      return await run(all.length > 0 ? makeRoom : undefined);
    } finally {
      this.goOn();
    }
  }

  /** Nothing has come of the start, and its sockets are closed: those that made room listen again. */
  goOn(): void {
    if (!this.asked || this.ended) return;
    this.asked = false;
    this.tell('SIGTTIN');
  }

  /** They may end, softly or at once; said once. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    for (const pid of this.options.finish) this.signal(pid, 'SIGUSR1');
    for (const pid of this.options.terminate) this.signal(pid, 'SIGTERM');
  }

  private get all(): number[] {
    return [...this.options.finish, ...this.options.terminate];
  }

  private tell(signal: NodeJS.Signals): void {
    for (const pid of this.all) this.signal(pid, signal);
  }

  private signal(pid: number, signal: NodeJS.Signals): void {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return; // a pidfile that was left behind
      this.log.warning(`cannot send ${signal} to process ${pid}: ${(error as NodeJS.ErrnoException).code}`);
    }
  }
}
