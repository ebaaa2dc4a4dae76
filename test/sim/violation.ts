/** What the simulation throws when the data plane breaks one of its promises. */

/** A promise was broken; the message says which. Nothing in the data plane may catch it. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** Throws a Violation unless the condition holds. */
export function demand(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Violation(what);
}
