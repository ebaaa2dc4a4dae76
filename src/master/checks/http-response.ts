/**
 * An HTTP/1 response as checks look at it (RFC 9112): its status, its headers and as much of its body
 * as has come. Read anew from all that has come each time, which is little.
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

const STATUS_LINE = /^HTTP\/1\.[0-9] ([0-9]{3})(?: ([^\r\n]*))?\r?$/;
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*\r?$/;
const BEGINNING = 'HTTP/1.';

/**
 * Reads what has come.
 * @param ended nothing more will
 */
export function readResponse(text: string, ended: boolean): ReadResponse {
  const known = text.slice(0, BEGINNING.length);
  if (known !== BEGINNING.slice(0, known.length)) return 'invalid';
  const end = /\r?\n\r?\n/.exec(text);
  if (end === null) return ended ? 'invalid' : 'partial';
  const [first, ...lines] = text.slice(0, end.index).split('\n');
  const [, status, reason = ''] = STATUS_LINE.exec(first) ?? [];
  const fields = lines.map((line) => FIELD.exec(line));
  if (status === undefined || fields.includes(null)) return 'invalid';
  const rest = text.slice(end.index + end[0].length);
  if (/^1(?!01)/.test(status)) return readResponse(rest, ended);
  const headers = fields.map((field) => [(field?.[1] ?? '').toLowerCase(), field?.[2] ?? ''] as const);
  return { status: Number(status), reason, headers, ...readBody(Number(status), headers, rest, ended) };
}

function readBody(
  status: number,
  headers: HttpResponse['headers'],
  rest: string,
  ended: boolean,
): Pick<HttpResponse, 'body' | 'complete'> {
  const value = (name: string): string | undefined => headers.find(([known]) => known === name)?.[1];
  if (status === 204 || status === 304) return { body: '', complete: true };
  if (/chunked\s*$/i.test(value('transfer-encoding') ?? '')) return readChunks(rest);
  const length = /^[0-9]+$/.exec(value('content-length') ?? '')?.[0];
  if (length === undefined) return { body: rest, complete: ended };
  return { body: rest.slice(0, Number(length)), complete: rest.length >= Number(length) };
}

function readChunks(text: string): Pick<HttpResponse, 'body' | 'complete'> {
  let body = '';
  for (let at = 0; ; ) {
    const [line, size] = /^([0-9A-Fa-f]{1,8})[^\n]*\n/.exec(text.slice(at, at + CHUNK_LINE_MAX)) ?? [];
    if (line === undefined) return { body, complete: false };
    const length = Number.parseInt(size, 16);
    if (length === 0) return { body, complete: true };
    body += text.slice(at + line.length, at + line.length + length);
    at += line.length + length + 2;
  }
}

/** A line with the size of a chunk and its extensions. */
const CHUNK_LINE_MAX = 1024;
