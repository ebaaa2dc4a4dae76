/** Times as HAProxy's answers show them. */

const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86_400;

/** Whole seconds, with the two greatest units: `5s`, `1m5s`, `2h3m`, `4d1h`. */
export function humanTime(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds >= DAY_S) return `${Math.floor(seconds / DAY_S)}d${Math.floor((seconds % DAY_S) / HOUR_S)}h`;
  if (seconds >= HOUR_S) return `${Math.floor(seconds / HOUR_S)}h${Math.floor((seconds % HOUR_S) / MINUTE_S)}m`;
  if (seconds >= MINUTE_S) return `${Math.floor(seconds / MINUTE_S)}m${seconds % MINUTE_S}s`;
  return `${seconds}s`;
}

/** The same of a time that may never come: ''. */
export function humanTimeOr(ms: number | null): string {
  return ms === null ? '' : humanTime(ms);
}
