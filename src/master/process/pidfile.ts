/** The file that holds the number of the process (`pidfile`), for those who send it signals. */
import { closeSync, lstatSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { errnoText } from '../../kernel/errno.js';
import { StartError } from '../start-error.js';

/**
 * Writes it, in place of one of an earlier process. As in HAProxy, it is not removed at the end.
 * Answers what was wrong when there is no room for the number, which is no reason not to serve; null
 * when all is well. Throws StartError when the file cannot be created.
 */
export function writePidfile(path: string): string | null {
  const fd = create(path);
  try {
    writeSync(fd, `${process.pid}\n`);
    return null;
  } catch (error) {
    return `Cannot write pidfile ${path}: ${reasonOf(error)}`;
  } finally {
    closeSync(fd);
  }
}

function create(path: string): number {
  removeLink(path);
  try {
    return openSync(path, 'w', 0o644);
  } catch (error) {
    throw new StartError(`[turbo-lb.main()] Cannot create pidfile ${path}: ${reasonOf(error)}`);
  }
}

/**
 * A link that somebody has laid there must not have the file behind it emptied; devices and files stay what they
 * are. In a folder that this process cannot write it is followed: whoever laid it may do more than this process.
 */
function removeLink(path: string): void {
  try {
    if (lstatSync(path).isSymbolicLink()) unlinkSync(path);
  } catch {
    // Whatever it was, opening the file tells.
  }
}

function reasonOf(error: unknown): string {
  const { errno } = error as NodeJS.ErrnoException;
  return errno === undefined ? String(error) : errnoText(errno);
}
