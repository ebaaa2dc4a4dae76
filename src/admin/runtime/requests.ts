/**
 * The words of the runtime API (management manual, section 9.3): what a client has sent becomes
 * requests. Lines, of which `;` makes several requests; `\` before a character that would separate;
 * payloads behind `<<`. It neither reads from a socket nor knows a command.
 */

/** One request. */
export interface Request {
  readonly words: readonly string[];
  /** What came behind `<<`, without the line that ends it; null: nothing did. */
  readonly payload: string | null;
}

/** Why there is no request: more has to come; or none will, since a line or a payload is too long. */
export type NoRequest = 'incomplete' | 'too long';

/** Bytes of a payload at most: a map of ten thousand entries comes in one. */
const PAYLOAD_BYTES_MAX = 4 * 1024 * 1024;
/** Characters of a pattern that ends a payload, at most; HAProxy's. */
const PATTERN_MAX = 7;
const NEWLINE = 0x0a;

/** A request whose payload is still coming. */
interface Awaiting {
  readonly words: readonly string[];
  /** The line that ends the payload. */
  readonly pattern: string;
  readonly lines: string[];
  bytes: number;
}

/** What one client sends. */
export class RequestReader {
  /** Bytes that make no whole line yet. */
  private rest: Buffer = Buffer.alloc(0);
  /** Where the search for a line's end goes on. */
  private searched = 0;
  /** Requests of a line that is being worked off. */
  private line: string | null = null;
  private awaiting: Awaiting | null = null;

  /** @param lineMax bytes of a line, with its end (`tune.bufsize`) */
  constructor(private readonly lineMax: number) {}

  /** A payload is being read: the prompt is another one, and lines are not requests. */
  get inPayload(): boolean {
    return this.awaiting !== null;
  }

  /** Nothing is left of what was sent. */
  get isEmpty(): boolean {
    return this.line === null && this.rest.length === 0;
  }

  /** A line may still become complete. */
  get hasRoom(): boolean {
    return this.rest.length < this.lineMax;
  }

  /** Takes what has arrived. */
  add(bytes: Buffer): void {
    this.rest = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes]);
  }

  /** The next request; 'payload': one more line of a payload has been read. */
  next(): Request | NoRequest | 'payload' {
    if (this.line === null) {
      const line = this.nextLine();
      if (line === 'incomplete' || line === 'too long') return line;
      if (this.awaiting !== null) return this.addPayload(this.awaiting, line.text);
      this.line = line.text;
    }
    return this.cut(this.line);
  }

  private nextLine(): { text: string } | NoRequest {
    const { rest } = this;
    const end = rest.indexOf(NEWLINE, this.searched);
    if ((end < 0 ? rest.length : end) >= this.lineMax) return 'too long';
    this.searched = end < 0 ? rest.length : 0;
    if (end < 0) return 'incomplete';
    this.rest = rest.subarray(end + 1);
    return { text: rest.toString('utf8', 0, end > 0 && rest[end - 1] === 0x0d ? end - 1 : end) };
  }

  /** Takes the first request off a line. */
  private cut(line: string): Request | 'payload' {
    const at = separatorIn(line);
    const text = at < 0 ? line : line.slice(0, at);
    this.line = at < 0 ? null : line.slice(at + 1);
    const words = wordsOf(text);
    const pattern = patternOf(text);
    if (pattern === null) return { words, payload: null };
    this.awaiting = { words: words.slice(0, -1), pattern, lines: [], bytes: 0 };
    return 'payload';
  }

  private addPayload(awaiting: Awaiting, text: string): Request | 'payload' | 'too long' {
    if (text !== awaiting.pattern) {
      awaiting.bytes += text.length + 1;
      if (awaiting.bytes > PAYLOAD_BYTES_MAX) return 'too long';
      awaiting.lines.push(text);
      return 'payload';
    }
    this.awaiting = null;
    return { words: awaiting.words, payload: awaiting.lines.join('\n') };
  }
}

/** Where the first `;` stands that no `\` precedes; -1: nowhere. */
function separatorIn(line: string): number {
  for (let at = 0; at < line.length; at++) {
    if (line[at] === '\\') at++;
    else if (line[at] === ';') return at;
  }
  return -1;
}

/** What ends the payload that the last word of a request announces; null: it announces none. */
function patternOf(text: string): string | null {
  const last = /(?:^|[ \t])<<([^ \t]*)[ \t]*$/.exec(text);
  return last === null || last[1].length > PATTERN_MAX ? null : last[1];
}

/** Words stand between blanks; behind a `\` a character has no meaning but itself. */
function wordsOf(text: string): string[] {
  const words = text.match(/(?:[^ \t\\]|\\.|\\$)+/gs) ?? [];
  return words.map((word) => word.replace(/\\(.?)/gs, '$1'));
}
