/**
 * The entries of a file of patterns or of a map, as one worker has them: rules look into them, and the
 * master changes them while they do. A new content is built piece by piece beside the one in force,
 * between turns of the loop, and takes its place in one step; single entries are added and changed in place.
 */
import type { PatternFilePlan } from '../../../plan/expression.js';
import type { Sample } from '../sample.js';
import { type PatternOptions, patternSet } from './patterns.js';
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
  /** Another value of some entries, by their places. */
  | { readonly kind: 'value'; readonly places: readonly number[]; readonly value: string };

/** Something that is made of every entry, and found by the number of a pattern. */
export class LiveList<T> {
  current: T[] = [];
  next: T[] = [];

  constructor(readonly make: (entry: PatternEntry) => T) {}
}

/** The set of keys for one way of matching. */
class LiveSet implements PatternSet {
  current: PatternSet;
  next: PatternSet;

  constructor(readonly options: PatternOptions) {
    this.current = patternSet([], options);
    this.next = this.current;
  }

  find(sample: Sample): number {
    return this.current.find(sample);
  }

  add(pattern: string, number: number): void {
    this.current.add(pattern, number);
  }
}

/** One file, in one worker, for one plan. */
export class LivePatterns {
  private readonly sets: LiveSet[] = [];
  private readonly lists: LiveList<unknown>[] = [];
  private readonly entries = new LiveList((entry: PatternEntry) => entry);

  constructor(entries: readonly PatternEntry[]) {
    this.entries.current = [...entries];
  }

  /** The set of its keys, made once for each way of matching. */
  set(options: PatternOptions): PatternSet {
    const { method, ignoreCase } = options;
    const known = this.sets.find((set) => set.options.method === method && set.options.ignoreCase === ignoreCase);
    if (known !== undefined) return known;
    const made = new LiveSet(options);
    for (const [number, [key]] of this.entries.current.entries()) made.add(key, number);
    this.sets.push(made);
    return made;
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
    else if (change.kind === 'part') this.addTo('next', change.entries);
    else if (change.kind === 'append') this.addTo('current', change.entries);
    else if (change.kind === 'value') for (const place of change.places) this.setValue(place, change.value);
    else this.swap();
  }

  private get everything(): LiveList<unknown>[] {
    return [this.entries as LiveList<unknown>, ...this.lists];
  }

  private begin(): void {
    for (const list of this.everything) list.next = [];
    for (const set of this.sets) set.next = patternSet([], set.options);
  }

  private addTo(which: 'current' | 'next', entries: readonly PatternEntry[]): void {
    for (const entry of entries) {
      const number = this.entries[which].length;
      for (const set of this.sets) set[which].add(entry[0], number);
      for (const list of this.everything) list[which].push(list.make(entry));
    }
  }

  private swap(): void {
    for (const list of this.everything) {
      list.current = list.next;
      list.next = [];
    }
    for (const set of this.sets) set.current = set.next;
  }

  private setValue(place: number, value: string): void {
    const known = this.entries.current[place];
    if (known === undefined) return;
    for (const list of this.everything) list.current[place] = list.make([known[0], value]);
  }
}

const files = new WeakMap<PatternFilePlan, LivePatterns>();

/** What there is of a file, once for a plan however often it is used. */
export function livePatterns(file: PatternFilePlan): LivePatterns {
  let live = files.get(file);
  if (live === undefined) {
    live = new LivePatterns(file.entries);
    files.set(file, live);
  }
  return live;
}
