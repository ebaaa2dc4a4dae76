/**
 * Running in the background (`-D`, `daemon`). Node cannot fork: the process starts itself again in a
 * session of its own, and waits for what becomes of it, so that whoever started it learns whether
 * the start succeeded.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { Writable } from 'node:stream';
import type { ConfigFile } from '../config/read.js';
import { redirect } from '../kernel/descriptors.js';
import { endBy } from '../master/process/signals.js';
import { StartError } from '../master/start-error.js';
import { EXIT_FAILURE, EXIT_OK } from './complaint.js';
import { early } from './early.js';

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

/** Who ends the process that waits, ends the start: nobody would learn what came of it. */
const ENDING = ['SIGTERM', 'SIGINT', 'SIGUSR1'] as const;

/**
 * Starts the process that stays, with the same command line; answers the exit code of this one once that is ready, or has failed.
 * Throws StartError when it cannot be started, or was killed.
 * @param files what this one has read: it may have come from a pipe, as `-f /dev/stdin`
 * @param directory where this one was started, if it has left that: `-C` is on that command line, too
 */
export async function startDaemon(files: readonly ConfigFile[], directory: string | undefined): Promise<number> {
  if (early.softStop) return EXIT_OK;
  const child = spawnDaemon(directory);
  let ending: NodeJS.Signals | null = null;
  for (const signal of ENDING)
    process.on(signal, () => {
      ending ??= signal;
      child.kill('SIGTERM');
    });
  const ended = once(child, 'exit').then(
    ([code, signal]) => outcomeOf(code, signal, ending),
    (error) => {
      throw new StartError(`cannot start the process in the background: ${error.code ?? error}`);
    },
  );
  // One that ends before it has heard all says itself why. Where there are no descriptors for pipes, there are no streams.
  (child.stdio?.[FILES_FD] as Writable | undefined)?.on('error', () => undefined).end(JSON.stringify(files));
  const ready = child.stdio?.[READY_FD] as NodeJS.ReadableStream | undefined;
  await Promise.race([ended, ...(ready === undefined ? [] : [once(ready, 'data')])]);
  if (ending === null && child.exitCode === null && child.signalCode === null) {
    child.unref();
    return EXIT_OK;
  }
  const code = await ended;
  return ending === null || ending === 'SIGUSR1' ? code : await endBy(ending);
}

function spawnDaemon(directory: string | undefined): ChildProcess {
  return spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    detached: true,
    cwd: directory,
    env: { ...process.env, [READY_VARIABLE]: String(READY_FD) },
    stdio: ['ignore', 'inherit', 'inherit', 'pipe', 'pipe'],
  });
}

/** The exit code for a process in the background that has ended; `asked`: somebody has ended the start. */
function outcomeOf(code: number | null, signal: NodeJS.Signals | null, asked: NodeJS.Signals | null): number {
  if (asked !== null) return EXIT_OK;
  if (signal !== null)
    throw new StartError(`[turbo-lb.main()] The process in the background was ended by ${signal} as it started.`);
  return code ?? EXIT_FAILURE;
}

/** In the background: what the process that started this one has read. Throws StartError when that one did not live to say all. */
export function filesOfParent(): ConfigFile[] {
  const text = readFileSync(FILES_FD, 'utf8');
  closeSync(FILES_FD);
  try {
    return JSON.parse(text);
  } catch {
    throw new StartError('the process that started this one has ended before it could say what the files say');
  }
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
      try {
        writeSync(fd, 'ready');
      } catch {
        // Nobody waits any more (EPIPE). That is no reason not to serve: those before this one have been told to end.
      }
      closeSync(fd);
    },
  };
}
