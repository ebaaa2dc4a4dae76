/**
 * `npm run bench:l4`: turbo-lb beside HAProxy, nginx and plain Node on the same machine in the
 * same minutes. Within a round every contender is started, measured and stopped in turn; the
 * tables show medians over the rounds and ratios made pair by pair within each round.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { configSection } from './lib/config-section.js';
import { CONTENDER_IDS, type ContenderId } from './lib/contenders.js';
import { CPU_SOURCE, crossCheck } from './lib/cpu.js';
import { machineText } from './lib/machine.js';
import { cleanUpAtExit, freePort, stopAll, temporaryFolder } from './lib/procs.js';
import { missed, type RowResult, rowText } from './lib/report.js';
import type { Bench, Entrant, Row } from './lib/row.js';
import { startServers } from './lib/servers.js';
import type { Sample } from './lib/stats.js';
import { bulk } from './rows/bulk.js';
import { checks } from './rows/checks.js';
import { connect } from './rows/connect.js';
import { idle } from './rows/idle.js';
import { keepalive } from './rows/keepalive.js';
import { raw } from './rows/raw.js';
import { scale } from './rows/scale.js';

const RESULTS_FILE = fileURLToPath(new URL('../../bench/RESULTS.md', import.meta.url));
const ROWS: readonly Row[] = [keepalive, bulk, connect, idle, raw, scale, checks];
const ROW_NAMES = ROWS.map((row) => row.name);
/** Shorter windows hold too few clock ticks for the split into user and system time. */
const SECONDS_MIN = 3;

/** Parts of a comma-separated list; throws on one that is not known. */
function chosenFrom<T extends string>(known: readonly T[], what: string): (list: string) => T[] {
  return (list) => {
    const parts = list.split(',').map((part) => part.trim());
    const unknown = parts.find((part) => !known.includes(part as T));
    if (unknown !== undefined) throw new Error(`no such ${what}: '${unknown}' (there are ${known.join(', ')})`);
    return known.filter((part) => parts.includes(part));
  };
}

function readCommandLine() {
  return yargs(hideBin(process.argv))
    .usage(
      'npm run bench:l4 -- [options]\n\nMeasures turbo-lb beside other balancers. Takes about half an hour with the defaults.',
    )
    .options({
      only: {
        describe: 'Contenders to measure',
        type: 'string',
        default: CONTENDER_IDS.join(','),
        coerce: chosenFrom<ContenderId>(CONTENDER_IDS, 'contender'),
      },
      rows: {
        describe: 'Rows to measure',
        type: 'string',
        default: ROW_NAMES.join(','),
        coerce: chosenFrom(ROW_NAMES, 'row'),
      },
      rounds: { describe: 'Rounds over all contenders', type: 'number', default: 5 },
      seconds: { describe: 'Seconds of each measured window', type: 'number', default: 4 },
      cpus: { describe: 'CPUs of the balancers, as taskset(1) writes them', type: 'string' },
      'load-cpus': { describe: 'CPUs of servers and load generators', type: 'string' },
      write: { describe: 'Write bench/RESULTS.md', type: 'boolean', default: false },
    })
    .check(({ rounds, seconds }) => {
      if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds must be a whole number of at least 1');
      if (!Number.isInteger(seconds) || seconds < SECONDS_MIN)
        throw new Error(`--seconds must be a whole number of at least ${SECONDS_MIN}`);
      return true;
    })
    .strict()
    .parseSync();
}

/** What went wrong, by row and entrant: a message for each round that failed. */
type Failures = Map<string, string[]>;

/** Measures a row, round by round; the order turns by one in each, so that nobody is always first. */
async function measureRow(
  bench: Bench,
  row: Row,
  entrants: readonly Entrant[],
  rounds: number,
  failures: Failures,
): Promise<RowResult> {
  const samples = new Map(entrants.map((entrant) => [entrant.label, [] as (Sample | undefined)[]]));
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < entrants.length; i++) {
      const entrant = entrants[(i + round) % entrants.length];
      process.stderr.write(`round ${round + 1}/${rounds}  ${row.name}  ${entrant.label}\n`);
      const sample = await row.measure(bench, entrant).catch((error: Error) => {
        const place = `${row.name}, ${entrant.label}`;
        failures.set(place, [...(failures.get(place) ?? []), error.message]);
        return undefined;
      });
      samples.get(entrant.label)?.push(sample);
    }
  }
  return { row, entrants, rounds: samples };
}

function methodText(seconds: number, rounds: number): string {
  const difference = (crossCheck() * 100).toFixed(1);
  const source =
    CPU_SOURCE === 'schedstat'
      ? `/proc/PID/task/*/schedstat (ns); /proc/PID/stat differs by at most ${difference} %`
      : '/proc/PID/stat (ticks of 10 ms)';
  return `Medians of ${rounds} rounds, windows of ${seconds} s after a warm-up; every contender is
started anew for each window and has one worker where nothing else is said.
Ratios are made within a round; below 1 is less than the reference uses.
CPU is that of all threads and processes of the balancer, from
${source};
user and system as /proc/PID/stat divides them.`;
}

function writeResults(parts: readonly string[]): void {
  const command = ['npm run bench:l4 --', ...hideBin(process.argv)].join(' ');
  const head = `# Layer 4 beside other balancers\n\n${machineText()}\n- Command: \`${command}\``;
  const kept = existsSync(RESULTS_FILE) ? configSection(readFileSync(RESULTS_FILE, 'utf8')) : '';
  const all = [head, ...parts, kept].map((part) => part.trim()).filter((part) => part !== '');
  writeFileSync(RESULTS_FILE, `${all.join('\n\n')}\n`);
  process.stderr.write(`written: ${RESULTS_FILE}\n`);
}

async function main(): Promise<number> {
  const options = readCommandLine();
  const folder = temporaryFolder();
  cleanUpAtExit(folder);
  const { cpus, loadCpus, seconds, rounds } = options;
  const bench: Bench = { folder, seconds, cpus, loadCpus, servers: await startServers(folder, loadCpus), port: await freePort() };
  const failures: Failures = new Map();
  const results: RowResult[] = [];
  for (const row of ROWS.filter(({ name }) => options.rows.includes(name))) {
    const entrants = row.entrants(options.only);
    if (entrants.length === 0) continue;
    const result = await measureRow(bench, row, entrants, rounds, failures);
    process.stdout.write(`\n${rowText(result)}\n`);
    results.push(result);
  }
  const method = methodText(seconds, rounds);
  const targetsMissed = results.reduce((sum, result) => sum + missed(result), 0);
  process.stdout.write(`${method}\n\nTargets missed: ${targetsMissed}\n`);
  if (options.write && failures.size === 0) writeResults([method, ...results.map(rowText)]);
  for (const [place, messages] of failures)
    process.stderr.write(`bench: ${place}: failed in ${messages.length} of ${rounds} rounds: ${messages[0]}\n`);
  await stopAll();
  return failures.size > 0 ? 1 : 0;
}

process.exit(
  await main().catch((error: Error) => {
    process.stderr.write(`bench: ${error.message}\n`);
    return 1;
  }),
);
