/**
 * Numbers of users and groups by their names, as the system's own databases have them (getpwnam(3),
 * getgrnam(3)), and the process's view of the file system (chroot(2)).
 */
import { sys } from './sys/libc.js';
import { viewMemory } from './sys/memory.js';

/** Offsets in `struct passwd` and `struct group` (pwd.h, grp.h): behind two pointers. */
const PASSWD_UID = 16;
const PASSWD_GID = 20;
const GROUP_GID = 16;

/** The number of a user, or null when there is no such user. */
export function userId(name: string): number | null {
  return lookUp(sys.getpwnam(name), PASSWD_UID);
}

/** The number of a user's own group, or null when there is no such user. */
export function userGroupId(name: string): number | null {
  return lookUp(sys.getpwnam(name), PASSWD_GID);
}

/** The number of a group, or null when there is no such group. */
export function groupId(name: string): number | null {
  return lookUp(sys.getgrnam(name), GROUP_GID);
}

/** Makes a folder the root of the file system for the whole process; 0 or `-errno`. */
export function changeRoot(path: string): number {
  return sys.chroot(path);
}

function lookUp(record: number, offset: number): number | null {
  return record === 0 ? null : viewMemory(record + offset, 4).getUint32(0, true);
}
