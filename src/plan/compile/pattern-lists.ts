/**
 * The lists of patterns of a Plan: those that lines `acl` hold themselves, and files of patterns and maps,
 * each once for every way of reading it. Where they come from has HAProxy's number, by which commands name
 * it. It reads no file.
 */
import type { ProxyConfig } from '../../config/config.js';
import type { Place } from '../../config/diagnostics.js';
import { bytesOf } from '../../config/samples/bytes.js';
import type { AclTest } from '../../config/samples/syntax.js';
import { type Parsed, parsed, refused } from '../../config/values/parsed.js';
import type { PatternForm, PatternListPlan, PatternSource, PatternUse } from '../expression.js';
import { parsePatternFile } from './pattern-files.js';

/** A place where patterns are used. */
export interface PatternMention extends Pick<PatternUse, 'kind' | 'keyword'> {
  readonly place: Place;
  /** HAProxy reads it when it has read all sections. */
  readonly late: boolean;
}

/** A source that has no number yet. */
interface Draft {
  readonly path: string;
  /** `-u` */
  readonly wanted: number | null;
  readonly mentions: PatternMention[];
}

/** A list, as long as its source is a draft. */
type DraftList = Omit<PatternListPlan, 'source'> & { readonly source: Draft };

/** All lists of one configuration. */
export class PatternLists {
  private readonly lists: DraftList[] = [];
  private readonly drafts: Draft[] = [];
  private readonly files = new Map<string, Draft>();
  private readonly fileLists = new Map<string, number>();
  /** `defaults` may share a test between proxies. */
  private readonly tests = new Map<AclTest, readonly number[]>();
  /** Names of files in the order in which they are read. */
  private readonly order: Map<string, number>;

  /** @param texts of files of patterns, by their paths */
  constructor(
    proxies: readonly ProxyConfig[],
    private readonly texts: ReadonlyMap<string, string>,
  ) {
    this.order = new Map([...new Set(proxies.map(({ place }) => place.file))].map((file, index) => [file, index]));
  }

  /** Indexes of the lists that a test compares with: of its own patterns, and of its files. */
  ofTest(test: AclTest, refuse: (place: Place, message: string) => void): readonly number[] {
    const known = this.tests.get(test);
    if (known !== undefined) return known;
    const { match, ignoreCase, filesAreMaps, expression, written } = test;
    const { patterns, texts, dotted, place, id: wanted } = written;
    const form: PatternForm = { match, ignoreCase, dotted, map: false, value: 'any' };
    const keyword = expression.fetch;
    const files = test.files.flatMap(({ path, place: at }) => {
      const mention = { kind: filesAreMaps ? 'acl-map' : 'acl', keyword, place: at, late: false } as const;
      const list = this.file(path, { ...form, map: filesAreMaps }, mention);
      if (!list.ok) refuse(at, list.message);
      return list.ok ? [list.value] : [];
    });
    if (wanted !== null && this.drafts.some((draft) => draft.wanted === wanted)) refuse(place, 'the id is already used');
    const own = this.draft({
      path: '',
      wanted,
      mentions: [{ kind: 'acl', keyword, place: test.files.at(-1)?.place ?? expression.place, late: false }],
    });
    const entries = patterns.map((pattern) => [pattern, ''] as const);
    const lists = [this.add({ source: own, form, entries, ...differing(texts, entries) }), ...files];
    this.tests.set(test, lists);
    return lists;
  }

  /** Index of the list of a file. The reason of a refusal is HAProxy's; whoever named the file says where. */
  file(path: string, form: PatternForm, mention: PatternMention): Parsed<number> {
    const { match, map, value, ignoreCase, dotted } = form;
    const key = `${match} ${map} ${value} ${ignoreCase} ${dotted} ${path}`;
    let index = this.fileLists.get(key);
    if (index === undefined) {
      const text = this.texts.get(path);
      if (text === undefined) return refused(`failed to open pattern file <${path}>`);
      const lines = parsePatternFile(path, text, form);
      if (!lines.ok) return lines;
      index = this.add({ source: this.sourceOf(path), form, ...lines.value });
      this.fileLists.set(key, index);
    }
    const { mentions } = this.lists[index].source;
    if (!mentions.some(({ place }) => place === mention.place)) mentions.push(mention);
    return parsed(index);
  }

  /** The lists, their sources numbered in the order in which HAProxy meets them. */
  numbered(): readonly PatternListPlan[] {
    const drafts = this.drafts
      .map((draft) => ({ draft, mentions: draft.mentions.sort((a, b) => this.compare(a, b)) }))
      .sort((a, b) => this.compare(a.mentions[0], b.mentions[0]));
    const taken = new Set(drafts.map(({ draft }) => draft.wanted));
    let next = 0;
    const sources = new Map<Draft, PatternSource>();
    for (const { draft, mentions } of drafts) {
      while (draft.wanted === null && taken.has(next)) next++;
      const id = draft.wanted ?? next++;
      const uses = mentions.map(({ kind, keyword, place: { file, line } }) => ({ kind, keyword, file, line }));
      sources.set(draft, { id, path: draft.path, uses });
    }
    return this.lists.map((list) => ({ ...list, source: sources.get(list.source) as PatternSource }));
  }

  private compare(a: PatternMention, b: PatternMention): number {
    const rank = ({ place }: PatternMention): number => this.order.get(place.file) ?? this.order.size;
    return Number(a.late) - Number(b.late) || rank(a) - rank(b) || a.place.line - b.place.line || a.place.column - b.place.column;
  }

  private sourceOf(path: string): Draft {
    const source = this.files.get(path) ?? this.draft({ path, wanted: null, mentions: [] });
    this.files.set(path, source);
    return source;
  }

  private draft(draft: Draft): Draft {
    this.drafts.push(draft);
    return draft;
  }

  private add(list: DraftList): number {
    return this.lists.push(list) - 1;
  }
}

/** The texts, where some of them are not as they are compared. */
function differing(
  texts: readonly string[],
  entries: PatternListPlan['entries'],
): Pick<PatternListPlan, 'texts'> | Record<string, never> {
  return texts.some((text, i) => bytesOf(text) !== entries[i][0]) ? { texts } : {};
}
