/**
 * The test runner can fail: whatever a test file does other than pass is counted as a failure, and
 * nothing that it started is left. The runner is copied into a made-up project whose test files
 * each misbehave in one way.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { eventually, isAlive, runProcess, scratchFolder } from '../harness.js';
import { ROOT } from './sources.js';

const UVU = "import { test } from 'uvu';\n";
const PASS = `${UVU}test('a', () => {});\ntest.run();\n`;

/** Writes a project of test files, by their paths below `test`, and runs the runner there. */
async function run(files: Readonly<Record<string, string>>, ...args: string[]) {
  const root = scratchFolder();
  cpSync(join(ROOT, 'scripts'), join(root, 'scripts'), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }');
  for (const [path, text] of Object.entries(files)) {
    write(join(root, 'test', `${path}.test.ts`), '');
    write(join(root, 'dist', 'test', `${path}.test.js`), text);
  }
  write(join(root, 'dist', 'test', 'unit', 'leftover.test.js'), `${UVU}test('a', () => { throw 1; });\ntest.run();\n`);
  const { code, stdout } = await runProcess(process.execPath, [join(root, 'scripts', 'run-tests.mjs'), ...args]);
  return { code, stdout, last: stdout.trimEnd().split('\n').at(-1) };
}

function write(path: string, text: string): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
}

test('passing files are added up, and files without a source do not run', async () => {
  const { code, last, stdout } = await run({ 'unit/a': PASS, 'sim/b': PASS, c: PASS });
  assert.is(last, '3 passed, 0 failed');
  assert.is(code, 0);
  assert.not.match(stdout, 'leftover');
});

const FAILURES: Readonly<Record<string, readonly [text: string, last: string, why: RegExp]>> = {
  'a test that throws': [
    `${UVU}test('a', () => { throw new Error('planted'); });\ntest('b', () => {});\ntest.run();`,
    '1 passed, 1 failed',
    /planted/,
  ],
  'a skipped test': [`${UVU}test['skip']('a', () => {});\ntest('b', () => {});\ntest.run();`, '1 passed, 1 failed', /skipped 1/],
  'a single test picked out': [
    `${UVU}test['only']('a', () => {});\ntest('b', () => {});\ntest.run();`,
    '1 passed, 1 failed',
    /skipped 1/,
  ],
  'a file that never runs its tests': [`${UVU}test('a', () => {});`, '0 passed, 1 failed', /no summary/],
  'a file without a test': [`${UVU}test.run();`, '0 passed, 1 failed', /holds no test/],
  'a preparation that throws': [
    `${UVU}test.before(() => { throw 1; });\ntest('a', () => {});\ntest.run();`,
    '0 passed, 1 failed',
    /Passed: +0/,
  ],
  'a file that does not load': ["import './nowhere.js';", '0 passed, 1 failed', /ERR_MODULE_NOT_FOUND/],
  'an exit code after the summary': [
    `${PASS}process.on('exit', () => { process.exitCode = 7; });`,
    '1 passed, 1 failed',
    /exit code 7/,
  ],
  'a file that kills itself': [`${UVU}process.kill(process.pid, 'SIGKILL');`, '0 passed, 1 failed', /killed by SIGKILL/],
};

for (const [name, [text, last, why]] of Object.entries(FAILURES)) {
  test(`${name} is a failure`, async () => {
    const outcome = await run({ 'unit/a': text });
    assert.is(outcome.last, last);
    assert.is(outcome.code, 1);
    assert.match(outcome.stdout, why);
  });
}

test('a file that hangs is ended, with what it started in groups of their own', async () => {
  const pids = join(scratchFolder(), 'pids');
  const hang = `
    import { writeFileSync } from 'node:fs';
    import { startProcess } from ${JSON.stringify(join(ROOT, 'dist', 'test', 'harness.js'))};
    const { pid } = await startProcess('sleep', ['60']);
    writeFileSync(${JSON.stringify(pids)}, process.pid + ' ' + pid);
    process.removeAllListeners('exit');
    process.removeAllListeners('SIGTERM');
    process.on('SIGTERM', () => {});
    for (const end = Date.now() + 60_000; Date.now() < end; );`; // an end, should this test be interrupted itself
  const { last, stdout } = await run({ 'unit/a': hang }, '--bound', '2');
  assert.is(last, '0 passed, 1 failed');
  assert.match(stdout, 'ran over 2 s and was killed');
  assert.ok(existsSync(pids));
  for (const pid of readFileSync(pids, 'utf8').split(' ').map(Number))
    await eventually(`process ${pid} is gone`, () => !isAlive(pid));
});

test('--unit leaves the long folders out, a part of a path picks files', async () => {
  const files = { 'unit/a': PASS, 'unit/b': PASS, 'interop/a': PASS, 'fuzz/a': PASS, 'sim-long/a': PASS, 'sim/a': PASS };
  assert.is((await run(files, '--unit')).last, '3 passed, 0 failed');
  assert.is((await run(files, 'interop', 'unit/b')).last, '2 passed, 0 failed');
  assert.is((await run(files, 'nothing-like-it')).code, 1);
});

test.run();
