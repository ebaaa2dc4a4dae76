#!/usr/bin/env node
/**
 * Runs the compiled tests, each file in a process of its own, and counts. A file that crashes,
 * hangs, skips or says nothing fails: whatever is not a pass counts as a failure. The last line is
 * `N passed, N failed`, the exit code 0 or 1.
 *
 *   node scripts/run-tests.mjs [--unit] [--jobs N] [--bound SECONDS] [PART-OF-A-PATH ...]
 */
import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runInGroup } from './lib/processes.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BUILT = join(ROOT, 'dist', 'test');

/** Folders of `test` whose files run alone: they load the machine, or count what is on it. */
const ALONE = ['interop', 'sim', 'sim-long', 'fuzz'];
/** Folders that `--unit` leaves out: minutes, not seconds. */
const LONG = ['interop', 'process', 'sim-long', 'fuzz'];
/** Seeds of the simulation, old ones and new ones each, that `--unit` takes: seconds of its minute. */
const UNIT_SEEDS = 2000;

/** Test files, as paths below `dist/test`. What has no source any more is a leftover of an older build. */
function findTests(filters, unitOnly) {
  return readdirSync(BUILT, { recursive: true })
    .filter((path) => path.endsWith('.test.js'))
    .filter((path) => existsSync(join(ROOT, 'test', path.replace(/\.js$/, '.ts'))))
    .filter((path) => !(unitOnly && LONG.includes(folderOf(path))))
    .filter((path) => filters.length === 0 || filters.some((part) => join('test', path).includes(part)))
    .sort();
}

function folderOf(path) {
  return path.split('/')[0];
}

/** Reads uvu's summary; null when the output holds none. */
function readSummary(output) {
  const number = (label) => new RegExp(`^ {2}${label}: +(\\d+)$`, 'm').exec(output)?.[1];
  const [total, passed, skipped] = ['Total', 'Passed', 'Skipped'].map((label) => number(label));
  return skipped === undefined ? null : { total: Number(total), passed: Number(passed), skipped: Number(skipped) };
}

/** What a run amounts to: counts, and why it failed beyond what its own summary says. */
function judge({ output, code, signal, timedOut }, boundSeconds) {
  const summary = readSummary(output);
  const passed = summary?.passed ?? 0;
  const failed = summary ? summary.total - summary.passed + summary.skipped : 0;
  if (timedOut) return { passed, failed: Math.max(failed, 1), why: `ran over ${boundSeconds} s and was killed` };
  if (signal) return { passed, failed: Math.max(failed, 1), why: `killed by ${signal}` };
  if (!summary) return { passed, failed: 1, why: `printed no summary, exit code ${code}; does it call test.run()?` };
  if (summary.total === 0) return { passed, failed: Math.max(failed, 1), why: 'holds no test' };
  if (summary.skipped > 0) return { passed, failed, why: `skipped ${summary.skipped}` };
  if (code !== 0) return { passed, failed: Math.max(failed, 1), why: failed > 0 ? '' : `exit code ${code}` };
  return { passed, failed, why: '' };
}

async function runFile(path, boundSeconds) {
  const started = performance.now();
  const result = await runInGroup(process.execPath, ['--enable-source-maps', join(BUILT, path)], {
    cwd: ROOT,
    env: { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1' },
    boundMs: boundSeconds * 1000,
  });
  const verdict = judge(result, boundSeconds);
  report(path, verdict, (performance.now() - started) / 1000, result.output);
  return verdict;
}

function report(path, { passed, failed, why }, seconds, output) {
  const counts = `${String(passed).padStart(5)} passed ${failed > 0 ? `${failed} failed` : ''}`;
  line(`${failed > 0 ? 'FAIL' : 'ok  '} ${counts} ${seconds.toFixed(1).padStart(6)} s  test/${path.replace(/\.js$/, '.ts')}`);
  if (failed === 0) return;
  process.stdout.write(`${output.replace(/^/gm, '     | ')}\n`);
  if (why) line(`     ${why}`);
}

function line(text) {
  process.stdout.write(`${process.stdout.isTTY ? '\r\x1b[K' : ''}${text}\n`);
}

/** Runs the files, `jobs` at a time; adds what comes out to `sum`. */
async function runAll(paths, jobs, bound, sum) {
  const waiting = [...paths];
  const next = async () => {
    for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
      if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${sum.files} of ${sum.of} files, now ${path}`);
      const { passed, failed } = await runFile(path, bound);
      sum.passed += passed;
      sum.failed += failed;
      sum.files++;
    }
  };
  await Promise.all(Array.from({ length: jobs }, next));
}

function readOptions() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      unit: { type: 'boolean', default: false },
      jobs: { type: 'string', default: '2' },
      bound: { type: 'string', default: '300' },
    },
  });
  const [jobs, bound] = [Number(values.jobs), Number(values.bound)];
  if (!(Number.isInteger(jobs) && jobs > 0)) throw new Error(`--jobs ${values.jobs}: not a number of processes`);
  if (!(bound > 0)) throw new Error(`--bound ${values.bound}: not a number of seconds`);
  return { unit: values.unit, jobs, bound, filters: positionals.map((part) => relative(ROOT, join(ROOT, part))) };
}

async function main() {
  const { unit, jobs, bound, filters } = readOptions();
  if (!existsSync(BUILT)) throw new Error('dist/test is not there: npm run build');
  if (unit) process.env.TEST_SEEDS ??= String(UNIT_SEEDS);
  const paths = findTests(filters, unit);
  if (paths.length === 0) throw new Error(`no test file matches ${filters.join(' ') || 'anything'}`);
  const sum = { passed: 0, failed: 0, files: 0, of: paths.length };
  const alone = (path) => ALONE.includes(folderOf(path));
  await runAll(
    paths.filter((path) => !alone(path)),
    jobs,
    bound,
    sum,
  );
  await runAll(paths.filter(alone), 1, bound, sum);
  line(`${sum.passed} passed, ${sum.failed} failed`);
  process.exitCode = sum.failed > 0 ? 1 : 0;
}

await main();
