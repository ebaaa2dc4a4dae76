/**
 * Regular expressions. Configuration has rewritten Perl's form to JavaScript's and refused what has
 * no counterpart, so that a Plan holds sources that compile; here they match and replace.
 */

/** Compiles the source of a Plan. Throws SyntaxError for one that configuration should have refused. */
export function compileRegex(source: string, ignoreCase: boolean, global = false): RegExp {
  return new RegExp(source, `${ignoreCase ? 'i' : ''}${global ? 'g' : ''}`);
}

/** `\0` to `\9` and `\xHH` in what a match is replaced by; any other escaped character stands for itself. */
export function expandSubstitution(substitution: string, groups: readonly (string | undefined)[]): string {
  return substitution.replace(/\\(?:([0-9])|x([0-9A-Fa-f]{2})|(.))/gs, (_, group?: string, code?: string, other?: string) => {
    if (group !== undefined) return groups[Number(group)] ?? '';
    return code !== undefined ? String.fromCharCode(Number.parseInt(code, 16)) : (other ?? '');
  });
}

/**
 * Replaces the first match of an expression, or all of them. A match of nothing stands before the
 * character that follows it; at the end of the text there may be one more.
 * @param expression a global one
 */
export function substitute(text: string, expression: RegExp, substitution: string, all: boolean): string {
  let result = '';
  let at = 0;
  for (;;) {
    expression.lastIndex = at;
    const match = expression.exec(text);
    if (match === null) return result + text.slice(at);
    result += text.slice(at, match.index) + expandSubstitution(substitution, match);
    const wasAtEnd = at >= text.length;
    at = match.index + match[0].length;
    if (!all) return result + text.slice(at);
    if (wasAtEnd) return result;
    if (match[0] === '' && at < text.length) result += text[at++];
  }
}
