/**
 * What other workers, and this one, have granted to the sessions of this worker that wait in queues
 * (`shared/queues.ts`): takes it out of the worker's inbox and tells whoever queued the session,
 * whichever plan that was by.
 */
import { NO_ENTRY, type QueueEntries } from '../shared/queue-entries.js';
import type { Session } from './session.js';

/** Who queued a session. */
export interface GrantTaker {
  /** A connection was granted to the session, or it is to choose again. */
  onGrant(session: Session, entry: number): void;
}

/** The inbox of one worker. */
export class Grants {
  /** @param sessions of this worker, by their numbers */
  constructor(
    private readonly entries: Pick<QueueEntries, 'takeInbox' | 'nextOf' | 'sessionOf'>,
    private readonly sessions: { session(index: number): Session },
  ) {}

  /** Goes on with all sessions to which something was granted. Call it at the end of each turn. */
  take(): void {
    const { entries } = this;
    for (;;) {
      let entry = entries.takeInbox();
      if (entry === NO_ENTRY) return;
      while (entry !== NO_ENTRY) {
        const next = entries.nextOf(entry);
        const session = this.sessions.session(entries.sessionOf(entry));
        (session.waitsFor as GrantTaker).onGrant(session, entry);
        entry = next;
      }
    }
  }
}
