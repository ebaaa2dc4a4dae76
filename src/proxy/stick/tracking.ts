/**
 * How sessions are counted in entries of stick tables (`track-sc0` and its like), as the rules that
 * do it see it.
 */
import type { Sample } from '../samples/sample.js';
import type { Session } from '../session.js';

/** Counters of a session, `sc0` to this many less one (`tune.stick-counters`). */
export const STICK_COUNTERS = 3;

/** The entries that one session tracks: a table and an entry of it for each counter, -1 where there is none. */
export interface TrackedEntries {
  readonly tables: Int32Array;
  readonly entries: Int32Array;
}

/** Counts sessions in the entries that they track. */
export interface Tracker {
  /**
   * Begins to count a session in the entry of a key; does nothing when the counter is in use already.
   * @param counter 0..STICK_COUNTERS-1
   * @param table index in `plan.tables`
   */
  track(session: Session, counter: number, table: number, key: Sample): void;
  /** `sc-inc-gpc`, `sc-add-gpc`: adds to an element of the entry's array `gpc`, where there is one. */
  addGeneralCounter(session: Session, counter: number, index: number, value: number): void;
  /** `sc-set-gpt`. */
  setGeneralTag(session: Session, counter: number, index: number, value: number): void;
  /** A session has passed the connection rules: it counts as one (`sess_cnt`, `sess_rate`). */
  sessionBegan(session: Session): void;
  /** The session is over: its bytes are counted, and its entries are let go. */
  sessionEnded(session: Session): void;
}
