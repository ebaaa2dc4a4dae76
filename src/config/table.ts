/**
 * Finds the keyword that a line begins with. Keywords have one to three words, the longest that
 * fits is meant; `timeout` alone is none, but a family of them.
 */
import type { Keyword, SectionKind } from './keyword.js';
import type { Word } from './tokens/line.js';

/** Keywords that begin with the same word. */
export interface Family<Target> {
  /** By their whole names; several of one name are for different sections. */
  readonly members: Map<string, Keyword<Target>[]>;
  wordsMax: number;
}

/** A keyword that was found, the number of its words, and whether it may stand in this section. */
export interface Found<Target> {
  readonly keyword: Keyword<Target>;
  readonly words: number;
  readonly allowed: boolean;
}

/** The keywords of one kind of target. */
export class KeywordTable<Target> {
  private readonly families = new Map<string, Family<Target>>();

  constructor(readonly keywords: readonly Keyword<Target>[]) {
    for (const keyword of keywords) this.add(keyword);
  }

  /** All keywords that begin with this word. */
  family(first: string): Family<Target> | undefined {
    return this.families.get(first);
  }

  /** The longest keyword that these words begin with. */
  find(section: SectionKind, words: readonly Word[]): Found<Target> | null {
    const family = this.families.get(words[0].text);
    if (family === undefined) return null;
    for (let count = Math.min(family.wordsMax, words.length); count > 0; count--) {
      const keywords = family.members.get(nameOf(words, count));
      if (keywords === undefined) continue;
      const keyword = keywords.find((candidate) => candidate.sections.includes(section));
      return { keyword: keyword ?? keywords[0], words: count, allowed: keyword !== undefined };
    }
    return null;
  }

  /** First words of the keywords that may stand in a section, each once; those that are refused are not meant. */
  firstWords(section: SectionKind): string[] {
    const known = this.keywords.filter(({ sections, refused }) => sections.includes(section) && !refused);
    return [...new Set(known.map(({ name }) => name.split(' ', 1)[0]))];
  }

  /** What may follow the first word of a family in a section. */
  secondWords(section: SectionKind, first: string): string[] {
    const known = [...(this.families.get(first)?.members.values() ?? [])].flat();
    const here = known.filter(({ sections, refused }) => sections.includes(section) && !refused);
    return [...new Set(here.flatMap(({ name }) => name.split(' ').slice(1, 2)))];
  }

  private add(keyword: Keyword<Target>): void {
    const words = keyword.name.split(' ');
    const family = this.families.get(words[0]) ?? { members: new Map<string, Keyword<Target>[]>(), wordsMax: 0 };
    family.wordsMax = Math.max(family.wordsMax, words.length);
    family.members.set(keyword.name, [...(family.members.get(keyword.name) ?? []), keyword]);
    this.families.set(words[0], family);
  }
}

function nameOf(words: readonly Word[], count: number): string {
  if (count === 1) return words[0].text;
  let name = words[0].text;
  for (let i = 1; i < count; i++) name += ` ${words[i].text}`;
  return name;
}
