/**
 * Whether an answer of the runtime socket is an error. The protocol does not say so, and texts are
 * all there is. Two rules, both about the first line:
 * a command that changes something confirms with nothing or with one of a few texts, so that
 * anything else is an error; one that shows something fails with one of the shapes below.
 * Where messages begin with how grave they are (`severity-output`), that decides.
 */

/** Commands whose success is silent, or one of CONFIRMATIONS. */
const CHANGES = /^(?:abort|add|clear|commit|del|disable|enable|new|prepare|publish|set|shutdown|unpublish|update)(?:\s|$)/;

/** What such commands say when all is well. */
const CONFIRMATIONS: readonly RegExp[] = [
  /^New (?:server|backend) registered/, // add server, add backend
  /^New version created/, // prepare map, prepare acl
  /^New empty (?:certificate|CA|CRL)/, // new ssl ...
  /^(?:Server|Backend) (?:deleted|published|unpublished)/,
  /^(?:IP|port) changed from /, // set server addr
  /^no need to change /, // set server addr, fqdn
  /^(?:All sockets are|Frontend was) already /, // disable, enable and shutdown frontend: as it was to be
  /changed its (?:FQDN|IP) from /,
  /^(?:[\w-]+ ){1,6}updated[.!]?$/, // "health check port updated.", "OCSP Response updated!"
  /^Transaction (?:created|updated|aborted)/, // set ssl cert, abort ssl cert
  /^(?:Committing|Inserting) /,
  /^(?:Certificate|Entry|CA file|CRL file) '.*' deleted/,
  /^Success/,
  /^Done/,
];

/** How the others begin when they fail. */
const FAILURES: readonly RegExp[] = [
  /^Unknown /i,
  /^No such /,
  /^(?:.* )?not found[.!]?$/,
  /^Permission denied/,
  /^(?:Can't|Cannot|Could not|Couldn't|Unable to|Failed to|failed to) /,
  /^(?:Missing|Invalid|Malformed|Require|Expects|Expecting|Illegal) /,
  /^'[^']+' (?:expects|only supports|needs|doesn't support|received)/,
  /^(?:A|An|This command) .*(?:expected|expects)/,
  /^(?:Internal|Out of memory|Filter entry )/,
  /^Value out of range/,
  /^Thread (?:ID )?number must be /,
  /^Success=0$/, // `reload` of the master's socket
  /^(?:Wait delay expired|The (?:process|worker) .* does not exist)/,
];

/** By syslog's numbers and names. */
const SEVERITY = /^\[(?:[0-7]|emerg|alert|crit|err|warning|notice|info|debug)\]: /;
const SEVERITY_ERROR = /^\[(?:[0-3]|emerg|alert|crit|err)\]: /;
/** Characters of a line that are kept to be judged. */
const LINE_MAX = 1000;

/** Reads the answer to one line of commands as it comes, and knows whether it holds an error. */
export class AnswerWatch {
  /** The first line that tells of an error; null: none did. */
  error: string | null = null;
  private line = '';
  /** The line that is being read opens an answer. */
  private opens = true;
  private readonly several: boolean;
  private readonly changes: boolean;

  constructor(line: string) {
    const commands = line.split(/(?<!\\);/).map((command) => command.trim().replace(/^@+\S+\s+/, ''));
    this.several = commands.length > 1;
    this.changes = commands.every((command) => CHANGES.test(command));
  }

  /** The next piece of the answer. */
  take(text: string): void {
    const lines = text.split('\n');
    for (const [i, part] of lines.entries()) {
      this.line = (this.line + part).slice(0, LINE_MAX);
      if (i < lines.length - 1) this.endLine();
    }
  }

  /** The answer is complete. */
  end(): void {
    if (this.line !== '') this.endLine();
  }

  private endLine(): void {
    const line = this.line;
    this.line = '';
    if (line.trim() === '') {
      this.opens ||= this.several;
      return;
    }
    if (this.opens && this.error === null && isError(line, this.changes)) this.error = line;
    this.opens = false;
  }
}

function isError(line: string, changes: boolean): boolean {
  if (SEVERITY_ERROR.test(line)) return true;
  const text = line.replace(SEVERITY, '');
  if (text === line && changes) return !CONFIRMATIONS.some((shape) => shape.test(text));
  return FAILURES.some((shape) => shape.test(text));
}

/** Whether a whole answer to a line is an error: the line that says so, or null. */
export function errorIn(line: string, answer: string): string | null {
  const watch = new AnswerWatch(line);
  watch.take(answer);
  watch.end();
  return watch.error;
}
