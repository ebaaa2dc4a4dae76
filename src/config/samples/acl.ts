/** ACLs: an expression, flags and patterns (configuration manual, section 7.1). */
import type { Findings, Place } from '../diagnostics.js';
import type { Word } from '../tokens/line.js';
import { canCast } from './casts.js';
import { type ExpressionFault, type ReadExpression, readExpression } from './expression.js';
import { COMPARED_TYPES, parsePatterns } from './patterns.js';
import { type AclTest, MATCH_METHODS, type MatchMethod, type SampleType } from './syntax.js';

/** One test, or why the words are none: HAProxy's text without what stands around it. */
export type ReadAcl = { readonly ok: true; readonly test: AclTest } | ExpressionFault;

/** Match methods of types of samples for which nothing is said; others need `-m`. */
const DEFAULT_MATCHES: Partial<Record<SampleType, MatchMethod>> = {
  bool: 'bool',
  sint: 'int',
  ipv4: 'ip',
  ipv6: 'ip',
  addr: 'ip',
  str: 'str',
};

const fault = (message: string, hint?: string): ExpressionFault => ({ ok: false, message, ...(hint !== undefined && { hint }) });

/** Reads what follows the name in a line `acl`, or stands between braces. */
export function readAcl(words: readonly Word[], place: Place, findings: Findings): ReadAcl {
  const text = words[0]?.text ?? '';
  const read = readExpression(words.slice(0, 1), { acl: true, oneWord: true });
  if (!read.ok) return fault(`${read.message} in ACL expression '${text}'`, read.hint);
  const reader = new FlagReader(words.slice(1), read);
  const wrong = reader.read();
  if (wrong !== null) return fault(wrong);
  const { match, ignoreCase, files, filesAreMaps, id, rest } = reader;
  const dotted = read.signature.dotted === true;
  if (match === null) {
    return fault(
      `matching method must be specified first (using '-m') when using a sample fetch of this type ('${read.signature.name}')`,
    );
  }
  const patterns = parsePatterns(match, rest, dotted);
  if (!patterns.ok) return fault(patterns.message);
  if (words.length === 1 && match !== 'bool') warnOfNoPattern(text, words[0].place, findings);
  const { expression } = read;
  const written = { ...patterns.value, dotted, id, place };
  return { ok: true, test: { expression, match, ignoreCase, written, files, filesAreMaps } };
}

/** Flags up to the first word that is none. */
class FlagReader {
  match: MatchMethod | null;
  ignoreCase = false;
  filesAreMaps = false;
  id: number | null = null;
  readonly files: { path: string; place: Place }[] = [];
  rest: readonly string[] = [];

  constructor(
    private readonly words: readonly Word[],
    private readonly read_: ReadExpression,
  ) {
    const { expression, signature } = read_;
    const own = expression.converters.length === 0 ? signature.match : undefined;
    this.match = own ?? DEFAULT_MATCHES[expression.type] ?? null;
  }

  /** What is wrong, or null. */
  read(): string | null {
    let at = 0;
    while (at < this.words.length && this.words[at].text.startsWith('-')) {
      if (this.words[at].text === '--') {
        at++;
        break;
      }
      const taken = this.flag(at);
      if (typeof taken === 'string') return taken;
      at += taken;
    }
    this.rest = this.words.slice(at).map(({ text }) => text);
    return null;
  }

  /** How many words the flag has, or what is wrong with it. */
  private flag(at: number): number | string {
    const { text, place } = this.words[at];
    const value = this.words[at + 1];
    if (text === '-i') this.ignoreCase = true;
    else if (text === '-M') this.filesAreMaps = true;
    else if (text === '-m') return this.method(value?.text ?? '');
    else if (text === '-u') return this.number(value?.text ?? '');
    else if (text === '-f') {
      if (value === undefined) return 'failed to open pattern file <>';
      this.files.push({ path: value.text, place: value.place ?? place });
      return 2;
    } else if (text !== '-n')
      return `'${text}' is not a valid ACL option. Please use '--' before any pattern beginning with a '-'`;
    return 1;
  }

  private number(text: string): number | string {
    if (!/^[0-9]+$/.test(text)) return 'the argument of -u must be an integer';
    this.id = Number(text);
    return 2;
  }

  private method(name: string): number | string {
    const match = MATCH_METHODS.find((candidate) => candidate === name);
    if (match === undefined) return `unknown matching method '${name}' when parsing ACL expression`;
    if (this.files.length > 0) return "'-m' must only be specified before patterns and files in parsing ACL expression";
    if (!canCast(this.read_.expression.type, COMPARED_TYPES[match]))
      return `matching method '${match}' cannot be used with fetch keyword '${this.read_.signature.name}'`;
    this.match = match;
    return 2;
  }
}

function warnOfNoPattern(keyword: string, place: Place, findings: Findings): void {
  const text =
    `config : parsing acl keyword '${keyword}' :\n` +
    '  no pattern to match against were provided, so this ACL will never match.\n' +
    "  If this is what you intended, please add '--' to get rid of this warning.\n" +
    "  If you intended to match only for existence, please use '-m found'.\n" +
    "  If you wanted to force an int to match as a bool, please use '-m bool'.\n";
  findings.add({ severity: 'warning', text, place, hint: "add a pattern, '-m found' or '--'" });
}
