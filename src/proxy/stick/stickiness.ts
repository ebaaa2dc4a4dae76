/** How stick rules choose and remember servers, as whoever connects sessions sees it. */
import type { SampleContext } from '../samples/context.js';

/** The stick rules of one backend. */
export interface Stickiness {
  /** The server that an entry names, as its index, or NO_SERVER; the first rule `match` that finds one. */
  match(context: SampleContext): number;
  /** Evaluates the rules `store-request`, whose keys are remembered until a server is known. */
  prepare(context: SampleContext): void;
  /** Evaluates the rules `store-response`, and stores the server of the session under all remembered keys. */
  store(context: SampleContext): void;
}
