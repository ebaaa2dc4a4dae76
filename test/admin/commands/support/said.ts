/** Commands carried out on a balancer in this process, without a socket. */
import { type CommandCall, newSession, type Reply, replyText } from '../../../../src/admin/command.js';
import { COMMANDS } from '../../../../src/admin/commands/index.js';
import { Registry } from '../../../../src/admin/registry.js';
import type { LoadBalancer } from '../../../../src/master/balancer.js';

const registry = new Registry(COMMANDS);

/** What a balancer answers to a command, piece by piece as it is made. */
export async function* pieces(balancer: LoadBalancer, line: string): AsyncIterable<string> {
  const session: CommandCall['session'] = newSession({ level: 'admin' });
  const found = registry.find(line.split(' '), session);
  if (found === null) throw new Error(`there is no command ${line}`);
  const answer = await found.command.run({ balancer, session, words: found.words, payload: null });
  if (typeof answer === 'object' && (Symbol.iterator in answer || Symbol.asyncIterator in answer)) yield* answer;
  else yield replyText(answer as Reply, 'none');
}

/** What it answers to several, one after the other. */
export async function said(balancer: LoadBalancer, ...lines: string[]): Promise<string> {
  let text = '';
  for (const line of lines) for await (const piece of pieces(balancer, line)) text += piece;
  return text;
}
