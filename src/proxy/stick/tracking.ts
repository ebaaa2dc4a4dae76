/**
 * How sessions are counted in entries of stick tables (`track-sc0` and its like), as the rules that
 * do it see it.
 */
import type { Sample } from '../samples/sample.js';
import type { Session } from '../session.js';

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
  /** A session has passed the connection and session rules: it counts as one (`sess_cnt`, `sess_rate`). */
  sessionBegan(session: Session): void;
  /** Nothing is relayed any more: the session's bytes are counted. Before its line is logged, which shows them. */
  trafficEnded(session: Session): void;
  /** The session is over: its entries are let go. */
  sessionEnded(session: Session): void;
}
