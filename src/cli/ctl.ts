/**
 * `turbo-lb ctl`: commands to a running balancer through its runtime socket, or the master's one;
 * what people use socat for. Each word of the command line is a line of commands on a connection of
 * its own; without any, standard input has the lines, or a person at a terminal (`ctl-shell.ts`).
 */
import { text as readAll } from 'node:stream/consumers';
import { AnswerWatch } from '../admin/client/answer.js';
import { ask } from '../admin/client/ask.js';
import { type Endpoint, Unreachable } from '../admin/client/endpoint.js';
import { endOfPayload, takesPayload, withPayload } from '../admin/client/payload.js';
import type { Arguments, Command } from './command.js';
import { complain, EXIT_OK, type Output } from './complaint.js';
import { chooseSocket, SOCKET_OPTIONS, SOCKET_SEARCH } from './socket-flags.js';

/** The balancer has answered, with an error. */
const EXIT_REFUSED = 2;
/** Of silence; an answer may be long. */
const TIMEOUT_MS = 10_000;

const EXAMPLES = `Each COMMAND is a line of its own, several commands in a line are separated by
';'. The answer is printed as it comes. A command that ends with '<<' takes its
payload from standard input. Without a COMMAND: a prompt with completion (TAB)
of commands and names at a terminal, else the lines of standard input.

Exit code 0: done; 1: the balancer was not reached, or its answer broke off or
could not be written; 2: it answered with an error, and the commands behind it
were not sent.

${SOCKET_SEARCH}

Examples:
  turbo-lb ctl 'show info'
  turbo-lb ctl 'set server app/s1 state drain' 'show servers state app'
  turbo-lb ctl --socket 127.0.0.1:9999 'show stat' | cut -d, -f1,2,18
  turbo-lb ctl 'add map /etc/haproxy/hosts.map <<' < more.txt
  turbo-lb ctl -f /etc/haproxy/haproxy.cfg
  turbo-lb ctl --socket /run/haproxy-master.sock '@1 show info'`;

/** The command. */
export const CTL: Command = {
  options: SOCKET_OPTIONS,
  examples: EXAMPLES,
  words: true,
  handle: ctl,
};

async function ctl(argv: Arguments, output: Output): Promise<number> {
  const { endpoint, timeoutMs, complaints } = await chooseSocket(argv, TIMEOUT_MS);
  if (endpoint === null || complaints.length > 0) return complain(complaints, output);
  endWithTheReader();
  const words = argv._.map(String).slice(1);
  try {
    if (words.length > 0) {
      const code = await askAll(endpoint, await questionsOf(words), timeoutMs, output);
      if (code === EXIT_REFUSED && seemOne(words)) output.err(`turbo-lb: meant as one command? ctl '${words.join(' ')}'\n`);
      return code;
    }
    if (!process.stdin.isTTY) return await askAll(endpoint, splitLines(await readAll(process.stdin)), timeoutMs, output);
    const { shell } = await import('./ctl-shell.js');
    return await shell(endpoint, timeoutMs);
  } catch (error) {
    if (error instanceof Unreachable) return complain([{ about: '', message: error.message }], output);
    throw error;
  }
}

/** `ctl show info`: each word is a command of its own, and hardly any command has one word. */
function seemOne(words: readonly string[]): boolean {
  return words.length > 1 && !words.some((word) => /\s/.test(word));
}

/** `turbo-lb ctl 'show stat' | head -1`: for who has read enough no answer is waited for, which may have no end. */
function endWithTheReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT_OK);
  });
}

/** Command lines with their payloads; the first one that wants a payload gets all of standard input. */
async function questionsOf(words: readonly string[]): Promise<string[]> {
  const taker = words.findIndex(takesPayload);
  if (taker < 0) return [...words];
  const payload = await readAll(process.stdin);
  return words.map((word, index) => (index === taker ? withPayload(word, payload) : word));
}

/** Lines of a script: those behind `<<`, up to the one that ends them, belong to the line before. Comments are left out. */
function splitLines(script: string): string[] {
  const lines = script.split('\n');
  const questions: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at].trim();
    if (line === '' || line.startsWith('#')) continue;
    if (!takesPayload(line)) {
      questions.push(line);
      continue;
    }
    const payload: string[] = [];
    while (++at < lines.length && lines[at] !== endOfPayload(line)) payload.push(lines[at]);
    questions.push(withPayload(line, payload.join('\n')));
  }
  return questions;
}

async function askAll(endpoint: Endpoint, questions: readonly string[], timeoutMs: number, output: Output): Promise<number> {
  for (const [index, question] of questions.entries()) {
    const watch = new AnswerWatch(question.split('\n', 1)[0]);
    if (index > 0) output.out('\n');
    await ask(endpoint, question, {
      silenceMs: timeoutMs,
      onText: (text) => {
        watch.take(text);
        output.out(text);
      },
    });
    watch.end();
    if (watch.error === null) continue;
    const left = questions.length - index - 1;
    if (left > 0) output.err(`turbo-lb: ${left} more ${left === 1 ? 'command was' : 'commands were'} not sent\n`);
    return EXIT_REFUSED;
  }
  return EXIT_OK;
}
