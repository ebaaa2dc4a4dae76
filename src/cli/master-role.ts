/**
 * What a process says in the role of HAProxy's master (`-W`, `-Ws`): in the journal, in the words that
 * people look for there, and to the service manager. There is one process, whose workers are threads:
 * no worker's pid is made up.
 */
import type { Log } from '../master/log.js';
import type { Systemd } from '../master/process/systemd.js';

/** The life of the process, as a master tells of it. */
export class MasterRole {
  private isStopping = false;

  /** @param systemd null: nobody is to be notified */
  constructor(
    private readonly log: Log,
    private readonly systemd: Systemd | null,
  ) {}

  /** Connections are accepted. */
  ready(): void {
    this.log.notice('Loading success.');
    this.systemd?.ready();
  }

  /** A reload has begun. */
  reloading(): void {
    this.log.notice('Reloading HAProxy');
    this.systemd?.reloading();
  }

  /** It is over. */
  reloaded(ok: boolean): void {
    if (ok) this.ready();
    else this.systemd?.reloadFailed();
  }

  /** The end has begun; said once. */
  stopping(): void {
    if (this.isStopping) return;
    this.isStopping = true;
    this.log.warning('Exiting Master process...');
    this.systemd?.stopping();
  }

  /** No session and no worker is left. */
  stopped(code: number): void {
    this.log.warning(`All workers exited. Exiting... (${code})`);
    this.systemd?.close();
  }
}
