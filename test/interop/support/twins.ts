/**
 * The same configuration and the same traffic through HAProxy and through turbo-lb: what clients,
 * servers and the log receiver saw must be equal. HAProxy runs once; turbo-lb once for each engine
 * and number of workers.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  ENGINES,
  type EngineChoice,
  freePort,
  isListening,
  type RunningProcess,
  scratchFolder,
  startProcess,
  withProcesses,
} from '../../harness.js';
import { closeReceivers, comparable, LogReceiver, withoutWhatVaries } from './log-receiver.js';
import { closeAll } from './peers.js';

/** A run that takes longer waits for something that will not come (ms). */
const RUN_MS_MAX = 60_000;
/** The compiled command line. */
export const TURBO_LB = fileURLToPath(new URL('../../../src/cli/main.js', import.meta.url));

/** Who balances in a run. */
export type Contender =
  | { readonly name: 'haproxy' }
  | { readonly name: 'turbo-lb'; readonly engine: EngineChoice; readonly workers: number };

/** One run: its ports, its log, and the balancer. */
export class Run {
  private readonly ports = new Map<string, number>();

  private constructor(
    readonly contender: Contender,
    readonly log: LogReceiver,
    /** A folder of this run, for sockets and files that the configuration names. */
    readonly folder: string,
  ) {}

  static async begin(contender: Contender): Promise<Run> {
    return new Run(contender, await LogReceiver.open(), scratchFolder());
  }

  /** A port by a name of the scenario's choice; the same name, the same port. */
  async port(name: string): Promise<number> {
    const known = this.ports.get(name);
    if (known !== undefined) return known;
    const port = await freePort();
    this.ports.set(name, port);
    return port;
  }

  /** The lines of traffic, made comparable. */
  async logged(count: number): Promise<string[]> {
    const lines = await this.log.traffic(count);
    return lines.map((line) => this.hidePorts(comparable(line)));
  }

  /** Starts the balancer with this configuration; ready when it listens on every `bind` with a port. */
  start(config: string): Promise<RunningProcess> {
    return startContender(this.contender, config, this.folder);
  }

  /** Ports of this run give way to their names: each run has others. */
  hidePorts(line: string): string {
    let text = line;
    for (const [name, port] of this.ports) text = text.replaceAll(String(port), `{${name}}`);
    return text;
  }
}

/**
 * For HAProxy: with several threads, one may still count a session of which another has sent the end
 * and the line, and the next session would be logged with one more.
 */
const ONE_THREAD = 'global\n  nbthread 1\n';

/** What turbo-lb says under -V when its workers accept connections: it listens before, as does every process. */
const ACCEPTS = /: listening on /;

/** Starts a balancer by its command line; ready when it listens on every `bind` with a port, and accepts. */
export async function startContender(contender: Contender, config: string, folder = scratchFolder()): Promise<RunningProcess> {
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(file, `${config}\n`);
  if (contender.name === 'haproxy') {
    const binds = [...config.matchAll(/^\s*bind\s+\S*:(\d+)/gm)].map((match) => Number(match[1]));
    const readyWhen = (): boolean => binds.every(isListening);
    const own = join(folder, 'one-thread.cfg');
    writeFileSync(own, ONE_THREAD);
    return startProcess('haproxy', ['-db', '-f', own, '-f', file], { readyWhen });
  }
  const own = join(folder, 'turbo-lb.cfg');
  writeFileSync(own, `global\n  tune.io-engine ${contender.engine}\n  nbthread ${contender.workers}\n`);
  return startProcess(process.execPath, [TURBO_LB, '-V', '-db', '-f', file, '-f', own], { readyWhen: ACCEPTS });
}

/** What a scenario may say about itself. */
export interface TwinOptions {
  /** Numbers of workers that turbo-lb runs with, one after the other; 1 and 2 unless it matters. */
  readonly workers?: readonly number[];
}

/** Runs of a scenario of which nothing but what varies differs: a busy machine does that now and then, a mistake always. */
const RUNS_MAX = 3;

/**
 * Declares a test: `scenario` is run before HAProxy, then before turbo-lb in each of its ways, and
 * answers what it saw, as something that can be compared: part by part, where it is an object. It
 * starts the balancer itself.
 */
export function twins<T>(name: string, scenario: (run: Run) => Promise<T>, { workers = [1, 2] }: TwinOptions = {}): void {
  const ways = ENGINES.flatMap((engine) => workers.map((count) => ({ name: 'turbo-lb', engine, workers: count }) as const));
  let expected: T | undefined;
  for (const way of ways) {
    test(`${name} (${way.engine}, workers ${way.workers})`, async () => {
      expected ??= await once({ name: 'haproxy' }, scenario); // one after the other: the end of a run closes everything
      let left = differences(await once(way, scenario), expected);
      for (let run = 1; run < RUNS_MAX && left.size > 0 && [...left.values()].every(inWhatVariesOnly); run++) {
        expected = await once({ name: 'haproxy' }, scenario);
        const again = differences(await once(way, scenario), expected);
        left = new Map([...again].filter(([part, pair]) => left.has(part) || !inWhatVariesOnly(pair)));
      }
      for (const [part, { seen, expected }] of left) assert.equal(seen, expected, `not HAProxy's: ${part}`);
    });
  }
}

/** What was seen of one part, and what HAProxy showed of it. */
interface Difference {
  readonly seen: unknown;
  readonly expected: unknown;
}

/** The parts that are not equal, by their names. */
function differences(seen: unknown, expected: unknown): Map<string, Difference> {
  const [ours, theirs] = [partsOf(seen), partsOf(expected)];
  const all = [...new Set([...ours.keys(), ...theirs.keys()])];
  const pairs = all.map((part) => [part, { seen: ours.get(part), expected: theirs.get(part) }] as const);
  return new Map(pairs.filter(([, pair]) => !isDeepStrictEqual(pair.seen, pair.expected)));
}

function partsOf(seen: unknown): Map<string, unknown> {
  const hasParts = typeof seen === 'object' && seen !== null && !Array.isArray(seen);
  return new Map(hasParts ? Object.entries(seen) : [['all of it', seen]]);
}

function inWhatVariesOnly({ seen, expected }: Difference): boolean {
  return withoutWhatVaries(JSON.stringify(seen) ?? '') === withoutWhatVaries(JSON.stringify(expected) ?? '');
}

/** One run of a scenario, bounded, with everything it opened closed at its end. */
async function once<T>(contender: Contender, scenario: (run: Run) => Promise<T>): Promise<T> {
  const run = await Run.begin(contender);
  const finish = async (): Promise<void> => {
    closeReceivers();
    await closeAll();
  };
  return withProcesses(() => bounded(contender.name, scenario(run)).finally(finish));
}

function bounded<T>(name: string, run: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${name} is not done after ${RUN_MS_MAX} ms`)), RUN_MS_MAX);
    run.then(resolve, reject).finally(() => clearTimeout(late));
  });
}
