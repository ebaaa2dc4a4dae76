/** Lines about checks and servers that HAProxy 2.6 and we write alike, made comparable. */

/** Classes of durations: two runs of one check differ by far less (ms). */
const DURATION_CLASS_MS = 300;

/** Durations by class, and errors of the system without their names, which newer versions of HAProxy put before the words. */
export function comparableCheck(line: string): string {
  return line
    .replace(/[A-Z]+ returned by OS \(([^)]*)\)/, '$1')
    .replace(/check duration: (\d+)ms/, (_, ms: string) => `check duration: class ${Math.round(Number(ms) / DURATION_CLASS_MS)}`)
    .trimEnd();
}
