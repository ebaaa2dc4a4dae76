/**
 * Requests to reload, from signals and sockets: one is carried out at a time, and those that come
 * meanwhile are one more, since that reads what the files say then. Everybody gets the result of what
 * was done after the request came.
 */

/** What came of a reload. */
export interface ReloadResult {
  readonly ok: boolean;
  /** What was said while it went on: lines, each with its end. */
  readonly text: string;
}

/** The reloads of one process. */
export class Reloads {
  private current: Promise<ReloadResult> | null = null;
  private next: Promise<ReloadResult> | null = null;

  /** @param reload carries one out; it does not reject */
  constructor(private readonly reload: () => Promise<ReloadResult>) {}

  /** Reloads, or shares the reload that waits. */
  request(): Promise<ReloadResult> {
    if (this.next !== null) return this.next;
    if (this.current === null) return this.begin();
    this.next = this.current.then(() => this.begin());
    return this.next;
  }

  private begin(): Promise<ReloadResult> {
    this.next = null;
    const running = this.reload();
    this.current = running;
    return running.finally(() => {
      if (this.current === running) this.current = null;
    });
  }
}
