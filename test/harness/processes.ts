/**
 * Programs that a test starts. Each gets a process group of its own, and whatever way the test
 * file ends (at its end, by an exception, by a signal, by a crash of the process) the group is
 * killed: by this file's exit hook, or by scripts/run-tests.mjs, which finds the group's number in
 * the file that TURBO_TEST_GROUPS names.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, WAIT_MS_MAX } from './waiting.js';

/** Between SIGTERM and SIGKILL in `stop`, in milliseconds. */
const GRACE_MS = 5000;
/** What is kept of each stream of a program, in characters, from its end. */
const OUTPUT_MAX = 1 << 20;

/** How a program ended: one of the two is set. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface StartOptions {
  readonly cwd?: string;
  /** Added to the test's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Descriptors that the program has as 3 and following. */
  readonly inherits?: readonly number[];
  /** A text in the output, or a condition that is looked at again and again. Without it: as soon as it is spawned. */
  readonly readyWhen?: RegExp | (() => boolean | Promise<boolean>);
  /** Milliseconds until it has to be ready. */
  readonly readyMsMax?: number;
}

const live = new Set<RunningProcess>();
const folders: string[] = [];

/** A started program. */
export class RunningProcess {
  stdout = '';
  stderr = '';
  /** Resolves when the program has ended and its output has been read. */
  readonly exited: Promise<Exit>;

  /** @param pid of the program; also the number of its process group */
  constructor(
    readonly name: string,
    readonly child: ChildProcess,
    readonly pid: number,
  ) {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout = (this.stdout + text).slice(-OUTPUT_MAX);
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(-OUTPUT_MAX);
    });
    live.add(this);
    child.once('exit', () => this.kill()); // its own children must not keep the streams open
    this.exited = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Both streams, for messages. */
  get output(): string {
    return this.stdout + this.stderr;
  }

  /** Asks the program to end, kills it when it does not, and answers how it ended. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    if (this.running) this.child.kill(signal);
    const bound = setTimeout(() => this.kill(), GRACE_MS);
    const exit = await this.exited;
    clearTimeout(bound);
    return exit;
  }

  /** Kills the program and all that it started, now. */
  kill(): void {
    live.delete(this);
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // gone already
    }
  }
}

/**
 * Starts a program and answers when it is ready. Throws with its output when it cannot be started,
 * ends before it is ready, or is not ready in time.
 */
export async function startProcess(
  command: string,
  args: readonly string[],
  options: StartOptions = {},
): Promise<RunningProcess> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', ...(options.inherits ?? [])],
  });
  await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
  const pid = child.pid as number;
  record(pid);
  const started = new RunningProcess(command.split('/').at(-1) ?? command, child, pid);
  if (options.readyWhen !== undefined) await becomesReady(started, options.readyWhen, options.readyMsMax ?? WAIT_MS_MAX);
  return started;
}

/** Runs a program to its end. */
export async function runProcess(
  command: string,
  args: readonly string[],
  options: StartOptions = {},
): Promise<Exit & { stdout: string; stderr: string }> {
  const started = await startProcess(command, args, options);
  const exit = await started.exited;
  return { ...exit, stdout: started.stdout, stderr: started.stderr };
}

async function becomesReady(
  started: RunningProcess,
  readyWhen: NonNullable<StartOptions['readyWhen']>,
  withinMs: number,
): Promise<void> {
  const ready = readyWhen instanceof RegExp ? () => readyWhen.test(started.output) : readyWhen;
  try {
    const answer = await eventually(
      'it is ready',
      async () => (started.running ? (await ready()) && 'ready' : 'ended'),
      withinMs,
    );
    if (answer === 'ended') throw new Error(`ended with ${started.child.signalCode ?? `exit code ${started.child.exitCode}`}`);
  } catch (error) {
    started.kill();
    await started.exited;
    throw new Error(`${started.name}: ${(error as Error).message}\n${started.output}`, { cause: error });
  }
}

/** Writes the group down for whoever cleans up when this process cannot. */
function record(pid: number): void {
  const file = process.env.TURBO_TEST_GROUPS;
  if (file === undefined || !existsSync(`/proc/${pid}/stat`)) return;
  const startTime = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')[19];
  appendFileSync(file, `${pid} ${startTime}\n`);
}

/**
 * Runs `body` and ends every program that it started. When it throws, what these programs said is
 * printed first.
 */
export async function withProcesses<T>(body: () => T | Promise<T>): Promise<T> {
  const before = new Set(live);
  const own = () => [...live].filter((one) => !before.has(one));
  try {
    return await body();
  } catch (error) {
    for (const { name, output } of own()) process.stderr.write(`\n--- ${name} said:\n${output.slice(-4096)}\n`);
    throw error;
  } finally {
    const ending = own();
    for (const one of ending) one.kill();
    await Promise.all(ending.map((one) => one.exited));
  }
}

/** A new folder that every user may read, gone when the test file ends. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'turbo-lb-test-'));
  chmodSync(folder, 0o755);
  folders.push(folder);
  return folder;
}

process.on('exit', () => {
  for (const one of live) one.kill();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
for (const [signal, code] of Object.entries({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 })) {
  process.on(signal, () => process.exit(code));
}
