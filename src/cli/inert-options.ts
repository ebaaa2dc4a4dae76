/**
 * Options of HAProxy that change nothing here, and why: they are accepted, since scripts have them, and
 * with `-V` the reason is said.
 */

/** What an option looks like, and why it has no effect. */
const INERT: readonly (readonly [form: RegExp, reason: string])[] = [
  [/^-dM/, 'memory is laid out at the start, and not filled with patterns'],
  [/^-dA/, 'there are no libraries to pack up; -dL lists what is loaded'],
  [/^-dt/, 'there are no traces'],
  [/^-dc/, "turbo-lb doctor shows the CPUs, 'cpu-map' chooses among them"],
  [/^-dT$/, 'there are no threads to be switched off so; use --workers 1'],
  [/^-dF$/, 'data is always forwarded as fast as it comes'],
  [/^-dZ$/, 'splice(2) is what there is of zero copies; -dS switches it off'],
  [/^-dI$/, 'programs are never started'],
  [/^-dG$/, "names are looked up by the system's resolver in any case"],
  [/^-d(e|p|k)$/, 'the engine is chosen by --io-engine or tune.io-engine'],
  [/^-dV$/, 'TLS is passed through, and certificates are verified by who ends it'],
];

/** Why an option has no effect; null: it is none of these. */
export function whyInert(word: string): string | null {
  return INERT.find(([form]) => form.test(word))?.[1] ?? null;
}
