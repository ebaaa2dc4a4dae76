/**
 * Running a program so that nothing of it is left behind: it gets a process group of its own, a
 * bound in time, a folder for temporary files, and in it a file for the numbers of the groups that
 * it starts itself (test/harness.ts notes them). Whatever way it ends, even by a crash, all of
 * these groups are killed and the folder is removed.
 */
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Between the request to end and the kill: a program cleans up in this time, or does not. */
const GRACE_MS = 3000;
/** Output kept, in characters, from the beginning: enough for any failure to be understood. */
const OUTPUT_MAX = 1 << 20;

/** Groups that run at the moment, for an interrupt from the keyboard, which does not reach them. */
const running = new Set();

for (const [signal, code] of Object.entries({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 })) {
  process.on(signal, () => {
    for (const clear of running) clear();
    process.exit(code);
  });
}

/**
 * Runs a program to its end and answers `{ output, code, signal, timedOut }`, both its streams in
 * one text. In its environment, TMPDIR names its folder and TURBO_TEST_GROUPS the file for
 * `<group> <start time>` lines.
 */
export async function runInGroup(command, args, { cwd, env, boundMs }) {
  const scratch = mkdtempSync(join(tmpdir(), 'turbo-lb-run-'));
  chmodSync(scratch, 0o755); // programs that a test starts may run as another user
  const groups = join(scratch, 'groups');
  const child = spawn(command, args, {
    cwd,
    env: { ...env, TMPDIR: scratch, TURBO_TEST_GROUPS: groups },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const clear = () => {
    if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
    killRecorded(groups);
    rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
  };
  running.add(clear);
  const output = collect(child);
  const bound = enforceBound(child, boundMs);
  try {
    const ended = await ending(child);
    clear();
    await outputEnd(child);
    return { ...ended, output: output.text, timedOut: bound.reached };
  } finally {
    bound.clear();
    running.delete(clear);
  }
}

function ending(child) {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

function collect(child) {
  const output = { text: '' };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text) => {
      if (output.text.length < OUTPUT_MAX) output.text += text;
    });
  }
  return output;
}

/** The streams end when the last process that holds them has gone; one that fled its group is not waited for. */
async function outputEnd(child) {
  const streams = [child.stdout, child.stderr];
  const giveUp = setTimeout(() => streams.forEach((stream) => void stream.destroy()), GRACE_MS);
  await Promise.all(streams.map((stream) => stream.closed || new Promise((resolve) => stream.once('close', resolve))));
  clearTimeout(giveUp);
}

function enforceBound(child, boundMs) {
  const bound = { reached: false, clear: () => timers.forEach(clearTimeout) };
  const timers = [
    setTimeout(() => {
      bound.reached = true;
      signalGroup(child.pid, 'SIGTERM');
    }, boundMs),
    setTimeout(() => signalGroup(child.pid, 'SIGKILL'), boundMs + GRACE_MS),
  ];
  return bound;
}

/** Signals every process of a group; a group that has gone already is no error. */
function signalGroup(group, signal) {
  try {
    process.kill(-group, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/**
 * Kills the groups written down in a file. A number that by now belongs to another process is left
 * alone; one whose first process has gone is still the group's, for the kernel does not give the
 * number away while the group has members.
 */
function killRecorded(file) {
  if (!existsSync(file)) return;
  for (const entry of readFileSync(file, 'utf8').trim().split('\n')) {
    const [group, startTime] = entry.split(' ');
    const now = startTimeOf(group);
    if (now === null || now === startTime) signalGroup(Number(group), 'SIGKILL');
  }
}

/** Field 22 of /proc/PID/stat (proc(5)), or null when there is no such process. */
function startTimeOf(pid) {
  if (!existsSync(`/proc/${pid}/stat`)) return null;
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')[19];
}
