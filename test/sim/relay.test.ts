/**
 * The data plane on the simulated engine, over many thousands of seeds: first those that every run
 * repeats, then some that nobody has seen, `TEST_SEEDS` of each. A failing one is printed with the
 * command that repeats exactly it, and `TRACE=1` tells every step.
 */
import { test } from 'uvu';
import { simulate } from './simulation.js';

/** Seeds that every run repeats, and as many new ones. */
const SEEDS = Number(process.env.TEST_SEEDS ?? 10_000);
if (!(SEEDS > 0)) throw new Error(`TEST_SEEDS=${process.env.TEST_SEEDS}: not a number of seeds`);
/** Seeds are 31 bits wide, so that they can be typed. */
const SEED_MAX = 0x7fff_ffff;

const out = process.env.TRACE === '1' ? (line: string): void => console.log(line) : null;

function runSeed(seed: number): void {
  try {
    simulate(seed, out);
  } catch (error) {
    throw new Error(
      `seed ${seed}: ${error}\nagain, with every step:\n  SEED=${seed} TRACE=1 node dist/test/sim/relay.test.js\n`,
      {
        cause: error,
      },
    );
  }
}

function runSeeds(first: number, count: number): void {
  for (let i = 0; i < count; i++) runSeed((first + i) & SEED_MAX);
}

if (process.env.SEED !== undefined) {
  const seed = Number(process.env.SEED);
  test(`seed ${seed} keeps every promise`, () => runSeed(seed));
} else {
  const first = Math.floor(Math.random() * SEED_MAX);
  console.log(`new seeds from ${first} on`);
  test('the seeds of every run keep every promise', () => runSeeds(1, SEEDS));
  test('new seeds keep every promise', () => runSeeds(first, SEEDS));
}

test.run();
