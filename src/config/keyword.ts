/**
 * Keyword tables: what a keyword is called, where it may stand, what it takes, and how it is read.
 * One file of `keywords/` for each family; `-c`, suggestions, `turbo-lb keywords` and
 * docs/keywords.md come from these tables and from nowhere else.
 */
import type { GlobalConfig, ProxyConfig, ResolversConfig } from './config.js';
import type { Findings, Place } from './diagnostics.js';
import type { Line, Word } from './tokens/line.js';

/** Sections in which a keyword may stand. */
export type SectionKind = 'global' | 'resolvers' | 'defaults' | 'frontend' | 'listen' | 'backend';

/** What a keyword of section S needs to read a line. */
export interface LineContext<Target> {
  /** The section that the line belongs to, to be changed. */
  readonly target: Target;
  readonly section: SectionKind;
  readonly line: Line;
  /** The keyword's own words, `timeout client` as two. */
  readonly keyword: readonly Word[];
  /** The words after the keyword. */
  readonly words: readonly Word[];
  /** The line began with `no` (keywords that allow it) or `default`. */
  readonly negated: 'no' | 'default' | null;
  readonly findings: Findings;
  /** What the reader of the file knows beside this line. */
  readonly file: FileContext;
}

/** What is known beside one line. */
export interface FileContext {
  readonly global: GlobalConfig;
  /** Proxies that were complete before this section. */
  readonly proxies: readonly ProxyConfig[];
  /** Variables of the environment; `setenv` and its like change them for the lines that follow. */
  readonly environment: Map<string, string>;
}

/** One keyword. */
export interface Keyword<Target> {
  /** As written: `maxconn`, `timeout client`, `option tcplog`, `stats socket`. */
  readonly name: string;
  readonly sections: readonly SectionKind[];
  /** Its arguments as the manual writes them: `<number>`, `[param*]`, '' when there are none. */
  readonly arguments: string;
  /** It may be preceded by `no`. */
  readonly no?: boolean;
  /** What holds without it, for people. */
  readonly default?: string;
  /** One line of help. */
  readonly help: string;
  /** It is accepted and has no effect here, for the reason given in `help`. */
  readonly inert?: boolean;
  /** It needs mode http: accepted in tcp mode where HAProxy only warns. */
  readonly http?: boolean;
  /**
   * What is said of it in a frontend or backend that it does not belong to, in place of the usual
   * warning that it is ignored; `{proxy}` stands for `frontend 'f'`.
   */
  readonly misplaced?: { readonly severity: 'warning' | 'alert'; readonly text: string };
  /** Where it is misplaced, a mistake in its arguments is all that HAProxy speaks of. */
  readonly argumentsFirst?: boolean;
  /** It is never accepted, whatever its arguments are. */
  readonly refused?: boolean;
  /** Reads one line into the target. Mistakes go to `findings`; it throws nothing. */
  readonly parse: (context: LineContext<Target>) => void;
}

/** Keywords of section `global`. */
export type GlobalKeyword = Keyword<GlobalConfig>;
/** Keywords of proxies and `defaults`. */
export type ProxyKeyword = Keyword<ProxyConfig>;
/** Keywords of sections `resolvers`. */
export type ResolversKeyword = Keyword<ResolversConfig>;

/** An option within a line, of `bind` or `server` or `log`: as `weight 3` in `server a :80 weight 3`. */
export interface OptionKeyword<Settings> {
  readonly name: string;
  readonly arguments: string;
  readonly no?: boolean;
  readonly default?: string;
  readonly help: string;
  readonly inert?: boolean;
  /** It is never accepted. */
  readonly refused?: boolean;
  /** Reads the words after the option; answers how many of them it took, or null when they are wrong. */
  readonly parse: (context: OptionContext<Settings>) => number | null;
}

/** What an option within a line is read from. */
export interface OptionContext<Settings> {
  readonly settings: { -readonly [K in keyof Settings]: Settings[K] };
  readonly option: Word;
  /** The words after the option, up to the end of the line. */
  readonly words: readonly Word[];
  /** How messages begin: `'server be/s1'`, `'bind :80'`. */
  readonly about: string;
  readonly place: Place;
  readonly findings: Findings;
  readonly file: FileContext;
}
