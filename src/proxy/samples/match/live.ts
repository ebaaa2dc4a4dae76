/**
 * The entries of a list of patterns or of a map, as one worker has them: rules look into them, and the
 * master changes them while they do. A new content is built piece by piece beside the one in force,
 * between turns of the loop, and takes its place in one step; single entries are added, changed and removed in
 * place. A place that an entry has left stays empty until another content comes.
 */
import type { PatternForm, PatternListPlan } from '../../../plan/expression.js';
import { patternSet } from './patterns.js';
import type { PatternSet } from './set.js';

/** A key, as it is compared, and a value. */
export type PatternEntry = readonly [key: string, value: string];

/** What the master has changed. */
export type PatternChange =
  /** A new content begins, of which there is nothing yet. */
  | { readonly kind: 'begin' }
  /** Some more of it. */
  | { readonly kind: 'part'; readonly entries: readonly PatternEntry[] }
  /** It takes the place of the one in force. */
  | { readonly kind: 'swap' }
  /** Entries behind those in force. */
  | { readonly kind: 'append'; readonly entries: readonly PatternEntry[] }
  /** Entries that are not there any more, by their places, which others do not take. */
  | { readonly kind: 'remove'; readonly places: readonly number[] }
  /** Another value of some entries, by their places. */
  | { readonly kind: 'value'; readonly places: readonly number[]; readonly value: string };

/** Something that is made of every entry, and found by the number of a pattern. */
export class LiveList<T> {
  current: T[] = [];
  next: T[] = [];

  constructor(readonly make: (entry: PatternEntry) => T) {}
}

/** The set of keys; who looks into it reads `current` at each look-up. */
export class LiveSet {
  current: PatternSet;
  next: PatternSet;

  constructor(private readonly form: PatternForm) {
    this.current = this.empty();
    this.next = this.current;
  }

  empty(): PatternSet {
    const { match, ignoreCase } = this.form;
    return patternSet([], { method: match, ignoreCase });
  }
}

/** One list, in one worker, for one plan. */
export class LivePatterns {
  /** Made when it is asked for: some maps need none. */
  private keys: LiveSet | null = null;
  private readonly lists: LiveList<unknown>[] = [];
  private readonly entries = new LiveList((entry: PatternEntry) => entry);
  /** A new content is being built. Who began with it, and hears of a part only, has it already. */
  private building = false;
  /** Empty places. */
  private readonly removed = new Set<number>();

  constructor(
    entries: readonly PatternEntry[],
    private readonly form: PatternForm,
  ) {
    this.entries.current = [...entries];
  }

  /** The set of its keys. */
  get set(): LiveSet {
    if (this.keys === null) {
      this.keys = new LiveSet(this.form);
      for (const [number, [key]] of this.entries.current.entries())
        if (!this.removed.has(number)) this.keys.current.add(key, number);
    }
    return this.keys;
  }

  /** What is made of its entries, by the numbers of patterns. */
  list<T>(make: (entry: PatternEntry) => T): LiveList<T> {
    const list = new LiveList(make);
    list.current = this.entries.current.map(make);
    this.lists.push(list);
    return list;
  }

  /** Carries out a change. */
  change(change: PatternChange): void {
    if (change.kind === 'begin') this.begin();
    else if (change.kind === 'part' && this.building) this.addTo('next', change.entries);
    else if (change.kind === 'append') this.addTo('current', change.entries);
    else if (change.kind === 'remove') for (const place of change.places) this.remove(place);
    else if (change.kind === 'value') for (const place of change.places) this.setValue(place, change.value);
    else if (change.kind === 'swap' && this.building) this.swap();
  }

  private get everything(): LiveList<unknown>[] {
    return [this.entries as LiveList<unknown>, ...this.lists];
  }

  private begin(): void {
    for (const list of this.everything) list.next = [];
    if (this.keys !== null) this.keys.next = this.keys.empty();
    this.building = true;
  }

  private addTo(which: 'current' | 'next', entries: readonly PatternEntry[]): void {
    for (const entry of entries) {
      const number = this.entries[which].length;
      this.keys?.[which].add(entry[0], number);
      for (const list of this.everything) list[which].push(list.make(entry));
    }
  }

  private swap(): void {
    for (const list of this.everything) {
      list.current = list.next;
      list.next = [];
    }
    if (this.keys !== null) this.keys.current = this.keys.next;
    this.building = false;
    this.removed.clear();
  }

  private remove(place: number): void {
    const known = this.entries.current[place];
    if (known === undefined || this.removed.has(place)) return;
    this.removed.add(place);
    this.keys?.current.remove(known[0], place);
  }

  private setValue(place: number, value: string): void {
    const known = this.entries.current[place];
    if (known === undefined) return;
    for (const list of this.everything) list.current[place] = list.make([known[0], value]);
  }
}

const lists = new WeakMap<PatternListPlan, LivePatterns>();

/** What there is of a list, once for a plan however often it is used. */
export function livePatterns(list: PatternListPlan): LivePatterns {
  let live = lists.get(list);
  if (live === undefined) {
    live = new LivePatterns(list.entries, list.form);
    lists.set(list, live);
  }
  return live;
}
