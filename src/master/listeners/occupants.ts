/**
 * Whose the sockets are that stand in the way of a start that replaces other processes: only what those have can be
 * had by asking them to make room. It looks at sockets of TCP of this host (`/proc`, proc(5)), and asks nobody.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { ListeningSockets } from '../../kernel/listening.js';
import type { BindFailure } from '../start-error.js';

/**
 * The addresses at which somebody else listens, and none of these processes or of their children. Where it cannot be
 * seen who does, it may be them.
 */
export function heldByOthers(failures: readonly BindFailure[], pids: readonly number[]): BindFailure[] {
  const own = socketsOf(pids);
  if (own === null) return [];
  const listening = new ListeningSockets();
  try {
    return failures.filter(({ address }) => {
      const inTheWay = address.family === 'unix' ? [] : listening.inTheWayOf(address);
      return inTheWay.length > 0 && !inTheWay.some((inode) => own.has(inode));
    });
  } finally {
    listening.close();
  }
}

/** Inodes of the sockets of processes, and of their children: HAProxy's master has none. Null: they may not be looked at. */
function socketsOf(pids: readonly number[]): Set<string> | null {
  const found = new Set<string>();
  try {
    for (const pid of pids.flatMap((one) => [one, ...childrenOf(one)]))
      for (const descriptor of namesIn(`/proc/${pid}/fd`)) {
        const inode = /^socket:\[(\d+)\]$/.exec(targetOf(`/proc/${pid}/fd/${descriptor}`))?.[1];
        if (inode !== undefined) found.add(inode);
      }
    return found;
  } catch (error) {
    if (isOutOfSight(error)) return null;
    throw error;
  }
}

function childrenOf(pid: number): number[] {
  return namesIn(`/proc/${pid}/task`).flatMap((thread) =>
    unlessGone(() => readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1'), '')
      .split(' ')
      .filter((word) => word !== '')
      .map(Number),
  );
}

function namesIn(folder: string): string[] {
  return unlessGone(() => readdirSync(folder), []);
}

function targetOf(link: string): string {
  return unlessGone(() => readlinkSync(link), '');
}

/** A process, a thread or a descriptor may end while it is looked at, or was never there. */
function unlessGone<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return otherwise;
    throw error;
  }
}

function isOutOfSight(error: unknown): boolean {
  return ['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '');
}
