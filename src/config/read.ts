/**
 * From the texts of configuration files to a Config. Lines are cut into words, sections found, and
 * every keyword read by its entry in the tables. A mistake is reported and the next line read, so
 * that one run shows them all.
 */
import type { Config, GlobalConfig, ProxyConfig, ProxyKind, ResolversConfig } from './config.js';
import { Findings } from './diagnostics.js';
import { familyText } from './families.js';
import type { FileContext, GlobalKeyword, Keyword, LineContext, ProxyKeyword, ResolversKeyword, SectionKind } from './keyword.js';
import { GLOBAL_KEYWORDS, PROXY_KEYWORDS, RESOLVERS_KEYWORDS } from './keywords/index.js';
import { reportMisplaced, reportNotAllowed } from './misplaced.js';
import { newGlobal } from './proxy.js';
import {
  describeProxy,
  PROXY_SECTIONS,
  ProxySections,
  ResolversSections,
  SECTION_WORDS,
  UNSUPPORTED_SECTIONS,
} from './sections.js';
import { Suggestions } from './suggestions.js';
import { type Found, KeywordTable } from './table.js';
import { Directives } from './tokens/directives.js';
import { lexLine, WORDS_MAX } from './tokens/lexer.js';
import type { Line, Word } from './tokens/line.js';
import { LANGUAGE_VERSION } from './version.js';

/** One configuration file; `name` as it was given on the command line. */
export interface ConfigFile {
  readonly name: string;
  readonly text: string;
}

/** What was read. The configuration is of use only when no finding is fatal. */
export interface Reading {
  readonly config: Config;
  readonly findings: Findings;
  /** How many findings there were when each file had been read, by its name. */
  readonly fileEnds: ReadonlyMap<string, number>;
  /** Variables after the last line. */
  readonly environment: ReadonlyMap<string, string>;
}

/** The keywords that are known. */
export interface KeywordTables {
  readonly global: readonly GlobalKeyword[];
  readonly proxy: readonly ProxyKeyword[];
  readonly resolvers: readonly ResolversKeyword[];
}

const ALL_KEYWORDS: KeywordTables = {
  global: GLOBAL_KEYWORDS,
  proxy: PROXY_KEYWORDS,
  resolvers: RESOLVERS_KEYWORDS,
};

/** What a line that begins with `no` or `default` may be about; HAProxy's words. */
const NEGATION_LIMITED =
  'negation/default currently supported only for options, log, busy-polling, set-dumpable, strict-limits, ' +
  'insecure-fork-wanted and numa-cpu-mapping.';

/** Reads the files in their order. */
export function readConfig(
  files: readonly ConfigFile[],
  environment: ReadonlyMap<string, string>,
  keywords: KeywordTables = ALL_KEYWORDS,
): Reading {
  const reader = new ConfigReader(new Map(environment), keywords);
  reader.environment.set('HAPROXY_CFGFILES', files.map(({ name }) => name).join(';'));
  reader.environment.set('HAPROXY_STARTUP_VERSION', LANGUAGE_VERSION);
  const { global, findings } = reader;
  const fileEnds = new Map<string, number>();
  for (const file of files) {
    reader.file(file);
    fileEnds.set(file.name, findings.list.length);
  }
  const config = { global, proxies: reader.sections.proxies, resolvers: reader.resolvers.list };
  return { config, findings, fileEnds, environment: reader.environment };
}

/** The section that lines belong to. Lines of one that is not supported are passed over. */
type Section =
  | { readonly kind: 'none' | 'unsupported' }
  | { readonly kind: 'global' }
  | { readonly kind: 'resolvers'; readonly resolvers: ResolversConfig }
  | { readonly kind: ProxyKind; readonly proxy: ProxyConfig };

class ConfigReader {
  readonly findings = new Findings();
  readonly global: GlobalConfig = newGlobal();
  readonly sections = new ProxySections(this.findings);
  readonly resolvers = new ResolversSections(this.findings);
  private readonly globalTable: KeywordTable<GlobalConfig>;
  private readonly proxyTable: KeywordTable<ProxyConfig>;
  private readonly resolversTable: KeywordTable<ResolversConfig>;
  private readonly suggestions = new Suggestions();
  private readonly context: FileContext;
  private section: Section = { kind: 'none' };
  /** The place that pseudo-variables speak of. */
  private fileName = '';
  private lineNumber = 0;

  constructor(
    readonly environment: Map<string, string>,
    keywords: KeywordTables,
  ) {
    this.globalTable = new KeywordTable(keywords.global);
    this.proxyTable = new KeywordTable(keywords.proxy);
    this.resolversTable = new KeywordTable(keywords.resolvers);
    this.context = { global: this.global, proxies: this.sections.proxies, environment };
  }

  /** A file begins outside of any section, but the `defaults` of the files before hold on. */
  file({ name, text }: ConfigFile): void {
    this.section = { kind: 'none' };
    this.fileName = name;
    const directives = new Directives({ environment: this.environment }, this.findings);
    let number = 0;
    for (let start = 0; start < text.length; ) {
      const end = text.indexOf('\n', start);
      this.lineNumber = ++number;
      const source = text.slice(start, end < 0 ? text.length : end);
      this.line(source, directives);
      if (end < 0) this.missingNewline(source);
      start = end < 0 ? text.length : end + 1;
    }
    directives.end(name, number);
  }

  private line(source: string, directives: Directives): void {
    const { fileName: file, lineNumber: number } = this;
    const nul = source.indexOf('\0');
    if (nul >= 0) {
      const place = { file, line: number, column: nul + 1, length: 1 };
      this.findings.line('alert', place, `Stray NUL character at position ${nul + 1}.`);
      return;
    }
    const lexed = lexLine(file, number, source, this.variable);
    if (lexed.fault !== null) {
      this.findings.line('alert', { file, line: number, column: lexed.fault.column, length: 1 }, lexed.fault.text);
      return;
    }
    if (lexed.words.length === 0) return;
    if (this.tooMany(lexed.words)) return;
    if (lexed.words[0].text.startsWith('.')) {
      directives.run(lexed.words);
      return;
    }
    if (!directives.active) return;
    const words = this.upToEmpty(lexed.words);
    if (words.length > 0) this.statement({ file, number, source, words });
  }

  /** An empty word ends the line for HAProxy, which newer versions say. */
  private upToEmpty(words: readonly Word[]): readonly Word[] {
    const empty = words.findIndex(({ text }) => text === '');
    if (empty < 0) return words;
    const { place } = words[empty];
    const text =
      `argument number ${empty} at position ${place.column} is empty and marks the end of the argument list; ` +
      'all subsequent arguments will be ignored:';
    this.findings.line('warning', place, text);
    return words.slice(0, empty);
  }

  private tooMany(words: readonly Word[]): boolean {
    if (words.length <= WORDS_MAX) return false;
    const { text, place } = words[WORDS_MAX];
    const message = `too many words, truncating after word ${WORDS_MAX}, position ${place.column}: <${text}>.`;
    this.findings.line('alert', place, message);
    return true;
  }

  private missingNewline(source: string): void {
    const place = { file: this.fileName, line: this.lineNumber, column: source.length + 1, length: 1 };
    const text = `Missing LF on last line, file might have been truncated at position ${place.column}.`;
    this.findings.line('alert', place, text, 'end the file with an empty line');
  }

  private readonly variable = (name: string): string | undefined => {
    if (name === '.FILE') return this.fileName;
    if (name === '.LINE') return String(this.lineNumber);
    if (name === '.SECTION') return this.sectionName();
    return this.environment.get(name);
  };

  private sectionName(): string {
    const { section } = this;
    if ('proxy' in section) return section.proxy.name || section.kind;
    if (section.kind === 'resolvers') return section.resolvers.name;
    return section.kind === 'global' ? 'global' : '';
  }

  private statement(line: Line): void {
    const [first] = line.words;
    if (first.text === 'global') this.beginGlobal(line.words);
    else if (first.text === 'resolvers') this.section = { kind: 'resolvers', resolvers: this.resolvers.begin(line.words) };
    else if (PROXY_SECTIONS.has(first.text)) this.beginProxy(first.text as ProxyKind, line.words);
    else if (UNSUPPORTED_SECTIONS.has(first.text)) this.beginUnsupported(first);
    else this.keywordLine(line);
  }

  private beginGlobal(words: readonly Word[]): void {
    this.section = { kind: 'global' };
    if (words.length > 1) this.findings.alert(words[1].place, `'global' cannot handle unexpected argument '${words[1].text}'.`);
  }

  private beginProxy(kind: ProxyKind, words: readonly Word[]): void {
    this.section = { kind, proxy: this.sections.begin(kind, words) };
  }

  private beginUnsupported({ text, place }: Word): void {
    this.section = { kind: 'unsupported' };
    this.findings.alert(place, `section '${text}' is not supported.`, 'remove it, and what refers to it');
  }

  private keywordLine(line: Line): void {
    const { section } = this;
    if (section.kind === 'unsupported') return;
    if (section.kind === 'none') this.outOfSection(line.words[0]);
    else if (section.kind === 'global') this.dispatch(line, 'global', this.globalTable, this.global);
    else if (section.kind === 'resolvers') this.dispatch(line, 'resolvers', this.resolversTable, section.resolvers);
    else if ('proxy' in section) this.dispatch(line, section.kind, this.proxyTable, section.proxy);
  }

  private outOfSection({ text, place }: Word): void {
    const meant = this.suggestions.nearest('section', text, () => SECTION_WORDS);
    this.findings.line('alert', place, `unknown keyword '${text}' out of section.`, meant);
  }

  private dispatch<T>(line: Line, section: SectionKind, table: KeywordTable<T>, target: T): void {
    const [first] = line.words;
    const negated = first.text === 'no' || first.text === 'default' ? first.text : null;
    const words = negated === null ? line.words : line.words.slice(1);
    const found = words.length === 0 ? null : table.find(section, words);
    if (negated !== null && found?.keyword.no !== true) {
      this.notNegatable(first, words);
    } else if (found === null) {
      this.unknown(words, section, table);
    } else {
      const { findings, context: file } = this;
      const keyword = words.slice(0, found.words);
      const rest = words.slice(found.words);
      this.carryOut(found, { target, section, line, keyword, words: rest, negated, findings, file });
    }
  }

  private carryOut<T>({ keyword, allowed }: Found<T>, line: LineContext<T>): void {
    if (allowed) keyword.parse(line);
    else if (line.section === 'frontend' || line.section === 'backend' || line.section === 'listen')
      reportMisplaced(keyword as unknown as Keyword<ProxyConfig>, line as unknown as LineContext<ProxyConfig>);
    else reportNotAllowed(keyword, [...line.keyword, ...line.words], line.section, this.findings);
  }

  private notNegatable(prefix: Word, [first, second]: readonly Word[]): void {
    const option = first?.text === 'option' && second !== undefined;
    const text = option ? `negation/default is not supported for option '${second.text}'.` : NEGATION_LIMITED;
    this.findings.line('alert', (option ? second : prefix).place, text);
  }

  private unknown<T>([first, second]: readonly Word[], section: SectionKind, table: KeywordTable<T>): void {
    const got = second ?? { text: '', place: first.place };
    const isFamily = section !== 'global' || first.text === 'stats';
    const text = isFamily ? familyText(first.text, got.text, this.whereNow()) : undefined;
    if (text === undefined) {
      const meant = this.suggestions.nearest(section, first.text, () => [...table.firstWords(section), ...SECTION_WORDS]);
      this.findings.alert(first.place, `unknown keyword '${first.text}' in '${section}' section${didYouMean(meant)}`, meant);
      return;
    }
    const known = (): string[] => table.secondWords(section, first.text);
    const meant = second && this.suggestions.nearest(`${section} ${first.text}`, got.text, known);
    if (first.text !== 'option') this.findings.alert(got.place, text, meant);
    else if (second === undefined) this.findings.line('alert', first.place, text);
    else this.findings.alert(got.place, meant === undefined ? text : text.replace(/\.$/, didYouMean(meant)), meant);
  }

  /** The section as messages call it. */
  private whereNow(): string {
    const { section } = this;
    return 'proxy' in section && section.kind !== 'defaults' ? describeProxy(section.proxy) : `${section.kind} section`;
  }
}

function didYouMean(meant: string | undefined): string {
  return meant === undefined ? '' : `; did you mean '${meant}' maybe ?`;
}
