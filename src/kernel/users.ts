/**
 * Numbers of users and groups by their names, as the system's own databases have them (getpwnam(3),
 * getgrnam(3)), or as they are written; and the process's view of the file system (chroot(2)).
 */
import { closeSync, constants, openSync } from 'node:fs';
import { chdir, cwd } from 'node:process';
import { CLONE_FS } from './sys/constants.js';
import { sys } from './sys/libc.js';
import { viewMemory } from './sys/memory.js';

/** Offsets in `struct passwd` and `struct group` (pwd.h, grp.h): behind two pointers. */
const PASSWD_UID = 16;
const PASSWD_GID = 20;
const GROUP_GID = 16;

/** The number of a user, given its name or the number itself; null when there is no user of that name. */
export function userId(name: string): number | null {
  return isNumber(name) ? Number(name) : lookUp(sys.getpwnam(name), PASSWD_UID);
}

/** The number of a user's own group, or null when there is no such user. */
export function userGroupId(name: string): number | null {
  return lookUp(sys.getpwnam(name), PASSWD_GID);
}

/** The number of a group, given its name or the number itself; null when there is no group of that name. */
export function groupId(name: string): number | null {
  return isNumber(name) ? Number(name) : lookUp(sys.getgrnam(name), GROUP_GID);
}

/** Makes a folder the root of the file system for the whole process, and its working directory; 0 or `-errno`. */
export function changeRoot(path: string): number {
  const result = sys.chroot(path);
  if (result >= 0) chdir('/');
  return result;
}

/**
 * The same for all threads that there are but the calling one, which goes on to see everything, as do threads that it
 * makes later: threads share their view until one of them asks for its own (unshare(2), CLONE_FS).
 */
export function changeRootOfOthers(path: string): number {
  const directory = cwd();
  const outside = openSync('/', constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const changed = changeRoot(path);
    if (changed < 0) return changed;
    // Before it has a view of its own, the way back would be everybody's.
    const parted = sys.unshare(CLONE_FS);
    if (parted < 0) return parted;
    const left = sys.fchdir(outside);
    const result = left < 0 ? left : sys.chroot('.');
    if (result >= 0) chdir(directory);
    return result;
  } finally {
    closeSync(outside);
  }
}

function isNumber(name: string): boolean {
  return /^[0-9]+$/.test(name);
}

function lookUp(record: number, offset: number): number | null {
  return record === 0 ? null : viewMemory(record + offset, 4).getUint32(0, true);
}
