/**
 * An HTTP/1 response as checks look at it (RFC 9112): its status, its headers and as much of its body
 * as has come. Read anew from all that has come each time, which is little. As lenient about the form of
 * its head as HAProxy, and as strict about what says where its body ends.
 */

/** What has been read. */
export interface HttpResponse {
  readonly status: number;
  readonly reason: string;
  /** Names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The content, without the framing of chunks. */
  readonly body: string;
  /** All of the body has come. */
  readonly complete: boolean;
}

/** A response, 'partial' while its head is, 'invalid' when it is none. */
export type ReadResponse = HttpResponse | 'partial' | 'invalid';

type Body = Pick<HttpResponse, 'body' | 'complete'>;

const STATUS_LINE = /^HTTP\/[0-9]\.[0-9] +([0-9]+)(?: ([^\r\n]*))?\r?$/;
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*\r?$/;
const BEGINNING = 'HTTP/';
const FOLD = /\n[ \t]/;
const FOLDS = /\r?\n(?=[ \t])/g;
/** Fields of a head; HAProxy's (`tune.http.maxhdr`). */
const FIELDS_MAX = 101;
/** Of 1xx, the one that is an answer for good. */
const SWITCHING_PROTOCOLS = '101';

/**
 * Reads what has come.
 * @param ended nothing more will
 * @param toHead it answers HEAD: it has no body, whatever its head says
 */
export function readResponse(whole: string, ended: boolean, toHead: boolean): ReadResponse {
  const text = whole.replace(/^(?:\r?\n)+/, '');
  const known = text.slice(0, BEGINNING.length);
  if (known !== BEGINNING.slice(0, known.length)) return 'invalid';
  const end = /\r?\n\r?\n/.exec(text);
  if (end === null) return ended ? 'invalid' : 'partial';
  const lines = unfolded(text.slice(0, end.index)).split('\n');
  const [, status, reason = ''] = STATUS_LINE.exec(lines[0]) ?? [];
  const headers = readFields(lines);
  if (status === undefined || headers === 'invalid') return 'invalid';
  const rest = text.slice(end.index + end[0].length);
  if (/^1[0-9][0-9]$/.test(status) && status !== SWITCHING_PROTOCOLS) return readResponse(rest, ended, toHead);
  const hasBody = !toHead && status !== '204' && status !== '304';
  const body = readBody(headers, hasBody ? rest : '', ended || !hasBody);
  if (body === 'invalid') return 'invalid';
  return { status: Number(status), reason, headers, ...body, complete: body.complete || !hasBody };
}

/** A field on several lines becomes one line. */
function unfolded(head: string): string {
  return FOLD.test(head) ? head.replace(FOLDS, (end) => ' '.repeat(end.length)) : head;
}

/** The fields below a status line. */
function readFields(lines: readonly string[]): HttpResponse['headers'] | 'invalid' {
  if (lines.length > FIELDS_MAX + 1) return 'invalid';
  const fields: (readonly [string, string])[] = [];
  for (let i = 1; i < lines.length; i++) {
    const field = FIELD.exec(lines[i]);
    if (field === null) return 'invalid';
    fields.push([field[1].toLowerCase(), field[2]]);
  }
  return fields;
}

function readBody(headers: HttpResponse['headers'], rest: string, ended: boolean): Body | 'invalid' {
  const lengths = valuesOf(headers, 'content-length');
  if (lengths.some((length) => !/^[0-9]+$/.test(length) || length !== lengths[0])) return 'invalid';
  const codings = valuesOf(headers, 'transfer-encoding');
  if (codings.length > 0) return codings.at(-1)?.toLowerCase() === 'chunked' ? readChunks(rest) : 'invalid';
  if (lengths.length === 0) return { body: rest, complete: ended };
  const length = Number(lengths[0]);
  return { body: rest.slice(0, length), complete: rest.length >= length };
}

/** All values of a field, whether they stand in one or in several. */
function valuesOf(headers: HttpResponse['headers'], name: string): readonly string[] {
  const values: string[] = [];
  for (const [known, value] of headers) if (known === name) for (const one of value.split(',')) values.push(one.trim());
  return values;
}

function readChunks(text: string): Body | 'invalid' {
  let body = '';
  for (let at = 0; ; ) {
    const line = text.slice(at, at + CHUNK_LINE_MAX);
    if (line !== '' && !/^[0-9A-Fa-f]{1,8}(?![0-9A-Fa-f])/.test(line)) return 'invalid';
    const [whole, size] = /^([0-9A-Fa-f]+)[^\n]*\n/.exec(line) ?? [];
    if (whole === undefined) return { body, complete: false };
    const length = Number.parseInt(size, 16);
    if (length === 0) return { body, complete: true };
    const from = at + whole.length;
    body += text.slice(from, from + length);
    const [after] = /^\r?\n?/.exec(text.slice(from + length, from + length + 2)) as RegExpExecArray;
    at = from + length + after.length;
    if (at < text.length && !after.endsWith('\n')) return 'invalid';
  }
}

/** A line with the size of a chunk and its extensions. */
const CHUNK_LINE_MAX = 1024;
