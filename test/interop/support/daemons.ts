/** Processes that run in the background, seen from outside. */
import { readFileSync } from 'node:fs';

/** The fields of /proc/PID/status, by their names. */
export function statusOf(pid: number): Record<string, string> {
  const lines = readFileSync(`/proc/${pid}/status`, 'utf8').split('\n');
  return Object.fromEntries(lines.map((line) => line.split(/:\s*/, 2)));
}
