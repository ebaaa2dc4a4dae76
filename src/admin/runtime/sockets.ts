/**
 * The listening sockets of the runtime API. They are opened while the process may still bind anything;
 * a UNIX socket is bound beside its path and takes the path over in one step once the start has
 * succeeded, so that whoever asks meanwhile is answered by the process before this one. Nobody is
 * accepted here.
 */
import { lstatSync, renameSync, rmSync } from 'node:fs';
import { UNIX_PATH_MAX } from '../../kernel/address.js';
import { closeDescriptor } from '../../kernel/descriptors.js';
import { SystemCallError } from '../../kernel/errno.js';
import { adoptListener, openListener } from '../../kernel/listener.js';
import { bindFailure, socketPermissions } from '../../master/listeners.js';
import { BindError, type BindFailure, StartError } from '../../master/start-error.js';
import type { BindPlan } from '../../plan/plan.js';
import type { RuntimeSocketPlan } from '../../plan/runtime.js';

/** What messages call the frontend that these sockets belong to in HAProxy. */
const PROXY = 'frontend GLOBAL';

/** One that is open. */
export interface RuntimeSocket {
  readonly plan: RuntimeSocketPlan;
  readonly descriptor: number;
  /** A file that is bound and has not got its name yet. */
  beside: string | null;
  /** Which file the socket's own is, as `dev:ino`; null: it has none. */
  file: string | null;
}

/** All sockets of one runtime API. */
export class RuntimeSockets {
  readonly open: RuntimeSocket[] = [];

  /** Opens them. Throws BindError for all that fail, after it has closed the others. */
  constructor(plans: readonly RuntimeSocketPlan[]) {
    const failures: BindFailure[] = [];
    for (const plan of plans) {
      try {
        this.open.push(openOne(plan));
      } catch (error) {
        if (error instanceof SystemCallError) failures.push(bindFailure(plan.bind, PROXY, error));
        else throw this.abandoned(error);
      }
    }
    if (failures.length > 0) throw this.abandoned(new BindError(failures));
  }

  /** Gives UNIX sockets their names, in place of those that had them. Throws StartError. */
  publish(): void {
    for (const socket of this.open) {
      const { beside, plan } = socket;
      const { address, origin } = plan.bind;
      if (beside === null || address.family !== 'unix') continue;
      try {
        renameSync(beside, address.path);
      } catch (error) {
        throw new StartError(`${origin}: cannot name a socket ${address.path}: ${(error as Error).message}`);
      }
      socket.beside = null;
    }
  }

  /** Closes them, and removes the files of those whose names are still theirs. */
  close(): void {
    for (const { descriptor, beside, file, plan } of this.open) {
      closeDescriptor(descriptor);
      const { address } = plan.bind;
      if (file !== null && address.family === 'unix') removeOwn(beside ?? address.path, file);
    }
    this.open.length = 0;
  }

  private abandoned(error: unknown): unknown {
    this.close();
    return error;
  }
}

function openOne(plan: RuntimeSocketPlan): RuntimeSocket {
  const { bind } = plan;
  const { address } = bind;
  if (bind.inheritedFd !== null) return { plan, descriptor: adopt(bind, bind.inheritedFd), beside: null, file: null };
  const path = address.family === 'unix' && !address.abstract ? besideOf(address.path) : null;
  const permissions = socketPermissions(bind);
  const descriptor = openListener({
    address: path === null || address.family !== 'unix' ? address : { ...address, path },
    backlog: bind.backlog,
    reusePort: true,
    v6only: bind.socket.v6only ? true : bind.socket.v4v6 ? false : null,
    permissions,
  });
  return { plan, descriptor, beside: path, file: path === null ? null : fileAt(path) };
}

/** A name in the same folder; what is no socket is not replaced, and a long name has no room for another beside it. */
function besideOf(path: string): string {
  const found = lstatSync(path, { throwIfNoEntry: false });
  const beside = `${path}.${process.pid}.tmp`;
  const replaces = found === undefined || found.isSocket();
  return replaces && Buffer.byteLength(beside) < UNIX_PATH_MAX ? beside : path;
}

function adopt({ origin }: BindPlan, fd: number): number {
  try {
    adoptListener(fd);
    return fd;
  } catch (error) {
    throw new StartError(`${origin}: cannot use descriptor ${fd}: ${(error as Error).message}`);
  }
}

/** Which file a path means at the moment. */
function fileAt(path: string): string | null {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found === undefined ? null : `${found.dev}:${found.ino}`;
}

/** Another process may have taken the name over, or a chroot may have made it another file's. */
function removeOwn(path: string, file: string): void {
  try {
    if (fileAt(path) === file) rmSync(path, { force: true });
  } catch (error) {
    if (!OUT_OF_REACH.has((error as NodeJS.ErrnoException).code)) throw error;
  }
}

/** A file that is not ours to remove any more: rights or the view of the file system were given up. */
const OUT_OF_REACH: ReadonlySet<string | undefined> = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR']);
