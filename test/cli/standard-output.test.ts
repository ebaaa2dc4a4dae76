/** Where output goes to: readers that come late, have read enough, or have no room. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { runProcess, scratchFolder } from '../harness.js';
import { TURBO_LB } from './turbo.js';

/** More than any pipe or socket holds by itself. */
const LINES = 40_000;
const LINE = `${'x'.repeat(49)}\n`;
/** A program that does not wait for its reader has ended by then; one that does is waiting. */
const LATE_MS = 300;

/** What the program says on one of its outputs, to a reader that begins late. */
async function readLate(words: readonly string[], which: 'stdout' | 'stderr'): Promise<string> {
  const stdio = which === 'stdout' ? (['ignore', 'pipe', 'ignore'] as const) : (['ignore', 'ignore', 'pipe'] as const);
  const child = spawn(process.execPath, [TURBO_LB, ...words], { stdio: [...stdio] });
  const stream = child[which] as Readable;
  await once(stream, 'readable');
  await Promise.race([once(child, 'exit'), delay(LATE_MS)]);
  return await text(stream);
}

function scratchFile(content: string): string {
  const file = join(scratchFolder(), 'haproxy.cfg');
  writeFileSync(file, content);
  return file;
}

test('an answer is whole, however late it is read', async () => {
  const path = join(scratchFolder(), 'socket');
  const answer = LINE.repeat(LINES);
  const server = createServer((connection) => connection.once('data', () => connection.end(`${answer}\n`))).listen(path);
  try {
    assert.is((await readLate(['ctl', '--socket', path, 'show stat'], 'stdout')).length, answer.length);
  } finally {
    server.close();
  }
});

test('so is a dump, and so are the mistakes of a file', async () => {
  const dumped = await readLate(['-c', '-dC', '-f', scratchFile(`defaults\n${'  timeout client 5s\n'.repeat(LINES)}`)], 'stdout');
  assert.is(dumped.match(/timeout client 5s$/gm)?.length, LINES);
  const mistakes = await readLate(['-c', '-f', scratchFile(`defaults\n${'  no-such-word\n'.repeat(LINES / 8)}`)], 'stderr');
  assert.is(mistakes.match(/unknown keyword 'no-such-word'/g)?.length, LINES / 8);
  assert.match(mistakes, /Fatal errors found in configuration\.\n$/);
});

test('who has read enough is no failure, and a full disk is one', async () => {
  const into = (shell: string): ReturnType<typeof runProcess> =>
    runProcess('sh', ['-c', shell, 'sh', process.execPath, TURBO_LB, 'keywords']);
  const enough = await into('{ "$@"; echo "$?" >&2; } | head -1');
  assert.is(enough.stderr, '0\n');
  const full = await into('"$@" > /dev/full');
  assert.is(full.code, 1);
  assert.match(full.stderr, /^turbo-lb: standard output: ENOSPC: .*\n$/);
});

test.run();
