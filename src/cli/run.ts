/**
 * From the words of the command line to a command, and from its result or failure to an exit
 * code. yargs finds flags and prints the help; unknown words are refused here, where the nearest
 * known one can be named.
 */
import yargs, { type Argv, type Options } from 'yargs';
import { didYouMean, nearestWord } from '../config/values/nearest.js';
import { BindError, StartError } from '../master/start-error.js';
import { balance } from './balance.js';
import { complain, EXIT_FAILURE, EXIT_OK, type Output, STANDARD_OUTPUT } from './complaint.js';
import { configured } from './configured.js';
import { DEMO_OPTIONS, demo } from './demo.js';
import { DOCTOR_OPTIONS, doctor } from './doctor.js';
import { BALANCE_OPTIONS } from './flags.js';
import { keywords } from './keywords.js';
import { isShortStyle } from './short-options.js';
import { packageVersion } from './version.js';

/** What yargs has parsed of a command line; words that it does not know are in `_`. */
export type Arguments = Readonly<Record<string, unknown>> & { readonly _: readonly (string | number)[] };

interface Command {
  /** '$0' is the one that runs without a name. */
  readonly name: string;
  readonly describe: string;
  readonly options: Readonly<Record<string, Options>>;
  /** It takes words that are neither commands nor flags. */
  readonly words?: boolean;
  /** Shown below the help; its lines are not wrapped. */
  readonly examples: string;
  readonly handle: (argv: Arguments, output: Output) => number | Promise<number>;
}

const BALANCE_EXAMPLES = `Examples:
  What a HAProxy configuration says; -c only checks it:
    turbo-lb -f /etc/haproxy/haproxy.cfg
  Two servers in turn, on all cores:
    turbo-lb --bind :8080 --server 10.0.0.1:80 --server 10.0.0.2:80
  Twice as many connections to the first:
    turbo-lb --bind :8080 --server web1:80,weight=2 --server web2:80,name=b
  To the server with the fewest connections:
    turbo-lb --bind :5432 --server db1:5432 --server db2:5432 \\
      --balance leastconn`;

const DEMO_EXAMPLES = `Example:
  turbo-lb demo --bind :8000 --balance leastconn`;

const DOCTOR_EXAMPLES = `Exit code 0 when this host can bear the load, 1 when it cannot.

Example:
  turbo-lb doctor --maxconn 50000 --servers 4`;

const KEYWORDS_EXAMPLES = `Examples:
  turbo-lb keywords
  turbo-lb keywords timeout
  turbo-lb keywords tune.bufsize`;

const COMMANDS: readonly Command[] = [
  {
    name: '$0',
    describe: 'Balance connections from --bind addresses over --server addresses',
    options: BALANCE_OPTIONS,
    examples: BALANCE_EXAMPLES,
    handle: balance,
  },
  {
    name: 'demo',
    describe: 'Try it: three small HTTP servers with the balancer in front of them',
    options: DEMO_OPTIONS,
    examples: DEMO_EXAMPLES,
    handle: demo,
  },
  {
    name: 'doctor',
    describe: 'Examine this host: engine, limits and kernel settings',
    options: DOCTOR_OPTIONS,
    examples: DOCTOR_EXAMPLES,
    handle: doctor,
  },
  {
    name: 'keywords',
    describe: 'Show the keywords that configuration files may have, or one: keywords NAME',
    options: {},
    examples: KEYWORDS_EXAMPLES,
    words: true,
    handle: keywords,
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
  const named = COMMAND_NAMES.includes(words[0] ?? '');
  if (!named && isShortStyle(words)) return configured(words, output).catch((error) => explain(error, output));
  let code = EXIT_OK;
  const parser = newParser((result) => {
    code = result;
  }, output);
  try {
    await parser.parseAsync(words, {}, (_error, _argv, text) => {
      if (text !== '') output.out(`${text}\n`);
    });
    return code;
  } catch (error) {
    return explain(error, output);
  }
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
  output.err(`turbo-lb: internal error: ${error instanceof Error ? error.stack : String(error)}\n`);
  return EXIT_FAILURE;
}

function newParser(finish: (code: number) => void, output: Output): Argv {
  const parser = yargs()
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
  for (const command of COMMANDS) {
    parser.command({
      command: command.name,
      describe: command.describe,
      builder: (builder: Argv) => builder.options(command.options).epilogue(command.examples),
      handler: async (argv: Arguments) => {
        const unknown = refuseUnknown(command, argv);
        finish(unknown === undefined ? await command.handle(argv, output) : complain([unknown], output));
      },
    });
  }
  return parser;
}

/** The first word that no command or flag of this command is. */
function refuseUnknown(command: Command, argv: Arguments): { about: string; message: string } | undefined {
  const words = argv._.map(String);
  const word = command.name === '$0' ? words[0] : words[1];
  if (word === undefined || (command.words === true && !word.startsWith('-'))) return undefined;
  if (!word.startsWith('-')) {
    const known = command.name === '$0' ? COMMAND_NAMES : [];
    return { about: word, message: `unknown command${didYouMean(word, known)}` };
  }
  const typed = word.split('=')[0];
  const flags = [...Object.keys(command.options), ...COMMON_FLAGS];
  const meant = nearestWord(typed.replace(/^-+/, ''), flags);
  return { about: typed, message: `unknown flag${meant === undefined ? '' : `; did you mean '--${meant}' maybe ?`}` };
}
