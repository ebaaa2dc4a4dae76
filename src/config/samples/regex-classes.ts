/** Escapes and classes of regular expressions (pcrepattern(3)), written for JavaScript. */

/** POSIX classes, as what stands within brackets. */
export const POSIX_NAMES: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7f',
  blank: ' \\t',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '\\x21-\\x7e',
  lower: 'a-z',
  print: '\\x20-\\x7e',
  punct: '!-\\/:-@\\[-`{-~',
  space: ' \\t\\n\\v\\f\\r',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
};

/** Types of characters: what stands within brackets; capitals mean all others. */
const TYPES: Readonly<Record<string, string>> = {
  d: '0-9',
  w: '0-9A-Za-z_',
  s: ' \\t\\n\\v\\f\\r',
  h: ' \\t',
  v: '\\n\\v\\f\\r',
};
/** All that a negated type leaves over, for use within brackets. */
const NEGATED: Readonly<Record<string, string>> = {
  D: '\\D',
  W: '\\W',
  S: '\\x00-\\x08\\x0e-\\x1f\\x21-\\xff',
  H: '\\x00-\\x08\\x0a-\\x1f\\x21-\\xff',
  V: '\\x00-\\x09\\x0e-\\xff',
};
const CONTROLS: Readonly<Record<string, string>> = { a: '\\x07', e: '\\x1b', f: '\\f', n: '\\n', r: '\\r', t: '\\t' };

/** A character as itself. */
export function escapeSource(character: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character;
}

const byte = (code: number): string => `\\x${(code & 255).toString(16).padStart(2, '0')}`;

/** The escape that begins at `at`, within brackets or not; null: there is no counterpart. */
export function classSource(pattern: string, at: number, inClass: boolean): { source: string; length: number } | null {
  const next = pattern[at + 1] ?? '';
  const type = TYPES[next] ?? NEGATED[next];
  if (type !== undefined) return { source: inClass ? type : `[${type}]`, length: 2 };
  if (CONTROLS[next] !== undefined) return { source: CONTROLS[next], length: 2 };
  if (inClass && next === 'b') return { source: '\\x08', length: 2 };
  if (!inClass && next === 'R') return { source: '(?:\\r\\n|[\\n\\v\\f\\r])', length: 2 };
  if (!inClass && next === 'N') return { source: '[^\\n]', length: 2 };
  const number = /^\\(?:x\{([0-9a-f]{1,2})\}|x([0-9a-f]{0,2})|(0[0-7]{0,2}|[0-7]{2,3})|c([@-~]))/i.exec(pattern.slice(at));
  if (number !== null) return { source: numbered(number), length: number[0].length };
  return /[A-Za-z0-9]/.test(next) || next === '' ? null : { source: inClass ? `\\${next}` : escapeSource(next), length: 2 };
}

/** `\x{41}`, `\x41`, `\101`, `\cA` */
function numbered([, braced, hexadecimal, octal, control]: RegExpExecArray): string {
  if (control !== undefined) return byte(control.toUpperCase().charCodeAt(0) ^ 64);
  if (octal !== undefined) return byte(Number.parseInt(octal, 8));
  return byte(Number.parseInt(braced ?? hexadecimal, 16) || 0);
}
