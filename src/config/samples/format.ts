/** Log formats: text, variables such as `%{+Q}ci`, expressions `%[src]` (configuration manual, section 8.2.6). */
import type { Place } from '../diagnostics.js';
import { nearestWord } from '../values/nearest.js';
import { type ExpressionFault, readExpression } from './expression.js';
import { FORMAT_VARIABLES } from './format-variables.js';
import { type EvaluationPlace, isAvailable, ORIGINS } from './origins.js';
import type { Format, FormatFlags, FormatPart } from './syntax.js';

/** A format, or why the text is none: HAProxy's text without what stands around it. */
export type ReadFormat = { readonly ok: true; readonly format: Format } | ExpressionFault;

const NO_FLAGS: FormatFlags = { quoted: false, hexadecimal: false, escaped: false, mandatory: false };
const FLAG_NAMES: Readonly<Record<string, keyof FormatFlags>> = {
  Q: 'quoted',
  X: 'hexadecimal',
  E: 'escaped',
  M: 'mandatory',
};

/** Those of log lines: what has no value is a "-". */
const LINE_FLAGS: FormatFlags = { ...NO_FLAGS, mandatory: true };

/**
 * Reads a format that is evaluated in the given places.
 * @param isLine a whole log line: its pieces are separated by spaces, and none may be empty
 */
export function readFormat(source: string, place: Place, places: readonly EvaluationPlace[], isLine = false): ReadFormat {
  const reader = new FormatReader(source, place, places, isLine ? LINE_FLAGS : NO_FLAGS);
  const fault = reader.read();
  return fault ?? { ok: true, format: { parts: reader.parts, source, place } };
}

/** A format that is known to be right, as those of options are. */
export function knownFormat(source: string, place: Place): Format {
  const reader = new FormatReader(source, place, ['log'], LINE_FLAGS);
  reader.read();
  return { parts: reader.parts, source, place };
}

class FormatReader {
  readonly parts: FormatPart[] = [];
  private at = 0;

  constructor(
    private readonly source: string,
    private readonly place: Place,
    private readonly places: readonly EvaluationPlace[],
    /** Those at the beginning, and those of `%{...}o`, which hold for the rest. */
    private global: FormatFlags,
  ) {}

  read(): ExpressionFault | null {
    while (this.at < this.source.length) {
      const fault = this.source[this.at] === '%' ? this.percent() : this.text();
      if (fault !== null) return fault;
    }
    return null;
  }

  private text(): null {
    const end = this.source.indexOf('%', this.at);
    this.push(this.source.slice(this.at, end < 0 ? undefined : end));
    this.at = end < 0 ? this.source.length : end;
    return null;
  }

  /** Texts that follow each other are one. */
  private push(text: string): void {
    const last = this.parts.at(-1);
    if (last?.kind === 'text') this.parts[this.parts.length - 1] = { kind: 'text', text: last.text + text };
    else this.parts.push({ kind: 'text', text });
  }

  private percent(): ExpressionFault | null {
    if (this.source[this.at + 1] === '%') {
      this.push('%');
      this.at += 2;
      return null;
    }
    const start = this.at++;
    const argument = this.enclosed('(', ')');
    if (typeof argument !== 'string') return argument;
    const modifiers = this.enclosed('{', '}');
    if (typeof modifiers !== 'string') return modifiers;
    if (this.source[this.at] === '[') return this.expression(this.flags(modifiers));
    return this.variable(argument, modifiers, this.source.slice(start, this.at));
  }

  /** What stands between brackets of that kind, '' when there are none. */
  private enclosed(open: string, close: string): string | ExpressionFault {
    if (this.source[this.at] !== open) return '';
    const end = this.source.indexOf(close, this.at);
    const text = this.source.slice(this.at + 1, end < 0 ? undefined : end);
    this.at = end < 0 ? this.source.length : end + 1;
    return end < 0 ? { ok: false, message: `truncated line after '${text}'` } : text;
  }

  /** `+Q,-X`: changes of the flags that hold already. Unknown ones are without meaning. */
  private flags(modifiers: string): FormatFlags {
    const flags: { -readonly [Name in keyof FormatFlags]: boolean } = { ...this.global };
    for (const [, sign, letter] of modifiers.matchAll(/([+-])([A-Z])/g)) {
      const name = FLAG_NAMES[letter];
      if (name !== undefined) flags[name] = sign === '+';
    }
    return flags;
  }

  private variable(argument: string, modifiers: string, written: string): ExpressionFault | null {
    const [name] = /^[A-Za-z]*/.exec(this.source.slice(this.at)) as RegExpExecArray;
    if (name === '') return this.nameless(modifiers, written);
    const variable = FORMAT_VARIABLES.get(name);
    if (variable === undefined) {
      const meant = nearestWord(name, [...FORMAT_VARIABLES.keys()]);
      const message = `no such format variable '${name}'. If you wanted to emit the '%' character verbatim, you need to use '%%'`;
      return { ok: false, message, ...(meant !== undefined && { hint: `%${meant}` }) };
    }
    if (variable.http) return { ok: false, message: `format variable '${name}' is reserved for HTTP mode` };
    this.at += name.length;
    const flags = this.flags(modifiers);
    if (name === 'o') this.global = flags;
    else this.parts.push({ kind: 'variable', name, argument, flags });
    return null;
  }

  private nameless(modifiers: string, written: string): ExpressionFault {
    if (modifiers !== '') return { ok: false, message: `parse argument modifier without variable name near '%{${modifiers}}'` };
    const next = this.source[this.at];
    if (next === undefined) return { ok: false, message: `truncated line after '${written}'` };
    const message =
      `unexpected variable name near '${next}' at position ${this.at} line : '${this.source}'. ` +
      "Maybe you want to write a single '%', use the syntax '%%'";
    return { ok: false, message };
  }

  private expression(flags: FormatFlags): ExpressionFault | null {
    const text = this.source.slice(this.at + 1);
    const read = readExpression([{ text, place: this.place }], { oneWord: true, open: true, response: this.response });
    if (!read.ok) return { ...read, message: `failed to parse sample expression <${text}> : ${read.message}` };
    const length = text.length - read.rest.length;
    const written = text.slice(0, length);
    if (read.rest === '') return { ok: false, message: `missing ']' after '${written}'` };
    if (read.rest[0] !== ']') return { ok: false, message: `expected ']' after '${written}', but found '${read.rest[0]}'` };
    const { origin } = read.signature;
    if (!isAvailable(origin, this.places)) {
      const message = `sample fetch <${text}> may not be reliably used here because it needs '${ORIGINS[origin].label}' which is not available here`;
      return { ok: false, message };
    }
    this.parts.push({ kind: 'expression', expression: read.expression, flags });
    this.at += length + 2;
    return null;
  }

  private get response(): boolean {
    return this.places.includes('beResponse') || this.places.includes('beStore');
  }
}
