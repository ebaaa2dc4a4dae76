/**
 * The patterns and maps of a plan as they are now, of files and those that ACLs hold themselves: the truth
 * about their entries, with HAProxy's versions (management manual, `prepare map`), and what tells the workers
 * of a change. Whoever has a change made waits until every worker has it. A reload begins anew.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import { parseEntry } from '../plan/compile/pattern-files.js';
import type { PatternForm, PatternListPlan, PatternSource } from '../plan/expression.js';
import type { Plan } from '../plan/plan.js';
import type { PatternChange, PatternEntry } from '../proxy/samples/match/live.js';

/** Entries that are sent at a time when all of them change: a worker takes them in a part of a millisecond. */
const PART = 500;
/** Versions that are prepared at a time: who prepares one more and commits none has the oldest forgotten. */
const PREPARED_MAX = 100;

/** One entry. */
export interface Pattern {
  /** Unique in the process. */
  readonly id: number;
  /** As it was written. */
  readonly key: string;
  value: string;
}

/** Has a change made in every worker, in the order of the calls; resolves when it is. */
export type TellPatterns = (list: number, change: PatternChange) => Promise<void>;

/** A file, or the patterns of an ACL. */
export class PatternReference {
  /** The entries in force. */
  entries: readonly Pattern[];
  /** The version in force, and the one that was prepared last. */
  currentVersion = 0;
  nextVersion = 0;
  /** Its entries are not those of the plan any more. */
  private isChanged = false;
  /** Contents that are being prepared, by their versions. */
  private readonly prepared = new Map<number, Pattern[]>();
  private last: Promise<void> = Promise.resolve();

  /** @param lists those of the plan that come from there, each read in another way; by their indexes */
  constructor(
    readonly source: PatternSource,
    private readonly lists: ReadonlyMap<number, PatternForm>,
    entries: readonly (readonly [key: string, value: string])[],
    private readonly numbers: { next: number },
    private readonly tell: TellPatterns,
  ) {
    this.entries = entries.map(([key, value]) => this.pattern(key, value));
  }

  /** It has values. */
  get isMap(): boolean {
    return this.forms.some(({ map }) => map);
  }

  /** How it is read. */
  get forms(): readonly PatternForm[] {
    return [...this.lists.values()];
  }

  /** The entries of a version; null: it was not prepared. */
  version(version: number | null): readonly Pattern[] | null {
    return version === null || version === this.currentVersion ? this.entries : (this.prepared.get(version) ?? null);
  }

  /** What stands against an entry, in HAProxy's words; null: nothing. */
  fault(key: string, value: string): string | null {
    for (const form of this.lists.values()) {
      const entry = parseEntry(key, value, form);
      if (!entry.ok) return entry.message;
    }
    return null;
  }

  /** Adds entries, which have no faults, to a version; null: to the one in force. */
  add(version: number | null, added: readonly (readonly [key: string, value: string])[]): Promise<void> {
    const patterns = added.map(([key, value]) => this.pattern(key, value));
    const target = version === null || version === this.currentVersion ? null : this.prepared.get(version);
    if (target) target.push(...patterns);
    if (target !== null) return Promise.resolve();
    return this.change(() => {
      this.entries = [...this.entries, ...patterns];
      return this.each((form) => ({ kind: 'append', entries: parsedEntries(patterns, form) }));
    });
  }

  /** Gives another value to the entries that a test is true of; false when it is true of none. */
  async setValue(wanted: (pattern: Pattern) => boolean, value: string): Promise<boolean> {
    const places = this.entries.flatMap((pattern, place) => (wanted(pattern) ? [place] : []));
    if (places.length === 0) return false;
    await this.change(() => {
      for (const place of places) this.entries[place].value = value;
      return this.each((form) => {
        const parsed = parseEntry(this.entries[places[0]].key, value, form);
        return { kind: 'value', places, value: parsed.ok ? parsed.value[1] : '' };
      });
    });
    return true;
  }

  /** Removes the entries that a test is true of; false when it is true of none. */
  async remove(wanted: (pattern: Pattern) => boolean): Promise<boolean> {
    const left = this.entries.filter((pattern) => !wanted(pattern));
    if (left.length === this.entries.length) return false;
    await this.replace(left);
    return true;
  }

  /** Empties a version; null: the one in force. */
  async clear(version: number | null): Promise<void> {
    if (version === null || version === this.currentVersion) await this.replace([]);
    else this.prepared.get(version)?.splice(0);
  }

  /** Begins a new version; its number. */
  prepare(): number {
    this.nextVersion += 1;
    const [oldest] = this.prepared.keys();
    if (this.prepared.size >= PREPARED_MAX) this.prepared.delete(oldest);
    this.prepared.set(this.nextVersion, []);
    return this.nextVersion;
  }

  /** Puts a version into force, and forgets all before it; false when there is none of that number. */
  async commit(version: number): Promise<boolean> {
    const entries = this.prepared.get(version);
    if (entries === undefined) return false;
    for (const known of [...this.prepared.keys()]) if (known <= version) this.prepared.delete(known);
    this.currentVersion = version;
    await this.replace(entries);
    return true;
  }

  /** The list of that index as it is now. */
  asItIs(list: PatternListPlan): PatternListPlan {
    return this.isChanged ? { ...list, entries: parsedEntries(this.entries, list.form) } : list;
  }

  private replace(entries: readonly Pattern[]): Promise<void> {
    return this.change(() => {
      this.entries = entries;
      return this.send();
    });
  }

  private async send(): Promise<void> {
    for (const [list, form] of this.lists) {
      await this.tell(list, { kind: 'begin' });
      for (let at = 0; at < this.entries.length; at += PART) {
        await this.tell(list, { kind: 'part', entries: parsedEntries(this.entries.slice(at, at + PART), form) });
        await breathe();
      }
      await this.tell(list, { kind: 'swap' });
    }
  }

  /** All at once: a worker that begins now has either none of them, or all, in its plan. */
  private async each(change: (form: PatternForm) => PatternChange): Promise<void> {
    await Promise.all([...this.lists].map(([list, form]) => this.tell(list, change(form))));
  }

  /** One change after the other: workers shall see them in this order, and whole. */
  private change(action: () => Promise<void>): Promise<void> {
    this.isChanged = true;
    this.last = this.last.then(action);
    return this.last;
  }

  private pattern(key: string, value: string): Pattern {
    this.numbers.next += 1;
    return { id: this.numbers.next, key, value };
  }
}

/** All patterns of a plan. */
export class Patterns {
  /** In the order of their numbers. */
  readonly references: readonly PatternReference[];

  constructor(
    private readonly plan: Plan,
    tell: TellPatterns,
  ) {
    const numbers = { next: 0 };
    const bySource = new Map<number, Map<number, PatternListPlan>>();
    for (const [index, list] of plan.patternLists.entries()) {
      const lists = bySource.get(list.source.id) ?? new Map<number, PatternListPlan>();
      bySource.set(list.source.id, lists.set(index, list));
    }
    this.references = [...bySource.values()]
      .map((lists) => {
        const [{ source, ...list }] = lists.values();
        const forms = new Map([...lists].map(([index, { form }]) => [index, form]));
        return new PatternReference(source, forms, writtenEntries(list), numbers, tell);
      })
      .sort((a, b) => a.source.id - b.source.id);
  }

  /** The plan with the patterns that there are now: for a worker that takes the place of a dead one. */
  planAsItIs(): Plan {
    const { plan, references } = this;
    const byId = new Map(references.map((reference) => [reference.source.id, reference]));
    return { ...plan, patternLists: plan.patternLists.map((list) => byId.get(list.source.id)?.asItIs(list) ?? list) };
  }
}

function writtenEntries({ entries, texts }: Pick<PatternListPlan, 'entries' | 'texts'>): [string, string][] {
  const text = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8');
  return entries.map(([key, value], i) => [texts?.[i] ?? text(key), text(value)]);
}

/** As workers compare them; what is wrong with an entry was found before. */
function parsedEntries(patterns: readonly Pattern[], form: PatternForm): PatternEntry[] {
  return patterns.flatMap(({ key, value }) => {
    const entry = parseEntry(key, value, form);
    return entry.ok ? [entry.value] : [];
  });
}
