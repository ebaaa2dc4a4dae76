/** What a health check came to, in HAProxy's words (configuration manual, section on `check` log lines and statistics). */

/** The short names that statistics use. */
export type CheckStatus = 'L4OK' | 'L4TOUT' | 'L4CON' | 'SOCKERR' | 'HANA';

/** One result. */
export interface CheckResult {
  readonly status: CheckStatus;
  /** What the system said; '' when there is nothing to add. */
  readonly info: string;
  /** null: no check was carried out, connections of clients were observed. */
  readonly durationMs: number | null;
}

const DESCRIPTIONS: Readonly<Record<CheckStatus, string>> = {
  L4OK: 'Layer4 check passed',
  L4TOUT: 'Layer4 timeout',
  L4CON: 'Layer4 connection problem',
  SOCKERR: 'Socket error',
  HANA: 'Health analyze',
};

/** Whether the server passed. */
export function passed({ status }: CheckResult): boolean {
  return status === 'L4OK';
}

/** The result of observing connections of clients (`observe layer4`): so many have failed in a row. */
export function failedInARow(count: number): CheckResult {
  const info = `Detected ${count} consecutive errors, last one was: L4 unsuccessful connection`;
  return { status: 'HANA', info, durationMs: null };
}

/** `reason: Layer4 connection problem, info: "...", check duration: 1ms`, as log lines have it. */
export function describe({ status, info, durationMs }: CheckResult): string {
  const more = info === '' ? '' : `, info: "${info}"`;
  const duration = durationMs === null ? '' : `, check duration: ${Math.round(durationMs)}ms`;
  return `reason: ${DESCRIPTIONS[status]}${more}${duration}`;
}
