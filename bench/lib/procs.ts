/**
 * The programs that a benchmark runs: started in a process group each, so that a program with
 * worker processes (nginx) is measured and stopped as one; all of them and the temporary folder
 * are gone when the benchmark ends, however it ends.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** How long a program may take to accept connections, and to leave after SIGTERM. */
const READY_MS_MAX = 10_000;
const LEAVE_MS_MAX = 3_000;
/** Between two attempts to connect: a starting program gives no event that all of them share. */
const RETRY_MS = 20;
/** Kept of what a program prints, for the message when it fails. */
const OUTPUT_KEPT = 2_000;
/** Listening ports are taken from here up, below the kernel's default ephemeral range (32768). */
const FIRST_PORT = 21_000;
const PORT_END = 32_000;

/** A program and its arguments. */
export type Argv = readonly [string, ...string[]];

export interface StartOptions {
  /** CPUs to run on, in taskset(1)'s notation; all when not given. */
  readonly cpus?: string | undefined;
  /** Open a message channel, as child_process.fork() does. */
  readonly ipc?: boolean;
}

/** A running program. `pid` is also the number of its process group. */
export class Program {
  private output = '';
  /** It has ended and all that it printed has been read. */
  private closed = false;

  private constructor(
    readonly name: string,
    readonly child: ChildProcess,
    readonly pid: number,
  ) {
    const keep = (chunk: Buffer): void => {
      this.output = (this.output + chunk).slice(-OUTPUT_KEPT);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    child.once('close', () => {
      this.closed = true;
      running.delete(this);
    });
  }

  /** Starts a program. Throws when it cannot be found. */
  static async start(name: string, argv: Argv, options: StartOptions = {}): Promise<Program> {
    const [file, ...args] = options.cpus === undefined ? argv : ['taskset', '-c', options.cpus, ...argv];
    const child = spawn(file, args, {
      detached: true,
      stdio: options.ipc ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
    });
    await once(child, 'spawn');
    const program = new Program(name, child, child.pid as number);
    running.add(program);
    return program;
  }

  /** Throws, with what the program said, when it is no longer there. */
  assertRunning(): void {
    if (!this.closed) return;
    const how = this.child.signalCode ?? `status ${this.child.exitCode}`;
    const said = this.output.trim().replaceAll('\n', '; ');
    throw new Error(`${this.name} ended with ${how}: ${said || '(it printed nothing)'}`);
  }

  /** Resolves once the program accepts connections. Throws when it ends or never does. */
  async listening(host: string, port: number): Promise<void> {
    const deadline = Date.now() + READY_MS_MAX;
    while (!(await accepts(host, port))) {
      this.assertRunning();
      if (Date.now() > deadline) throw new Error(`${this.name} does not accept connections on ${host}:${port}`);
      await delay(RETRY_MS);
    }
  }

  /** Ends the whole process group: SIGTERM, then SIGKILL for what is left. */
  async stop(): Promise<void> {
    if (this.closed) return;
    const ended = once(this.child, 'close');
    signalGroup(this.pid, 'SIGTERM');
    const killer = setTimeout(() => signalGroup(this.pid, 'SIGKILL'), LEAVE_MS_MAX);
    await ended;
    clearTimeout(killer);
  }
}

/** Programs that have not ended yet. */
const running = new Set<Program>();

/** Ends every program that still runs, and waits for it. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map((program) => program.stop()));
}

function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it ended by itself
  }
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/**
 * Resolves once nobody accepts connections there. A program that has ended may still seem to for
 * some milliseconds: the kernel takes an io_uring down, and with it a pending accept, after the exit.
 */
export async function silent(host: string, port: number): Promise<void> {
  const deadline = Date.now() + READY_MS_MAX;
  while (await accepts(host, port)) {
    if (Date.now() > deadline) throw new Error(`something else listens on ${host}:${port}`);
    await delay(RETRY_MS);
  }
}

/** Runs a program to its end and answers what it printed. Throws when it fails. */
export async function runProgram(argv: Argv, cpus?: string): Promise<string> {
  const program = await Program.start(argv[0], argv, { cpus });
  let printed = '';
  program.child.stdout?.on('data', (chunk) => {
    printed += chunk;
  });
  await once(program.child, 'close');
  if (program.child.exitCode !== 0) program.assertRunning();
  return printed;
}

let nextPort = FIRST_PORT;

/** A port that nobody listens on and that was not handed out before. */
export async function freePort(): Promise<number> {
  while (nextPort < PORT_END) {
    const port = nextPort++;
    const probe = createServer().listen(port, '0.0.0.0');
    const free = await once(probe, 'listening').then(
      () => true,
      () => false,
    );
    if (!free) continue;
    probe.close();
    await once(probe, 'close');
    return port;
  }
  throw new Error(`no free port between ${FIRST_PORT} and ${PORT_END}`);
}

/** A folder for configurations and served files, readable by nginx's unprivileged worker. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'turbo-lb-bench-'));
  chmodSync(folder, 0o755);
  return folder;
}

/** Has every program killed and `folder` removed at exit, and on SIGINT, SIGTERM and SIGHUP too. */
export function cleanUpAtExit(folder: string): void {
  process.once('exit', () => {
    for (const program of running) signalGroup(program.pid, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  const numbers = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };
  for (const [signal, number] of Object.entries(numbers)) process.once(signal, () => process.exit(128 + number));
}
