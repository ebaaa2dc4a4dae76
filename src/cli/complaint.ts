/** What is wrong with the command line: values, collected and shown together. */

/** One mistake of the person who typed the command. */
export interface Complaint {
  /** The flag and its value as typed, `--bind :99999`; or what else was typed. */
  readonly about: string;
  /** What is wrong with it. */
  readonly message: string;
}

/** Where complaints and texts go. */
export interface Output {
  out(text: string): void;
  err(text: string): void;
  /** Resolves when everything has been taken by its reader: with null, or with why something was lost. */
  written?(): Promise<string | null>;
}

/** Exit codes of every command. */
export const EXIT_OK = 0;
export const EXIT_FAILURE = 1;

/** Prints complaints, one line each, and answers the exit code. */
export function complain(complaints: readonly Complaint[], output: Output): number {
  for (const { about, message } of complaints) output.err(`turbo-lb: ${about === '' ? '' : `${about}: `}${message}\n`);
  return EXIT_FAILURE;
}
