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
import { patternSet } from '../proxy/samples/match/patterns.js';
import type { PatternSet } from '../proxy/samples/match/set.js';
import type { Sample } from '../proxy/samples/sample.js';
import { PART, partsOf } from './pattern-parts.js';

/** Parts that workers have not confirmed: on a busy machine each would wait for a turn of every worker. */
const PARTS_UNDER_WAY_MAX = 8;
/** Places that removed entries have left, at least, and as many as there are entries, before all are sent anew. */
const EMPTY_MAX = 1000;
/** Versions that are prepared at a time: who prepares one more and commits none has the oldest forgotten. */
const PREPARED_MAX = 100;

/** One entry. */
export interface Pattern {
  /** Unique in the process. */
  readonly id: number;
  /** As it was written. */
  readonly key: string;
  value: string;
  /** By what workers know it, once it is in force. */
  place: number;
}

/** Has a change made in every worker, in the order of the calls; resolves when it is. */
export type TellPatterns = (list: number, change: PatternChange) => Promise<void>;

/** A file, or the patterns of an ACL. */
export class PatternReference {
  /** The entries in force, in the order of their places. */
  entries: readonly Pattern[];
  /** The version in force, and the one that was prepared last. */
  currentVersion = 0;
  nextVersion = 0;
  /** Its entries are not those of the plan any more. */
  private isChanged = false;
  /** The place of the next entry. */
  private placesUsed = 0;
  /** There are workers that have other places: they began with the entries alone, without those that had been removed. */
  private placesDiffer = false;
  /** What `get` looks into, by forms; made for the first one that asks. */
  private readonly sets = new Map<PatternForm, PatternSet>();
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
    this.entries = this.placed(entries.map(([key, value]) => this.pattern(key, value)));
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

  /** What stands against entries, in HAProxy's words: of the first that is none; null: nothing. */
  async fault(entries: readonly (readonly [key: string, value: string])[]): Promise<string | null> {
    for (const part of partsOf(entries)) {
      const faults = part.flatMap(([key, value]) => this.forms.map((form) => parseEntry(key, value, form)));
      const fault = faults.find(({ ok }) => !ok);
      if (fault?.ok === false) return fault.message;
      if (entries.length > PART) await breathe();
    }
    return null;
  }

  /** The first entry that a sample fits, which is already of the method's type; null: none. For `found` and `bool`, which look at none: undefined. */
  async find(form: PatternForm, sample: Sample): Promise<Pattern | null | undefined> {
    let number = -1;
    await this.inTurn(async () => {
      const set = this.sets.get(form) ?? (await this.newSet(form));
      number = set.find(sample);
    });
    return number < 0 ? null : this.entries.find(({ place }) => place === number);
  }

  /** Adds entries, which have no faults, to a version; null: to the one in force. */
  add(version: number | null, added: readonly (readonly [key: string, value: string])[]): Promise<void> {
    const patterns = added.map(([key, value]) => this.pattern(key, value));
    const target = version === null || version === this.currentVersion ? null : this.prepared.get(version);
    if (target) target.push(...patterns);
    if (target !== null) return Promise.resolve();
    return this.change(() =>
      inParts(patterns, (part) => {
        for (const pattern of part) pattern.place = this.placesUsed++;
        this.entries = this.entries.concat(part);
        for (const [form, set] of this.sets) for (const { key, place } of parsedPatterns(part, form)) set.add(key, place);
        return this.each((form) => ({ kind: 'append', entries: parsedEntries(part, form) }));
      }),
    );
  }

  /** Gives another value to the entries that a test is true of; false when it is true of none. */
  async setValue(wanted: (pattern: Pattern) => boolean, value: string): Promise<boolean> {
    let found: readonly Pattern[] = [];
    await this.change(() => {
      found = this.entries.filter(wanted);
      for (const pattern of found) pattern.value = value;
      if (found.length === 0) return Promise.resolve();
      if (this.placesDiffer) return this.send();
      const places = placesOf(found);
      return this.each((form) => {
        const parsed = parseEntry(found[0].key, value, form);
        return { kind: 'value', places, value: parsed.ok ? parsed.value[1] : '' };
      });
    });
    return found.length > 0;
  }

  /** Removes the entries that a test is true of; false when it is true of none. */
  async remove(wanted: (pattern: Pattern) => boolean): Promise<boolean> {
    let found: readonly Pattern[] = [];
    await this.change(() => {
      found = this.entries.filter(wanted);
      if (found.length === 0) return Promise.resolve();
      this.entries = this.entries.filter((pattern) => !wanted(pattern));
      if (this.placesDiffer || this.empty > Math.max(EMPTY_MAX, this.entries.length)) return this.send();
      for (const [form, set] of this.sets) for (const { key, place } of parsedPatterns(found, form)) set.remove(key, place);
      const places = placesOf(found);
      return this.each(() => ({ kind: 'remove', places }));
    });
    return found.length > 0;
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
    this.placesDiffer ||= this.empty > 0;
    return this.isChanged ? { ...list, entries: parsedEntries(this.entries, list.form) } : list;
  }

  private replace(entries: readonly Pattern[]): Promise<void> {
    return this.change(() => {
      this.entries = entries;
      return this.send();
    });
  }

  /** Places that nobody has any more. */
  private get empty(): number {
    return this.placesUsed - this.entries.length;
  }

  /** Gives entries their places, from the first on. */
  private placed(entries: readonly Pattern[]): readonly Pattern[] {
    for (const [place, pattern] of entries.entries()) pattern.place = place;
    this.placesUsed = entries.length;
    this.placesDiffer = false;
    this.sets.clear();
    return entries;
  }

  private async newSet(form: PatternForm): Promise<PatternSet> {
    const set = patternSet([], { method: form.match, ignoreCase: form.ignoreCase });
    for (const part of partsOf(this.entries)) {
      for (const { key, place } of parsedPatterns(part, form)) set.add(key, place);
      await breathe();
    }
    this.sets.set(form, set);
    return set;
  }

  private async send(): Promise<void> {
    this.placed(this.entries);
    for (const [list, form] of this.lists) {
      await this.tell(list, { kind: 'begin' });
      await inParts(this.entries, (part) => this.tell(list, { kind: 'part', entries: parsedEntries(part, form) }));
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
    return this.inTurn(action);
  }

  private inTurn(action: () => Promise<void>): Promise<void> {
    this.last = this.last.then(action);
    return this.last;
  }

  private pattern(key: string, value: string): Pattern {
    this.numbers.next += 1;
    return { id: this.numbers.next, key, value, place: -1 };
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

/** Keys as they are compared, with their places. */
function parsedPatterns(patterns: readonly Pattern[], form: PatternForm): { readonly key: string; readonly place: number }[] {
  return patterns.flatMap(({ key, value, place }) => {
    const entry = parseEntry(key, value, form);
    return entry.ok ? [{ key: entry.value[0], place }] : [];
  });
}

function placesOf(patterns: readonly Pattern[]): number[] {
  return patterns.map(({ place }) => place);
}

/** Tells of many entries part by part, a few parts at a time, with pauses for others; resolves when all have been taken. */
async function inParts(patterns: readonly Pattern[], tell: (part: readonly Pattern[]) => Promise<void>): Promise<void> {
  const underWay: Promise<void>[] = [];
  for (const part of partsOf(patterns)) {
    underWay.push(tell(part));
    if (underWay.length >= PARTS_UNDER_WAY_MAX) await underWay.shift();
    if (patterns.length > PART) await breathe();
  }
  await Promise.all(underWay);
}
