/** The balancer under test, and HAProxy doing the same job beside it. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ValueFlag } from '../../../src/cli/flags.js';
import type { Plan } from '../../../src/plan/plan.js';
import {
  type EngineChoice,
  freePort,
  type RunningProcess,
  runProcess,
  scratchFolder,
  startHaproxy,
  startProcess,
  startTurbo,
} from '../../harness.js';

/** Values of flags, by their names without dashes; `true` for a switch. */
export type Flags = Readonly<Partial<Record<ValueFlag | 'redispatch', string | number | true>>>;

/** A running balancer in front of some servers. */
export interface Balancer {
  /** The port it listens on, of 127.0.0.1. */
  readonly port: number;
  readonly process: RunningProcess;
  readonly pid: number;
}

/** Starts turbo-lb by its command line in front of `servers`, with one unpinned worker unless `flags` say otherwise. */
export async function balance(engine: EngineChoice, servers: readonly string[], flags: Flags = {}): Promise<Balancer> {
  const port = await freePort();
  const process = await startTurbo(argumentsOf(`127.0.0.1:${port}`, servers, flags), { engine });
  return { port, process, pid: process.pid };
}

/** The words of a command line. */
export function argumentsOf(bind: string, servers: readonly string[], flags: Flags = {}): string[] {
  const words = ['--no-pin', '--bind', bind, ...servers.flatMap((server) => ['--server', server])];
  for (const [flag, value] of Object.entries({ workers: 1, ...flags }))
    words.push(`--${flag}`, ...(value === true ? [] : [String(value)]));
  return words;
}

/** Starts HAProxy in front of the same servers; `lines` are what the configuration says beside them. */
export async function balanceWithHaproxy(servers: readonly string[], lines: readonly string[] = []): Promise<Balancer> {
  const port = await freePort();
  const process = await startHaproxy(`
    global
      stats socket ${statisticsSocket(port)}
      nbthread 1
      maxconn 4000
    defaults
      mode tcp
      timeout connect 5s
      timeout client 50s
      timeout server 50s
    listen test
      bind 127.0.0.1:${port}
      ${lines.join('\n      ')}
      ${servers.map(haproxyServer).join('\n      ')}
    `);
  return { port, process, pid: process.pid };
}

/** Where HAProxy answers questions; one folder for all of a test file. */
function statisticsSocket(port: number): string {
  statisticsFolder ??= scratchFolder();
  return join(statisticsFolder, `${port}.sock`);
}

let statisticsFolder: string | undefined;

function haproxyServer(server: string, index: number): string {
  const [address, ...settings] = server.split(',');
  return `server srv${index + 1} ${address} ${settings.map((setting) => setting.replace('=', ' ')).join(' ')}`;
}

/** A balancer whose counters can be read. */
export interface WatchedBalancer extends Balancer {
  /** Its live counters, with `servers`: the connections of each server. */
  counters(): Promise<Record<string, number> & { servers: number[] }>;
}

/** What `watchedBalance` takes beside flags. */
export interface WatchedOptions {
  /** The module that workers run. */
  readonly workerUrl?: URL;
  readonly env?: Readonly<Record<string, string>>;
  /** Arguments of node itself, as `--max-old-space-size=64`. */
  readonly nodeArgs?: readonly string[];
}

const WATCHED_PROGRAM = fileURLToPath(new URL('../../master/fixtures/watched-balancer.js', import.meta.url));

/** As `balance`, with a way to read the counters and to replace the worker's module. */
export async function watchedBalance(
  engine: EngineChoice,
  servers: readonly string[],
  flags: Flags = {},
  options: WatchedOptions = {},
): Promise<WatchedBalancer> {
  const port = await freePort();
  const { redispatch = false, ...values } = { workers: 1, ...flags, bind: `127.0.0.1:${port}`, 'io-engine': engine };
  const texts = Object.fromEntries(Object.entries(values).map(([flag, value]) => [flag, [String(value)]]));
  const raw = { values: { ...texts, server: servers }, redispatch: redispatch === true, pin: false };
  const process = await startProcess(
    globalThis.process.execPath,
    [...(options.nodeArgs ?? []), WATCHED_PROGRAM, JSON.stringify(raw)],
    {
      readyWhen: /may be asked/,
      env: { ...options.env, ...(options.workerUrl && { TEST_WORKER_URL: options.workerUrl.href }) },
    },
  );
  return { port, process, pid: process.pid, counters: () => readCounters(process) };
}

const PLAN_PROGRAM = fileURLToPath(new URL('../../master/fixtures/plan-balancer.js', import.meta.url));

/** Starts turbo-lb for a plan; its first bind is on `port`. */
export async function planBalance(
  plan: Plan,
  port: number,
  {
    workerUrl,
    env,
    readyWhen = /may be asked/,
  }: Pick<WatchedOptions, 'workerUrl' | 'env'> & { readonly readyWhen?: RegExp } = {},
): Promise<WatchedBalancer> {
  const process = await startProcess(globalThis.process.execPath, [PLAN_PROGRAM, JSON.stringify(plan)], {
    readyWhen,
    env: { ...env, ...(workerUrl && { TEST_WORKER_URL: workerUrl.href }) },
  });
  return { port, process, pid: process.pid, counters: () => readCounters(process) };
}

/** Asks by SIGHUP, and takes the next line that the program writes. */
function readCounters(process: RunningProcess): Promise<Record<string, number> & { servers: number[] }> {
  const { stdout } = process.child;
  if (stdout === null) throw new Error('the output is not read');
  return new Promise((resolve, reject) => {
    let text = '';
    const take = (chunk: string): void => {
      text += chunk;
      if (!text.includes('\n')) return;
      stdout.off('data', take);
      resolve(JSON.parse(text));
    };
    stdout.on('data', take);
    void process.exited.then((exit) => reject(new Error(`the balancer is gone: ${JSON.stringify(exit)}\n${process.output}`)));
    process.child.kill('SIGHUP');
  });
}

/** The line of the listener in HAProxy's statistics, by the names of its columns. */
export async function haproxyStatistics(balancer: Balancer): Promise<Record<string, string>> {
  const { stdout } = await runProcess('sh', [
    '-c',
    `echo 'show stat' | socat -t 5 - UNIX-CONNECT:${statisticsSocket(balancer.port)}`,
  ]);
  const [head, ...lines] = stdout.replace(/^# /, '').split('\n');
  const backend = lines.find((line) => line.startsWith('test,BACKEND,'))?.split(',') ?? [];
  return Object.fromEntries(head.split(',').map((column, i) => [column, backend[i]]));
}
