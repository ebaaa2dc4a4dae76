/**
 * The master's socket (`-S`; management manual, section 9.4): words with a prefix, `@1` or `@!PID`, go to
 * the commands of a worker, all others to those of the master. HAProxy has a process for each; here it
 * is one, whose workers are threads: `@1` and `@!` with its own pid are the same.
 */
import { failure, type Message, type ProcessControl, type RuntimeSession } from './command.js';

/** For whom words are. */
export type Target = 'master' | 'worker';

/** What a prefix means. */
export type Prefix =
  | { readonly kind: 'none' }
  | { readonly kind: 'target'; readonly target: Target; readonly stays: boolean }
  /** There is no such process. */
  | { readonly kind: 'unknown'; readonly word: string };

const NONE: Prefix = { kind: 'none' };

/** Reads the prefix of a request; `@@1` is as `@1`, and stays so. */
export function prefixOf(words: readonly string[], pid = process.pid): Prefix {
  const [word = ''] = words;
  if (!word.startsWith('@')) return NONE;
  const stays = words.length === 1 || word.startsWith('@@');
  const name = word.replace(/^@@?/, '');
  if (name === '' || name === 'master') return { kind: 'target', target: 'master', stays };
  if (name === '1' || name === `!${pid}`) return { kind: 'target', target: 'worker', stays };
  return { kind: 'unknown', word };
}

/** What HAProxy's master does itself, whoever is spoken to; behind a prefix it is the worker's, too. */
const OF_MASTER = ['prompt', 'quit', 'operator', 'user', 'expert-mode', 'experimental-mode'];

/** Whether a worker carries the request out: an empty line ends its answer, as everywhere, even when it says nothing. */
export function isForWorker(words: readonly string[], { target }: RuntimeSession): boolean {
  const prefix = prefixOf(words);
  if (prefix.kind === 'target') return prefix.target === 'worker' && words.length > 1;
  return prefix.kind === 'none' && target === 'worker' && !OF_MASTER.includes(words[0] ?? '');
}

/** The answer to a prefix that names no process. */
export function unknownTarget(word: string): Message {
  return failure(`Can't find the target PID matching the prefix '${word}'\n`);
}

/** The prompt: who answers, and in which mode. */
export function masterPrompt({ target, expert, experimental }: RuntimeSession, control: ProcessControl | null): string {
  const modes = `${experimental ? 'x' : ''}${expert ? 'e' : ''}`;
  const flags = modes === '' ? '' : `(${modes})`;
  if (target === 'worker') return `${process.pid}${flags}> `;
  return `master${flags}${control?.lastReloadFailed === true ? '[ReloadFailed]' : ''}> `;
}
