/**
 * The file of a UNIX socket that listens. Where somebody else may listen at the path, the socket is bound
 * beside it and takes the path over in one step: whoever connects meanwhile reaches the one before.
 * At the end the file goes, unless it has become another's.
 */
import { lstatSync, renameSync, rmSync } from 'node:fs';
import { isTooLong } from '../../kernel/address.js';
import { StartError } from '../start-error.js';

/** A file that is not ours to remove any more: rights or the view of the file system were given up. */
const OUT_OF_REACH: ReadonlySet<string | undefined> = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR']);

/** One file. */
export class SocketFile {
  /** Where to bind the socket. */
  readonly boundAt: string;
  private published = false;
  /** Another process has bound it, and goes on at the path if this one does not get so far as to publish it. */
  private isTaken = false;
  /** Which file it is, as `dev:ino`; null: there is none. */
  private identity: string | null = null;

  /** @param replaces somebody may listen at the path already */
  constructor(
    private readonly path: string,
    replaces: boolean,
  ) {
    this.boundAt = replaces ? besideOf(path) : path;
  }

  /** The socket is bound. */
  bound(): void {
    this.identity = fileAt(this.boundAt);
  }

  /** The socket was bound before, by another process, and has the path. */
  taken(): void {
    this.isTaken = true;
    this.identity = fileAt(this.path);
  }

  /** Takes the path over, from which on it is removed at the end. Throws StartError, which names where it was asked for. */
  publish(origin: string): void {
    if (this.published) return;
    this.published = true;
    if (this.isTaken || this.boundAt === this.path) return;
    try {
      renameSync(this.boundAt, this.path);
    } catch (error) {
      this.published = false;
      throw new StartError(`${origin}: cannot name a socket ${this.path}: ${(error as Error).message}`);
    }
  }

  /** Removes it, if it is still this socket's, within reach, and nobody else's. */
  remove(): void {
    if (this.isTaken && !this.published) return;
    const path = this.published ? this.path : this.boundAt;
    try {
      if (this.identity !== null && fileAt(path) === this.identity) rmSync(path, { force: true });
    } catch (error) {
      if (!OUT_OF_REACH.has((error as NodeJS.ErrnoException).code)) throw error;
    }
  }
}

/** A name in the same folder; what is no socket is not replaced, and a long name has no room for another beside it. */
function besideOf(path: string): string {
  const found = lstatSync(path, { throwIfNoEntry: false });
  const beside = `${path}.${process.pid}.tmp`;
  const replaces = found === undefined || found.isSocket();
  return replaces && !isTooLong(beside) ? beside : path;
}

/** Which file a path means at the moment. */
function fileAt(path: string): string | null {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found === undefined ? null : `${found.dev}:${found.ino}`;
}
