/**
 * The commands that a runtime socket knows: finds the one that words name, lists them for `help`, and
 * says of unknown ones which come nearest. It does not run them.
 */
import { type Command, Message, type RuntimeSession } from './command.js';
import { nearestCommands } from './nearest-commands.js';

/** The column of the colon in HAProxy's list of commands. */
const USAGE_WIDTH = 40;
/** HAProxy lists these behind all others. */
const LAST = ['help', 'prompt', 'quit'];
const WELCOME = 'The following commands are valid at this level:\n';

/** A command, and the words that are its arguments. */
export interface Found {
  readonly command: Command;
  readonly words: readonly string[];
}

/** One table of commands. */
export class Registry {
  /** In the order of `help`. */
  readonly commands: readonly Command[];
  private readonly byName: ReadonlyMap<string, Command>;
  /** Words of the longest name. */
  private readonly wordsMax: number;

  /** `help` comes by itself. Throws Error when two commands share a name. */
  constructor(commands: readonly Command[]) {
    const all = [...commands, this.helpCommand()];
    this.byName = new Map(all.map((command) => [command.name, command]));
    const twice = all.find((command) => this.byName.get(command.name) !== command);
    if (twice !== undefined) throw new Error(`there are two commands '${twice.name}'`);
    this.wordsMax = Math.max(...all.map(({ name }) => name.split(' ').length));
    this.commands = all.sort(inOrder);
  }

  /** The command whose name is longest among those that the words begin with. */
  find(words: readonly string[], session: RuntimeSession): Found | null {
    for (let count = Math.min(this.wordsMax, words.length); count > 0; count--) {
      const command = this.byName.get(words.slice(0, count).join(' '));
      if (command !== undefined && isVisible(command, session)) return { command, words: words.slice(count) };
    }
    return null;
  }

  /** The answer to words that name no command. */
  unknown(words: readonly string[], session: RuntimeSession): Message {
    const { list, complete } = this.matching(words, session);
    const instead = complete
      ? '. Please enter one of the following commands only:'
      : ', but maybe one of the following ones is a better match:';
    return new Message('info', `Unknown command: '${words.join(' ')}'${instead}\n${list}`);
  }

  private helpCommand(): Command {
    return {
      name: 'help',
      usage: '[<command>]',
      help: 'list matching or all commands',
      level: 'user',
      run: ({ words, session }) => new Message('info', WELCOME + this.matching(words, session).list),
    };
  }

  /** The commands that words may mean, as a list for people; all of them where the words mean none. */
  private matching(words: readonly string[], session: RuntimeSession): { list: string; complete: boolean } {
    const listed = this.commands.filter((command) => command.help !== null && isVisible(command, session));
    const near = nearestCommands(words, listed);
    const chosen = listed.filter((command) => near === null || near.includes(command) || LAST.includes(command.name));
    return { list: chosen.map(line).join(''), complete: near === null };
  }
}

function isVisible({ expert }: Command, session: RuntimeSession): boolean {
  return expert !== true || session.expert;
}

function line({ name, usage, help }: Command): string {
  const whole = usage === '' ? name : `${name} ${usage}`;
  return `  ${whole.length > USAGE_WIDTH ? `${whole} ` : whole.padEnd(USAGE_WIDTH)}: ${help}\n`;
}

function inOrder(a: Command, b: Command): number {
  const last = LAST.indexOf(a.name) - LAST.indexOf(b.name);
  return last !== 0 ? last : a.name < b.name ? -1 : 1;
}
