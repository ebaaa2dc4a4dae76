/** What became of the process so far, for those who ask at its sockets (`show proc`), and the way to have its configuration read again. */
import type { ProcessControl } from '../admin/command.js';
import { STARTUP_TEXT_MAX } from '../master/log.js';
import type { ReloadResult } from '../master/process/reloads.js';

/** The record of one process. */
export class ProcessRecord implements ProcessControl {
  reloads = 0;
  failedReloads = 0;
  lastReloadFailed = false;
  lastReloadAt = performance.now();
  lastLoadText: string | null = null;
  lastAttemptText: string | null = null;
  private request: (() => Promise<ReloadResult>) | null = null;

  /** The start is over; this is how the configuration is read again. */
  ready(request: () => Promise<ReloadResult>): void {
    this.request = request;
    this.lastReloadAt = performance.now();
  }

  /** What came of a reload, whoever has asked for it. */
  count({ ok, text }: ReloadResult): void {
    this.reloads++;
    this.lastReloadFailed = !ok;
    this.lastAttemptText = text.slice(0, STARTUP_TEXT_MAX);
    if (!ok) {
      this.failedReloads++;
      return;
    }
    this.lastReloadAt = performance.now();
    this.lastLoadText = this.lastAttemptText;
  }

  async reload(): Promise<ReloadResult> {
    return (await this.request?.()) ?? { ok: false, text: 'The process has not started yet.\n' };
  }
}
