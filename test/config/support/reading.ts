/** Reading texts as configuration files, with the real keywords or with a test's own. */
import type { Finding } from '../../../src/config/diagnostics.js';
import type { ProxyKeyword } from '../../../src/config/keyword.js';
import { GLOBAL_KEYWORDS } from '../../../src/config/keywords/index.js';
import { type KeywordTables, type Reading, readConfig } from '../../../src/config/read.js';

/** Reads one file called f.cfg; `text` needs no newline at its end. */
export function read(text: string, environment: Record<string, string> = {}, tables?: KeywordTables): Reading {
  return readConfig([{ name: 'f.cfg', text: `${text}\n` }], new Map(Object.entries(environment)), tables);
}

/** Reads the lines of a section `global`. */
export function readGlobal(...lines: string[]): Reading {
  return read(['global', ...lines].join('\n'));
}

/** Texts of findings without what they all begin with. */
export function said(findings: { readonly list: readonly Finding[] }): string[] {
  return findings.list.map(({ severity, text }) => `${severity} ${text.replace(/^config : parsing \[f\.cfg:/, '[')}`);
}

/** A keyword that notes in `seen` what it was called with. */
export function noting(seen: string[], keyword: Partial<ProxyKeyword> & Pick<ProxyKeyword, 'name' | 'sections'>): ProxyKeyword {
  return {
    arguments: '',
    help: '',
    ...keyword,
    parse: ({ target, keyword: words, words: rest, negated }) => {
      const text = [...words, ...rest].map((word) => word.text).join(' ');
      seen.push(`${target.name || target.kind}: ${negated === null ? '' : `${negated} `}${text}`);
    },
  };
}

/** Tables with a test's own keywords of proxies. */
export function tablesWith(...proxy: ProxyKeyword[]): KeywordTables {
  return { global: GLOBAL_KEYWORDS, proxy, resolvers: [] };
}
