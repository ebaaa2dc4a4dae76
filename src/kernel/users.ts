/**
 * Numbers of users and groups by their names, as the system's own databases have them (getpwnam(3),
 * getgrnam(3)), or as they are written; and the process's view of the file system (chroot(2)).
 */
import { chdir } from 'node:process';
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

/** The same for the calling thread alone, which has a view of its own from then on (unshare(2), CLONE_FS). */
export function changeRootOfThread(path: string): number {
  const parted = sys.unshare(CLONE_FS);
  if (parted < 0) return parted;
  const result = sys.chroot(path);
  return result < 0 ? result : sys.chdir('/');
}

function isNumber(name: string): boolean {
  return /^[0-9]+$/.test(name);
}

function lookUp(record: number, offset: number): number | null {
  return record === 0 ? null : viewMemory(record + offset, 4).getUint32(0, true);
}
