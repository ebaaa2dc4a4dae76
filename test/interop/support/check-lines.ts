/** Lines about checks and servers that HAProxy 2.6 and we write alike, made comparable. */

/** Without durations, and without the names of system errors, which newer versions of HAProxy put before the words. */
export function comparableCheck(line: string): string {
  return line
    .replace(/[A-Z]+ returned by OS \(([^)]*)\)/, '$1')
    .replace(/(SSL handshake failure) \([^)]*\)/, '$1')
    .replace(/check duration: \d+ms/, 'check duration: some ms')
    .trimEnd();
}
