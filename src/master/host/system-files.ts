/**
 * Small text files of /proc and /sys, read below an injectable root, so that tests can lay out a
 * system of their own. What this system does not have is undefined, not an error.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CAP_SYS_ADMIN, CAP_SYS_RESOURCE } from '../../kernel/sys/constants.js';

/** The file is not there, its controller is not, or it is hidden from this process. */
const ABSENT = ['ENOENT', 'ENOTDIR', 'ENODEV', 'EACCES', 'EPERM'];

/**
 * The text of a file without the white space at its end; undefined where this system has none.
 * Throws what else goes wrong.
 *
 * @param path from the root on, with or without a leading slash
 * @param root `/`, or a directory laid out like it
 */
export function readSystemFile(path: string, root = '/'): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8').trimEnd();
  } catch (error) {
    if (ABSENT.includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** The lines of a file that are not empty; none where this system has no such file. */
export function readSystemLines(path: string, root = '/'): string[] {
  return (readSystemFile(path, root) ?? '').split('\n').filter((line) => line !== '');
}

/** Whether a capability is in force for this process: `CapEff` of /proc/self/status (proc(5)). */
export function hasCapability(capability: number, root = '/'): boolean {
  const line = readSystemLines('proc/self/status', root).find((candidate) => candidate.startsWith('CapEff:'));
  const mask = BigInt(`0x${line?.slice('CapEff:'.length).trim() ?? '0'}`);
  return ((mask >> BigInt(capability)) & 1n) === 1n;
}

/** Whether limits meant for ordinary users leave this process alone, as those of pipe(7). */
export function isPrivileged(root = '/'): boolean {
  return hasCapability(CAP_SYS_ADMIN, root) || hasCapability(CAP_SYS_RESOURCE, root);
}
