/** The converter `json`: bytes as the inside of a JSON string in ASCII (configuration manual, 7.3.1). */

/** A character that could not be decoded. */
const FAULT = -1;
/** JSON has four hexadecimal digits for a character. */
const CODE_MAX = 0xffff;
const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '/': '\\/',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/**
 * Escapes a text; null when it cannot be decoded.
 * @param encoding ascii, utf8, utf8s (faults are left out), utf8p (overlong forms are taken), utf8ps (both)
 */
export function escapeJson(text: string, encoding: string): string | null {
  if (encoding === 'ascii') return Array.from(text, (character) => escapeCode(character.charCodeAt(0))).join('');
  const silent = encoding.endsWith('s');
  const permissive = encoding.startsWith('utf8p');
  const decoder = new Utf8(text, permissive);
  let escaped = '';
  while (!decoder.done) {
    const code = decoder.next();
    if (code !== FAULT) escaped += escapeCode(code);
    else if (!silent) return null;
  }
  return escaped;
}

function escapeCode(code: number): string {
  const character = String.fromCharCode(code);
  const short = SHORT[character];
  if (short !== undefined) return short;
  return code >= 0x20 && code < 0x7f ? character : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** Smallest code of a sequence of so many bytes. */
const SMALLEST = [0, 0, 0x80, 0x800, 0x10000, 0x200000, 0x4000000];

/** Reads UTF-8 character by character. */
class Utf8 {
  private at = 0;

  constructor(
    private readonly bytes: string,
    private readonly permissive: boolean,
  ) {}

  get done(): boolean {
    return this.at >= this.bytes.length;
  }

  /** A code, or FAULT for a sequence that is left behind. */
  next(): number {
    const first = this.bytes.charCodeAt(this.at++);
    if (first < 0x80) return first;
    const length = sequenceLength(first);
    if (length === 0) return FAULT;
    let code = first & (0x7f >> length);
    for (let i = 1; i < length; i++) {
      const byte = this.done ? 0 : this.bytes.charCodeAt(this.at);
      if ((byte & 0xc0) !== 0x80) return FAULT;
      this.at++;
      code = code * 64 + (byte & 0x3f);
    }
    return this.allowed(code, length) ? code : FAULT;
  }

  private allowed(code: number, length: number): boolean {
    if (code > CODE_MAX || (code >= 0xd800 && code <= 0xdfff) || code === 0xfffe || code === 0xffff) return false;
    return this.permissive || code >= SMALLEST[length];
  }
}

/** Bytes of the sequence that a byte begins, or 0 when it begins none. */
function sequenceLength(first: number): number {
  if (first < 0xc0 || first > 0xfd) return 0;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf8 ? 4 : first < 0xfc ? 5 : 6;
}
