/** How stick rules choose and remember servers, as whoever connects sessions sees it. */
import type { SampleContext } from '../samples/context.js';

/** A key of a stick table, a character for each byte, kept until the session's server is known. */
export interface StickKeyNote {
  /** Index in `plan.tables`. */
  readonly table: number;
  readonly key: string;
}

/** The stick rules of one backend. */
export interface Stickiness {
  /**
   * Evaluates the rules `match` and `store-request` in their order: answers the server that an entry
   * names and that may be given the session, as its index, or NO_SERVER, and notes the keys to be stored
   * on the session.
   */
  match(context: SampleContext, serves: (server: number) => boolean): number;
  /** Evaluates the rules `store-response`, and stores the server of the session under all noted keys. */
  store(context: SampleContext): void;
}
