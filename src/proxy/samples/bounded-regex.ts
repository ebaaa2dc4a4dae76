/**
 * Rewrites expressions so that a client cannot keep a worker busy with what it sends. V8 matches by
 * backtracking, and gives up after some thousands of steps back for an engine that looks at each
 * character once; but that one knows no flag `i`, no lookahead and no long counted repetitions.
 * Expressions come in the form that configuration gives them (`config/samples/regex.ts`); what is
 * left as it is (references, lookarounds, large counts of groups) is said in docs/samples.md.
 */

/** What is given to RegExp. */
export interface BoundedRegex {
  readonly source: string;
  readonly flags: string;
  /** Groups that were added. */
  readonly tails: readonly Tail[];
}

/** A group that matches the newline before the end, which is no part of the match. */
export interface Tail {
  readonly group: number;
  /** Groups that it stands in, whose captures end with that newline. */
  readonly around: readonly number[];
}

/** What configuration writes for `$`: the end, or the newline before it. */
const BEFORE_END = '(?=\\n?$)';
const TOKENS =
  /\(\?=\\n\?\$\)|\\x[0-9a-f]{2}|\\k<\w+>|\(\?:\\[0-9]+\)|\\.|\[(?:\\.|[^\]\\])*\]|\(\?(?:<?[=!]|:|<\w+>)|(?:[*+?]|\{[0-9]+,?[0-9]*\})\??|./gis;
/** References, and looking around. */
const HOPELESS = /^(?:\\k<|\(\?:\\[0-9]|\(\?<?[=!])/;
const COUNTED = /^\{([0-9]+)(,?)([0-9]*)\}(\??)$/;
const CAPTURING = /^\((?:\?<\w+>)?$/;
/** A repetition of a character up to that often is written out. */
const WRITTEN_OUT_MAX = 256;
/** Characters of an expression with repetitions written out. */
const SOURCE_MAX = 32_768;
const BYTES = 256;

/** The same expression, in a form whose time is bounded where there is one. */
export function boundedRegex(source: string, ignoreCase: boolean): BoundedRegex {
  const tokens = source.match(TOKENS) ?? [];
  const asIs = { source, flags: ignoreCase ? 'i' : '', tails: [] };
  if (tokens.some((token, i) => (token === BEFORE_END ? !isLast(tokens, i) : HOPELESS.test(token)))) return asIs;
  const tails: Tail[] = [];
  /** Numbers of the groups that are open; 0 is one that captures nothing. */
  const open: number[] = [];
  let groups = 0;
  let result = '';
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (token === BEFORE_END) {
      tails.push({ group: ++groups, around: open.filter((group) => group > 0) });
      result += '(\\n?)$';
    } else if (isCharacter(token)) {
      const [written, taken] = repeated(ignoreCase ? bothCases(token) : token, tokens[i + 1]);
      result += written;
      i += taken;
    } else {
      if (token === ')') open.pop();
      if (token.startsWith('(')) open.push(CAPTURING.test(token) ? ++groups : 0);
      result += token;
    }
  }
  return result.length > SOURCE_MAX ? asIs : { source: result, flags: '', tails };
}

/** Whether nothing but the ends of groups that are not repeated follows: other alternatives do not follow. */
function isLast(tokens: readonly string[], at: number): boolean {
  let inner = 0;
  let skipping = false;
  for (let i = at + 1; i < tokens.length; i++) {
    const token = tokens[i];
    if (token === ')' && inner > 0) inner--;
    else if (token === ')') skipping = false;
    else if (token === '|' && inner === 0) skipping = true;
    else if (!skipping) return false;
    else if (token !== BEFORE_END && token.startsWith('(')) inner++;
  }
  return true;
}

/** One character or a class of them, and no anchor. */
function isCharacter(token: string): boolean {
  if (token.startsWith('\\')) return !/^\\[bB]$/.test(token);
  return token.startsWith('[') || !/^[()|^$*+?{]/.test(token);
}

/** A character with a counted repetition written out; how many further tokens that took. */
function repeated(character: string, quantifier = ''): [written: string, taken: number] {
  const [, least, comma, most, lazy] = COUNTED.exec(quantifier) ?? [];
  if (least === undefined) return [character, 0];
  const low = Number(least);
  const high = comma === '' ? low : most === '' ? Number.POSITIVE_INFINITY : Number(most);
  if (Math.max(low, Number.isFinite(high) ? high : 0) > WRITTEN_OUT_MAX) return [character, 0];
  const must = character.repeat(low);
  if (!Number.isFinite(high)) return [`${must}${character}*${lazy}`, 1];
  const more = high - low;
  return [`${must}${`(?:${character}`.repeat(more)}${`)?${lazy}`.repeat(more)}`, 1];
}

/** The letters of it in both cases, as flag `i` has them, but for bytes that are no letters of ASCII. */
function bothCases(token: string): string {
  if (/^[a-z]$/i.test(token)) return `[${token.toLowerCase()}${token.toUpperCase()}]`;
  if (!token.startsWith('[')) return token;
  const negated = token.startsWith('[^');
  const body = new RegExp(negated ? `[${token.slice(2)}` : token);
  const members = Array.from({ length: BYTES }, (_, code) => {
    const character = String.fromCharCode(code);
    if (!/[a-z]/i.test(character)) return body.test(character);
    return body.test(character.toLowerCase()) || body.test(character.toUpperCase());
  });
  const codes = members.flatMap((member, code) => (member ? [`\\x${code.toString(16).padStart(2, '0')}`] : []));
  return `[${negated ? '^' : ''}${codes.join('')}]`;
}
