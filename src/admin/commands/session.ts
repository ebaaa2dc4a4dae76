/** Commands about the connection itself: what it may do, how it is spoken to, when it ends. */
import { parseTime } from '../../config/values/time.js';
import {
  type Command,
  type CommandCall,
  failure,
  type Level,
  Message,
  permits,
  type Reply,
  type RuntimeSession,
} from '../command.js';

const PROMPT_HELP = `Usage: prompt [help | n | i | p | timed]*
Changes the interactive mode and the prompt.
  help     displays this help
  n        non-interactive mode: the connection ends with the line
  i        interactive mode: more lines may follow, without a prompt
  p        interactive mode with a prompt
  timed    toggles the time in the prompt
Without any, switches between the prompt and the non-interactive mode.
`;
const MODES: Readonly<Record<string, RuntimeSession['mode']>> = { n: 'single', i: 'interactive', p: 'prompt' };

/** The longest time that a connection may be silent, in milliseconds: what a timer takes. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1;

const lower =
  (level: Level) =>
  ({ session }: CommandCall): string => {
    if (permits(session, level)) session.level = level;
    session.expert = false;
    session.experimental = false;
    return '';
  };

/** The commands of this file. */
export const SESSION_COMMANDS: readonly Command[] = [
  {
    name: 'prompt',
    usage: '[help | n | i | p | timed ]*',
    help: 'toggle interactive mode with prompt',
    level: 'user',
    run: prompt,
  },
  {
    name: 'quit',
    usage: '',
    help: 'disconnect',
    level: 'user',
    run: ({ session }) => {
      session.ended = true;
      return '';
    },
  },
  {
    name: 'operator',
    usage: '',
    help: 'lower the level of the current CLI session to operator',
    level: 'operator',
    run: lower('operator'),
  },
  { name: 'user', usage: '', help: 'lower the level of the current CLI session to user', level: 'user', run: lower('user') },
  { name: 'expert-mode', usage: '[on|off]', help: null, level: 'admin', run: (call) => switchMode('expert', call) },
  { name: 'experimental-mode', usage: '[on|off]', help: null, level: 'admin', run: (call) => switchMode('experimental', call) },
  {
    name: 'show cli level',
    usage: '',
    help: 'display the level of the current CLI session',
    level: 'user',
    run: ({ session }) => new Message('info', `${session.level}\n`),
  },
  { name: 'set timeout', usage: '[cli] <delay>', help: 'change a timeout setting', level: 'user', run: setTimeoutCli },
  {
    name: 'set severity-output',
    usage: '[none|number|string]',
    help: 'set presence of severity level in feedback information',
    level: 'user',
    run: setSeverityOutput,
  },
];

/** Without words it toggles; otherwise each word says one thing. */
function prompt({ session, words }: CommandCall): Reply {
  if (words.length === 0) session.mode = session.mode === 'prompt' ? 'single' : 'prompt';
  for (const word of words) {
    const mode = MODES[word];
    if (word === 'timed') session.timed = !session.timed;
    else if (mode !== undefined) session.mode = mode;
    else return new Message('info', PROMPT_HELP);
  }
  return '';
}

function switchMode(mode: 'expert' | 'experimental', { session, words: [wish] }: CommandCall): Reply {
  if (wish === undefined) return new Message('info', `${mode}-mode is ${session[mode] ? 'ON' : 'OFF'}\n`);
  session[mode] = wish === 'on';
  return '';
}

function setTimeoutCli({ session, words }: CommandCall): Reply {
  const [which, delay] = words;
  if (which !== 'cli') return failure("'set timeout' only supports 'cli'.\n");
  if (delay === undefined) return failure('Expects an integer value.\n');
  // a number alone means seconds here
  const time = parseTime(/^[0-9]+$/.test(delay) ? `${delay}s` : delay);
  if (!time.ok || time.value === 0 || time.value > TIMEOUT_MS_MAX) return failure('Invalid timeout value.\n');
  session.timeoutMs = time.value;
  return '';
}

function setSeverityOutput({ session, words }: CommandCall): Reply {
  const output = (['none', 'number', 'string'] as const).find((known) => known === words[0]);
  if (output === undefined) return failure("one of 'none', 'number', 'string' is a required argument\n");
  session.severityOutput = output;
  return '';
}
