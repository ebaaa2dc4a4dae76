/**
 * Gives up what only the start needed: the view of the whole file system (`chroot`) and the rights
 * of root (`user`, `group`), after listening sockets are bound and the workers have loaded their
 * code. Both are those of the whole process, unless the main thread is to have the role of HAProxy's
 * master, which reads the configuration again: the workers alone are behind the chroot then, and it keeps
 * of root's rights what that role needs.
 */

import { closeSync, constants, openSync } from 'node:fs';
import { keepCapabilities, limitCapabilities } from '../../kernel/capabilities.js';
import { errnoText } from '../../kernel/errno.js';
import { CAP_DAC_READ_SEARCH, CAP_NET_BIND_SERVICE, CAP_SYS_CHROOT } from '../../kernel/sys/constants.js';
import { changeRoot, groupId, userId } from '../../kernel/users.js';
import type { LifePlan } from '../../plan/plan.js';
import { StartError } from '../start-error.js';

/**
 * For files that root alone may read, as those of passwords and keys; for ports below 1024; and for putting a late
 * worker behind the chroot (capabilities(7)).
 */
const MASTER_RIGHTS = [CAP_DAC_READ_SEARCH, CAP_NET_BIND_SERVICE, CAP_SYS_CHROOT];

/** Who the process is to be: numbers, or null where nothing changes. */
export interface Identity {
  readonly uid: number | null;
  readonly gid: number | null;
}

/** Looks the names up, which has to happen before a chroot hides them. Throws StartError for one that does not exist. */
export function identityOf({ user, group }: Pick<LifePlan, 'user' | 'group'>): Identity {
  return { uid: numberOf(user, 'user', userId), gid: numberOf(group, 'group', groupId) };
}

function numberOf(name: string | null, kind: string, find: (name: string) => number | null): number | null {
  if (name === null) return null;
  const found = find(name);
  if (found === null)
    throw new StartError(`cannot find ${kind} id for '${name}': create it, or change '${kind}' in section 'global'`);
  return found;
}

/** Whether the process is to be another user than it is. */
export function changesUser(identity: Identity): identity is Identity & { readonly uid: number } {
  return identity.uid !== null && identity.uid !== process.getuid?.();
}

/** Whether the process is to be someone else than it is. */
export function changesIdentity(identity: Identity): boolean {
  return changesUser(identity) || (identity.gid !== null && identity.gid !== process.getgid?.());
}

/** Throws StartError when a folder cannot become the root: what is found out early disturbs nobody who is to be replaced. */
export function checkRoot(root: string | null): void {
  if (root === null) return;
  try {
    closeSync(openSync(root, constants.O_RDONLY | constants.O_DIRECTORY));
  } catch (error) {
    obey(`chroot(${root})`, (error as NodeJS.ErrnoException).errno ?? -1);
  }
}

/**
 * Changes root and identity, in this order. Answers what could not be given up, which is no reason not to serve, or
 * null. Throws StartError when the system refuses.
 * @param isMaster there is no chroot, for each worker is behind it already; the calling thread keeps the rights that a master needs
 */
export function giveUpPrivileges(root: string | null, identity: Identity, isMaster = false): string | null {
  const { gid } = identity;
  if (root !== null && !isMaster) {
    new Date(0).getTimezoneOffset(); // asks for the time zone, whose file is out of reach afterwards
    obey(`chroot(${root})`, changeRoot(root));
  }
  const kept = gid === null ? null : dropOtherGroups();
  attempt(`set gid ${gid}`, () => {
    if (gid !== null && gid !== process.getgid?.()) process.setgid?.(gid);
  });
  if (changesUser(identity)) {
    const { uid } = identity;
    if (isMaster) obey('keep capabilities', keepCapabilities());
    attempt(`set uid ${uid}`, () => process.setuid?.(uid));
    if (isMaster) obey('limit capabilities', limitCapabilities(MASTER_RIGHTS));
  }
  return kept;
}

/** Supplementary groups, also where the group itself is the right one already: a service manager may have set it. */
function dropOtherGroups(): string | null {
  const others = process.getgroups?.().filter((group) => group !== process.getegid?.()) ?? [];
  if (others.length === 0) return null;
  try {
    process.setgroups?.([]);
    return null;
  } catch {
    return `[turbo-lb.main()] Failed to drop supplementary groups ${others.join(', ')}. Using 'gid'/'group' without 'uid'/'user' is generally useless.`;
  }
}

/** What is to be said about a process that root starts and that stays root, or sees all files. */
export function rootWarnings({ chroot, user }: Pick<LifePlan, 'chroot' | 'user'>, uid = process.geteuid?.()): string[] {
  if (uid !== 0) return [];
  const warning = (directive: string, advice: string): string =>
    `[turbo-lb.main()] turbo-lb was started as root without any '${directive}' directive. ${advice}`;
  return [
    ...(chroot === null ? [warning('chroot', "Add 'chroot' with an empty directory to section 'global'.")] : []),
    ...(user === null ? [warning('user', "Add 'user' and 'group' to section 'global'.")] : []),
  ];
}

function obey(what: string, result: number): void {
  if (result < 0) throw new StartError(`[turbo-lb.main()] Cannot ${what}: ${errnoText(result)}.`);
}

function attempt(what: string, change: () => void): void {
  try {
    change();
  } catch (error) {
    throw new StartError(`[turbo-lb.main()] Cannot ${what}: ${(error as Error).message}.`);
  }
}
