/**
 * Whether bytes are the beginning of an HTTP/1 request: a request line and header fields up to the
 * empty line (RFC 9112). It recognizes, and keeps nothing.
 */
import type { PayloadView } from '../context.js';
import { FOUND, MISSING, NOT_YET, type Outcome } from '../sample.js';

/** Without a version it is one of HTTP/0.9. */
const REQUEST_LINE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+ [\x21-\xff]+(?: HTTP\/\d\.\d)?$/;
const FIELD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+:/;
/** What a first line may still become a request line from. */
const UNFINISHED =
  /^(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+(?: (?:[\x21-\xff]+(?: (?:H(?:T(?:T(?:P(?:\/(?:\d(?:\.\d?)?)?)?)?)?)?)?)?)?)?)?\r?$/;

/** FOUND: a whole head of a request; NOT_YET: what there is may become one; MISSING: it is none. */
export function looksLikeHttp(view: PayloadView): Outcome {
  const text = view.read(0, view.length).replace(/^(?:\r?\n)+/, '');
  const end = /\r?\n\r?\n/.exec(text);
  const head = end === null ? text : text.slice(0, end.index);
  const lines = head.split('\n');
  const unfinished = end === null ? (lines.pop() ?? '') : null;
  if (lines.length === 0) return UNFINISHED.test(unfinished ?? '') ? NOT_YET : MISSING;
  if (!REQUEST_LINE.test(bare(lines[0])) || !lines.slice(1).every(isField)) return MISSING;
  return end === null ? NOT_YET : FOUND;
}

function bare(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

/** A field, or the continuation of one. */
function isField(line: string): boolean {
  return FIELD.test(line) || /^[ \t]/.test(line);
}
