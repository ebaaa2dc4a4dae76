/** What a command of the program is: its flags, its help, and what carries it out. One file of this folder holds each. */
import type { Options } from 'yargs';
import type { Output } from './complaint.js';

/** What yargs has parsed of a command line; words that it does not know are in `_`. */
export type Arguments = Readonly<Record<string, unknown>> & { readonly _: readonly (string | number)[] };

/** A command, without the name and the line that the list of commands shows of it. */
export interface Command {
  readonly options: Readonly<Record<string, Options>>;
  /** It takes words that are neither commands nor flags. */
  readonly words?: boolean;
  /** Shown below the help; its lines are not wrapped. */
  readonly examples: string;
  /** Answers the exit code. */
  handle(argv: Arguments, output: Output): number | Promise<number>;
}
