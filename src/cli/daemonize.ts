/**
 * Running in the background (`-D`, `daemon`). Node cannot fork: the process starts itself again in a
 * session of its own, and waits for what becomes of it, so that whoever started it learns whether
 * the start succeeded.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { Writable } from 'node:stream';
import type { ConfigFile } from '../config/read.js';
import { redirect } from '../kernel/descriptors.js';
import { EXIT_FAILURE, EXIT_OK } from './complaint.js';

/** Tells the started process on which descriptor to say that it is ready. */
const READY_VARIABLE = 'TURBO_LB_READY_FD';
const READY_FD = 3;
/** On which it is told what the files say. */
const FILES_FD = 4;
const STANDARD_DESCRIPTORS = [0, 1, 2];

/** Whether this process is the one in the background. */
export function isDaemon(): boolean {
  return process.env[READY_VARIABLE] !== undefined;
}

/**
 * Starts the process that stays, with the same command line; answers the exit code of this one once that is ready, or has failed.
 * @param files what this one has read: it may have come from a pipe, as `-f /dev/stdin`
 * @param directory where this one was started, if it has left that: `-C` is on that command line, too
 */
export async function startDaemon(files: readonly ConfigFile[], directory: string | undefined): Promise<number> {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    detached: true,
    cwd: directory,
    env: { ...process.env, [READY_VARIABLE]: String(READY_FD) },
    stdio: ['ignore', 'inherit', 'inherit', 'pipe', 'pipe'],
  });
  // One that ends before it has heard all says itself why.
  (child.stdio[FILES_FD] as Writable).on('error', () => undefined).end(JSON.stringify(files));
  const ready = once(child.stdio[READY_FD] as NodeJS.ReadableStream, 'data').then(() => EXIT_OK);
  const ended = once(child, 'exit').then(([code]) => (code as number | null) ?? EXIT_FAILURE);
  const code = await Promise.race([ready, ended]);
  child.unref();
  return code;
}

/** In the background: what the process that started this one has read. */
export function filesOfParent(): ConfigFile[] {
  const text = readFileSync(FILES_FD, 'utf8');
  closeSync(FILES_FD);
  return JSON.parse(text);
}

/** How the process in the background lets those who wait know. */
export interface ReadyReport {
  /** Says that the start has succeeded, and lets go of the terminal. */
  send(): void;
}

/** In the background: prepares the report while `/dev/null` is in sight, which it is not after a chroot. */
export function prepareReport(): ReadyReport {
  const fd = Number(process.env[READY_VARIABLE]);
  delete process.env[READY_VARIABLE];
  const nothing = openSync('/dev/null', 'r+');
  return {
    send: () => {
      for (const standard of STANDARD_DESCRIPTORS) redirect(nothing, standard);
      closeSync(nothing);
      writeSync(fd, 'ready');
      closeSync(fd);
    },
  };
}
