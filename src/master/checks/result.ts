/** What a check came to, in HAProxy's words (management manual, section 9.1, `check_status`). */

/** The short names that statistics use. `CHECKED` is what a check ends with that finds neither good nor bad. */
export type CheckStatus =
  | 'UNK'
  | 'INI'
  | 'CHECKED'
  | 'HANA'
  | 'SOCKERR'
  | 'L4OK'
  | 'L4TOUT'
  | 'L4CON'
  | 'L6OK'
  | 'L6TOUT'
  | 'L6RSP'
  | 'L7TOUT'
  | 'L7RSP'
  | 'L7OK'
  | 'L7OKC'
  | 'L7STS';

/** One result. */
export interface CheckResult {
  readonly status: CheckStatus;
  /** What the server answered with where its protocol has such a number; 0 where not. Told with L7OK, L7OKC, L7STS. */
  readonly code?: number;
  /** What the system or the server said, a character for each byte; '' when there is nothing to add. */
  readonly info: string;
  /** null: no check was carried out, connections of clients were observed. */
  readonly durationMs: number | null;
}

/** What a result means for the server: nothing, bad, good, or good for those only that insist on it. */
export type Verdict = 'neutral' | 'failed' | 'passed' | 'stopping';

const STATUSES: Readonly<Record<CheckStatus, readonly [verdict: Verdict, description: string]>> = {
  UNK: ['neutral', 'Unknown'],
  INI: ['neutral', 'Initializing'],
  CHECKED: ['neutral', 'No status change'],
  HANA: ['failed', 'Health analyze'],
  SOCKERR: ['failed', 'Socket error'],
  L4OK: ['passed', 'Layer4 check passed'],
  L4TOUT: ['failed', 'Layer4 timeout'],
  L4CON: ['failed', 'Layer4 connection problem'],
  L6OK: ['passed', 'Layer6 check passed'],
  L6TOUT: ['failed', 'Layer6 timeout'],
  L6RSP: ['failed', 'Layer6 invalid response'],
  L7TOUT: ['failed', 'Layer7 timeout'],
  L7RSP: ['failed', 'Layer7 invalid response'],
  L7OK: ['passed', 'Layer7 check passed'],
  L7OKC: ['stopping', 'Layer7 check conditionally passed'],
  L7STS: ['failed', 'Layer7 wrong status'],
};

/** What it means. */
export function verdictOf({ status }: Pick<CheckResult, 'status'>): Verdict {
  return STATUSES[status][0];
}

/** `Layer4 check passed`, column `check_desc` of statistics. */
export function descriptionOf(status: CheckStatus): string {
  return STATUSES[status][1];
}

/** Whether a status comes with a code, column `check_code`. */
export function hasCode(status: CheckStatus): boolean {
  return status === 'L7OK' || status === 'L7OKC' || status === 'L7STS';
}

/** The result of observing connections of clients (`observe layer4`): so many have failed in a row. */
export function failedInARow(count: number): CheckResult {
  const info = `Detected ${count} consecutive errors, last one was: L4 unsuccessful connection`;
  return { status: 'HANA', info, durationMs: null };
}

/** `reason: Layer4 connection problem, info: "...", check duration: 1ms`, as log lines have it. */
export function describe({ status, code = 0, info, durationMs }: CheckResult): string {
  const number = hasCode(status) ? `, code: ${code}` : '';
  const more = info === '' ? '' : `, info: "${printable(info)}"`;
  const duration = durationMs === null ? '' : `, check duration: ${Math.round(durationMs)}ms`;
  return `reason: ${descriptionOf(status)}${number}${more}${duration}`;
}

/** What could end the quotes or the line, or means something to a terminal, as HAProxy shows it: `<0A>`. */
function printable(bytes: string): string {
  return bytes.replace(/[^\x20-\x7e]|["<>]/g, (char) => `<${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}>`);
}
