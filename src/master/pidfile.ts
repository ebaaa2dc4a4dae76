/** The file that holds the number of the process (`pidfile`), for those who send it signals. */
import { writeFileSync } from 'node:fs';
import { StartError } from './start-error.js';

/** Writes it, in place of one of an earlier process. Throws StartError when that is not possible. */
export function writePidfile(path: string): void {
  try {
    writeFileSync(path, `${process.pid}\n`, { mode: 0o644 });
  } catch (error) {
    throw new StartError(`Cannot create pidfile ${path}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
  }
}
