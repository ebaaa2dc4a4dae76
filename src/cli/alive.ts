/**
 * `turbo-lb alive`: is the balancer serving? For keepalived, which asks every second or two, and
 * other programs that want an exit code. Process start is most of its cost, so `main.ts` runs it
 * without the library of flags; with that library it is only for help and mistakes.
 */
import { parseArgs } from 'node:util';
import type { Options } from 'yargs';
import { ask } from '../admin/client/ask.js';
import { Unreachable } from '../admin/client/endpoint.js';
import { parseStat, type StatRow } from '../admin/client/tables.js';
import type { Command } from './command.js';
import { complain, EXIT_FAILURE, EXIT_OK, type Output } from './complaint.js';
import { chooseSocket, SOCKET_OPTIONS, SOCKET_SEARCH } from './socket-flags.js';

/** For the whole answer: less than the two seconds after which keepalived asks again. */
const TIMEOUT_MS = 1500;

const OPTIONS: Readonly<Record<string, Options>> = {
  ...SOCKET_OPTIONS,
  frontend: { group: 'Options:', describe: 'This one has to be open; repeatable [default: any one]', nargs: 1 },
  backend: { group: 'Options:', describe: 'This one needs a usable server; repeatable', nargs: 1 },
};

const EXAMPLES = `Exit code 0, and no word, when the balancer answers on its runtime socket and
has an open frontend; else 1, and one line of what is amiss, within --timeout
[default: ${TIMEOUT_MS}ms].

${SOCKET_SEARCH}

Examples:
  turbo-lb alive
  turbo-lb alive --socket /run/turbo-lb.sock --frontend web --backend app
  In keepalived.conf:
    script "/usr/bin/turbo-lb alive --socket /run/turbo-lb.sock"`;

/** Exit code 0 when the balancer serves, 1 when it does not or a flag is wrong. */
export const ALIVE: Command = { options: OPTIONS, examples: EXAMPLES, handle: alive };

/** The same for words that are plain flags; null when they are not, and the long way has to be gone. */
export async function aliveQuickly(words: readonly string[], output: Output): Promise<number | null> {
  const string = { type: 'string' } as const;
  const several = { type: 'string', multiple: true } as const;
  const options = { socket: string, file: { ...string, short: 'f' }, timeout: string, frontend: several, backend: several };
  try {
    return await alive(parseArgs({ args: [...words], options }).values, output);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS')) return null;
    throw error;
  }
}

async function alive(argv: Readonly<Record<string, unknown>>, output: Output): Promise<number> {
  const { endpoint, timeoutMs, complaints } = await chooseSocket(argv, TIMEOUT_MS);
  if (endpoint === null || complaints.length > 0) return complain(complaints, output);
  try {
    const answer = await ask(endpoint, 'show stat', { silenceMs: 0, signal: AbortSignal.timeout(timeoutMs) });
    const reason = notServing(parseStat(answer), names(argv.frontend), names(argv.backend));
    if (reason === null) return EXIT_OK;
    output.err(`turbo-lb: not serving: ${reason}\n`);
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    output.err(`turbo-lb: not serving: ${error.message}\n`);
  }
  return EXIT_FAILURE;
}

const names = (value: unknown): string[] => (value === undefined ? [] : [value].flat().map(String));

/** FULL: it has as many connections as it may have, and serves them. */
const OPEN = /^(?:OPEN|FULL)$/;

/** Why a balancer with these statistics does not serve; null: it does. */
export function notServing(
  rows: readonly StatRow[] | null,
  frontends: readonly string[] = [],
  backends: readonly string[] = [],
): string | null {
  if (rows === null) return "what answers there does not know 'show stat'";
  const find = (name: string, side: string) => rows.find((row) => row.text('pxname') === name && row.text('svname') === side);
  for (const name of frontends) {
    const row = find(name, 'FRONTEND');
    if (row === undefined) return `there is no frontend ${name}`;
    if (!OPEN.test(row.text('status'))) return `frontend ${name} is ${row.text('status')}`;
  }
  for (const name of backends) {
    const row = find(name, 'BACKEND');
    if (row === undefined) return `there is no backend ${name}`;
    if ((row.number('act') ?? 0) + (row.number('bck') ?? 0) === 0) return `backend ${name} has no usable server`;
  }
  const open = rows.some((row) => row.text('svname') === 'FRONTEND' && OPEN.test(row.text('status')));
  return open ? null : 'no frontend is open';
}
