/**
 * `npm run bench:config`: what it takes to check a configuration of 100,000 lines with 5,000
 * backends, beside HAProxy. With --write the figures become a section of bench/RESULTS.md.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { largeConfig } from '../test/harness/large-config.js';
import { withConfigSection } from './lib/config-section.js';
import { compiled } from './lib/contenders.js';
import { temporaryFolder } from './lib/procs.js';

const RESULTS_FILE = fileURLToPath(new URL('../../bench/RESULTS.md', import.meta.url));
const ROUNDS = 5;
const SIZE = {
  lines: 100_000,
  backends: 5000,
  ports: [21_001, 21_002],
  servers: ['127.0.0.1:21003', '127.0.0.1:21004'],
} as const;

/** Seconds of one check: by the clock, and of CPU time with that of the system. */
interface Taken {
  readonly wall: number;
  readonly cpu: number;
}

function check(program: string, args: readonly string[]): Taken {
  const begun = performance.now();
  const { stderr, status } = spawnSync('bash', ['-c', 'TIMEFORMAT="%U %S"; time "$@" >/dev/null', 'bash', program, ...args], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: exit code ${status}: ${stderr.slice(0, 1000)}`);
  const [user, system] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  return { wall: (performance.now() - begun) / 1000, cpu: user + system };
}

function median(values: readonly number[]): string {
  return [...values].sort((a, b) => a - b)[values.length >> 1].toFixed(2);
}

function main(): void {
  const folder = temporaryFolder();
  const file = join(folder, 'large.cfg');
  writeFileSync(file, largeConfig(SIZE));
  const contenders: [string, string, string[]][] = [
    ['haproxy', 'haproxy', ['-c', '-f', file]],
    ['turbo-lb', process.execPath, [compiled('../../src/cli/main.js'), '-c', '-f', file]],
  ];
  const taken = new Map(contenders.map(([name]) => [name, [] as Taken[]]));
  for (let round = 0; round < ROUNDS; round++)
    for (const [name, program, args] of contenders) taken.get(name)?.push(check(program, args));
  rmSync(folder, { recursive: true });
  const rows = [...taken].map(
    ([name, list]) =>
      `${name.padEnd(8)} | ${median(list.map(({ wall }) => wall)).padStart(6)} | ${median(list.map(({ cpu }) => cpu)).padStart(5)}`,
  );
  const section = [
    '## config: checking 100,000 lines with 5,000 backends',
    `Seconds of \`-c -f\`, medians of ${ROUNDS} rounds (\`npm run bench:config\`, ${new Date().toISOString().slice(0, 10)}).`,
    ['         | wall s | CPU s', '-------- | -----: | ----:', ...rows].join('\n'),
  ].join('\n\n');
  process.stdout.write(`${section}\n`);
  if (process.argv.includes('--write'))
    writeFileSync(RESULTS_FILE, withConfigSection(readFileSync(RESULTS_FILE, 'utf8'), section));
}

main();
