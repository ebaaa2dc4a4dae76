/** What became of the process so far, for those who ask at its sockets (`show proc`), and the way to have its configuration read again. */
import type { ProcessControl } from '../admin/command.js';
import type { ReloadResult } from '../master/reloads.js';

/** The record of one process. */
export class ProcessRecord implements ProcessControl {
  reloads = 0;
  failedReloads = 0;
  lastReloadFailed = false;
  lastReloadAt = performance.now();
  private request: (() => Promise<ReloadResult>) | null = null;

  /** The start is over; this is how the configuration is read again. */
  ready(request: () => Promise<ReloadResult>): void {
    this.request = request;
    this.lastReloadAt = performance.now();
  }

  /** What came of a reload, whoever has asked for it. */
  count({ ok }: ReloadResult): void {
    this.reloads++;
    this.lastReloadFailed = !ok;
    if (ok) this.lastReloadAt = performance.now();
    else this.failedReloads++;
  }

  async reload(): Promise<ReloadResult> {
    return (await this.request?.()) ?? { ok: false, text: 'The process has not started yet.\n' };
  }
}
