/**
 * The flags that describe what to balance: their names, help texts and raw values. `checkFlags`
 * turns raw values into checked ones; nothing here judges them.
 */
import type { Options } from 'yargs';
import { QUICK_ALGORITHMS } from '../plan/quick.js';

/** Names of the flags that take a value. */
export const VALUE_FLAGS = [
  'bind',
  'server',
  'balance',
  'maxconn',
  'retries',
  'timeout-connect',
  'timeout-client',
  'timeout-server',
  'timeout-client-fin',
  'timeout-server-fin',
  'timeout-tunnel',
  'workers',
  'io-engine',
  'backlog',
] as const;
/** The name of a flag that takes a value, without its dashes. */
export type ValueFlag = (typeof VALUE_FLAGS)[number];

/** Flags as typed: every value of every flag, and the switches. */
export interface RawFlags {
  readonly values: Readonly<Partial<Record<ValueFlag, readonly string[]>>>;
  readonly redispatch: boolean;
  readonly pin: boolean;
}

const BALANCING = 'What to balance:';
const TIMEOUTS = 'Timeouts (as 50s, 5m; a plain number counts milliseconds; 0 is none):';
const PROCESS = 'The process:';

/** One flag with a value: its place in the help, and its text there. */
const valued = (group: string, describe: string): Options => ({ group, describe, nargs: 1, requiresArg: true });

const DESCRIPTIONS: Record<ValueFlag, Options> = {
  bind: valued(BALANCING, 'Listen here, as :8080, 127.0.0.1:80, [::1]:80, /run/lb.sock; repeatable'),
  server: valued(BALANCING, 'Send connections here, as 10.0.0.1:80 or web:80,weight=2,name=app1; repeatable'),
  balance: valued(BALANCING, `One of ${QUICK_ALGORITHMS.join(', ')} [default: roundrobin]`),
  maxconn: valued(BALANCING, 'Connections at once [default: what ulimit -n allows]'),
  retries: valued(BALANCING, 'Further attempts when a server does not answer [default: 3]'),
  'timeout-connect': valued(TIMEOUTS, 'For a server to accept [default: 5s]'),
  'timeout-client': valued(TIMEOUTS, 'Of silence of the client [default: 50s]'),
  'timeout-server': valued(TIMEOUTS, 'Of silence of the server [default: 50s]'),
  'timeout-client-fin': valued(TIMEOUTS, 'Of silence of the client once half is closed'),
  'timeout-server-fin': valued(TIMEOUTS, 'Of silence of the server once half is closed'),
  'timeout-tunnel': valued(TIMEOUTS, 'Of silence of both, in place of the first two'),
  workers: valued(PROCESS, 'Worker threads, or auto: one for each usable CPU [default: auto]'),
  'io-engine': valued(PROCESS, 'auto, uring or epoll [default: auto]'),
  backlog: valued(PROCESS, 'Length of the accept queues [default: 10000]'),
};

/** The flags as yargs wants them, in the order of the help. */
export const BALANCE_OPTIONS: Readonly<Record<string, Options>> = {
  ...DESCRIPTIONS,
  redispatch: { group: BALANCING, describe: 'Make the last attempt at another server', type: 'boolean' },
  'no-pin': { group: PROCESS, describe: 'Let the kernel move workers between CPUs', type: 'boolean' },
};

/** Collects the raw flags from what yargs has parsed. */
export function rawFlags(argv: Readonly<Record<string, unknown>>): RawFlags {
  const values: Partial<Record<ValueFlag, readonly string[]>> = {};
  for (const flag of VALUE_FLAGS) {
    const value = argv[flag];
    if (value !== undefined) values[flag] = (Array.isArray(value) ? value : [value]).map(String);
  }
  return { values, redispatch: argv.redispatch === true, pin: argv.noPin !== true && argv.pin !== false };
}
