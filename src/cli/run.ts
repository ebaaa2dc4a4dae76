/**
 * From the words of the command line to a command, and from its result or failure to an exit
 * code. yargs finds flags and prints the help; unknown words are refused here, where the nearest
 * known one can be named.
 */
import yargs, { type Argv } from 'yargs';
import { didYouMean, nearestWord } from '../config/values/nearest.js';
import { BindError, StartError } from '../master/start-error.js';
import { packageVersion } from '../shared/version.js';
import type { Arguments, Command } from './command.js';
import { complain, EXIT_FAILURE, EXIT_OK, type Output } from './complaint.js';
import { descriptorShortage } from './shortage.js';
import { STANDARD_OUTPUT } from './standard-output.js';

/** A command by its name; what it consists of is loaded when it is called, so that small ones start quickly. */
interface Entry {
  /** '$0' is the one that runs without a name; it is the first. */
  readonly name: string;
  readonly describe: string;
  load(): Promise<Command>;
}

const COMMANDS: readonly Entry[] = [
  {
    name: '$0',
    describe: 'Balance connections from --bind addresses over --server addresses',
    load: async () => (await import('./balance.js')).BALANCE,
  },
  {
    name: 'ctl',
    describe: 'Speak to a running balancer through its runtime socket: ctl COMMAND...',
    load: async () => (await import('./ctl.js')).CTL,
  },
  {
    name: 'top',
    describe: 'Watch a running balancer: states, sessions, rates, errors',
    load: async () => (await import('./top.js')).TOP,
  },
  {
    name: 'alive',
    describe: 'Is the balancer serving? For keepalived and scripts',
    load: async () => (await import('./alive.js')).ALIVE,
  },
  {
    name: 'demo',
    describe: 'Try it: three small HTTP servers with the balancer in front of them',
    load: async () => (await import('./demo.js')).DEMO,
  },
  {
    name: 'doctor',
    describe: 'Examine this host: engine, limits and kernel settings',
    load: async () => (await import('./doctor.js')).DOCTOR,
  },
  {
    name: 'keywords',
    describe: 'Show the keywords that configuration files may have, or one: keywords NAME',
    load: async () => (await import('./keywords.js')).KEYWORDS,
  },
];

const COMMAND_NAMES = COMMANDS.map((command) => command.name).filter((name) => name !== '$0');
/** Flags that every command has. */
const COMMON_FLAGS = ['help', 'version'];
/** Columns of the help. */
const HELP_WIDTH = 80;

/** The words were wrong in a way that yargs noticed. */
class UsageError extends Error {}

/** Runs a command line, without the program's name; answers the exit code. */
export async function run(words: readonly string[], output: Output = STANDARD_OUTPUT): Promise<number> {
  try {
    const named = COMMANDS.find(({ name }) => name === words[0]);
    if (named === undefined) return await runUnnamed(words, output);
    const code = await runCommand(named, words, output);
    return code === EXIT_OK ? lost((await output.written?.()) ?? null, output) : code;
  } catch (error) {
    return explain(error, output);
  }
}

/** A command whose answer did not get where it should has failed. A balancer has not: it goes by HAProxy's exit codes. */
function lost(reason: string | null, output: Output): number {
  return reason === null ? EXIT_OK : complain([{ about: 'standard output', message: reason }], output);
}

async function runUnnamed(words: readonly string[], output: Output): Promise<number> {
  const { isShortStyle } = await import('./short-options.js');
  if (words.length > 0 && !isShortStyle(words)) return await runCommand(COMMANDS[0], words, output);
  const { configured } = await import('./configured.js');
  return await configured(words, output);
}

async function runCommand(entry: Entry, words: readonly string[], output: Output): Promise<number> {
  let code = EXIT_OK;
  const parser = newParser();
  const command = await entry.load();
  // To the library `help` is its own command; to a balancer it is one of the words.
  if (command.words === true && !words.includes('--help')) parser.help(false);
  for (const { name, describe } of COMMANDS) {
    if (name !== entry.name) parser.command(name, describe);
    else
      parser.command({
        command: name,
        describe,
        builder: (builder: Argv) => builder.options(command.options).epilogue(command.examples),
        handler: async (argv: Arguments) => {
          const unknown = refuseUnknown(name, command, argv);
          code = unknown === undefined ? await command.handle(argv, output) : complain([unknown], output);
        },
      });
  }
  await parser.parseAsync(words, {}, (_error, _argv, text) => {
    if (text !== '') output.out(`${text}\n`);
  });
  return code;
}

/** One line for what a person can mend; the stack of anything else, which is a defect. */
function explain(error: unknown, output: Output): number {
  if (error instanceof BindError)
    return complain(
      error.failures.map(({ origin, action, reason }) => ({ about: origin, message: `cannot ${action}: ${reason}` })),
      output,
    );
  if (error instanceof StartError || error instanceof UsageError)
    return complain([{ about: '', message: error.message }], output);
  const shortage = descriptorShortage(error);
  if (shortage !== null) return complain([{ about: '', message: shortage }], output);
  output.err(`turbo-lb: internal error: ${error instanceof Error ? error.stack : String(error)}\n`);
  return EXIT_FAILURE;
}

function newParser(): Argv {
  return yargs()
    .scriptName('turbo-lb')
    .parserConfiguration({
      'boolean-negation': false,
      'dot-notation': false,
      'parse-numbers': false,
      'short-option-groups': false,
      'unknown-options-as-args': true,
    })
    .detectLocale(false)
    .wrap(HELP_WIDTH)
    .exitProcess(false)
    .version(`turbo-lb ${packageVersion()}`)
    .fail((message, error) => {
      if (error && error.name !== 'YError') throw error;
      throw new UsageError(message.replace('Not enough arguments following: ', 'a value is missing after --'));
    });
}

/** The first word that no command or flag of this command is. */
function refuseUnknown(name: string, command: Command, argv: Arguments): { about: string; message: string } | undefined {
  const words = argv._.map(String);
  const word = name === '$0' ? words[0] : words[1];
  if (word === undefined || (command.words === true && !word.startsWith('-'))) return undefined;
  if (!word.startsWith('-')) {
    const known = name === '$0' ? COMMAND_NAMES : [];
    return { about: word, message: `unknown command${didYouMean(word, known)}` };
  }
  const typed = word.split('=')[0];
  const flags = [...Object.keys(command.options), ...COMMON_FLAGS];
  const meant = nearestWord(typed.replace(/^-+/, ''), flags);
  return { about: typed, message: `unknown flag${meant === undefined ? '' : `; did you mean '--${meant}' maybe ?`}` };
}
