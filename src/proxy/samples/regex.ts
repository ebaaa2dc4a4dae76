/**
 * Regular expressions. Configuration has rewritten Perl's form to JavaScript's and refused what has
 * no counterpart, so that a Plan holds sources that compile; here they match and replace, in a form
 * whose time is bounded (`bounded-regex.ts`).
 */
import { setFlagsFromString } from 'node:v8';
import { boundedRegex, type Tail } from './bounded-regex.js';

// For the whole process, and for expressions compiled from now on: those of configuration have been.
setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');

/** What a match captured: all of it, then group by group. */
export type Captures = readonly (string | undefined)[];

/** An expression of a Plan. */
export class Regex {
  private readonly expression: RegExp;
  private readonly tails: readonly Tail[];

  /** Throws SyntaxError for a source that configuration should have refused. */
  constructor(source: string, ignoreCase: boolean) {
    const { source: bounded, flags, tails } = boundedRegex(source, ignoreCase);
    this.expression = new RegExp(bounded, `${flags}g`);
    this.tails = tails;
  }

  test(text: string): boolean {
    this.expression.lastIndex = 0;
    return this.expression.test(text);
  }

  /** What the first match captured. */
  captures(text: string): Captures | null {
    return this.next(text, 0)?.captures ?? null;
  }

  /**
   * Replaces the first match, or all of them. A match of nothing stands before the character that
   * follows it; at the end of the text there may be one more.
   */
  substitute(text: string, substitution: string, all: boolean): string {
    let result = '';
    let at = 0;
    for (;;) {
      const match = this.next(text, at);
      if (match === null) return result + text.slice(at);
      result += text.slice(at, match.index) + expandSubstitution(substitution, match.captures);
      const wasAtEnd = at >= text.length;
      const length = match.captures[0]?.length ?? 0;
      at = match.index + length;
      if (!all) return result + text.slice(at);
      if (wasAtEnd) return result;
      if (length === 0 && at < text.length) result += text[at++];
    }
  }

  /** The first match from a place on, without the newline before the end that `$` may have matched. */
  private next(text: string, from: number): { index: number; captures: Captures } | null {
    this.expression.lastIndex = from;
    const match = this.expression.exec(text);
    if (match === null) return null;
    const captures: (string | undefined)[] = [...match];
    for (const { group, around } of this.tails) {
      const length = match[group]?.length ?? 0;
      for (const other of [0, ...around]) captures[other] = captures[other]?.slice(0, captures[other].length - length);
    }
    const added = this.tails.map(({ group }) => group);
    return { index: match.index, captures: captures.filter((_, group) => !added.includes(group)) };
  }
}

/** `\0` to `\9` and `\xHH` in what a match is replaced by; any other escaped character stands for itself. */
export function expandSubstitution(substitution: string, groups: Captures): string {
  return substitution.replace(/\\(?:([0-9])|x([0-9A-Fa-f]{2})|(.))/gs, (_, group?: string, code?: string, other?: string) => {
    if (group !== undefined) return groups[Number(group)] ?? '';
    return code !== undefined ? String.fromCharCode(Number.parseInt(code, 16)) : (other ?? '');
  });
}
