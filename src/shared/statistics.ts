/**
 * Which row of statistics belongs to whom. Rows go by identity, the names that a configuration gives
 * to frontends, binds, backends and servers, not by places in a plan: a plan that takes the place of
 * another one keeps the rows of all that it still knows, and sessions of the old one, as they end,
 * add to the same numbers. Rows lie in chunks; what is new gets a row that nobody uses any more, or
 * a new chunk. A chunk without a row in use is left to the garbage collector.
 */
import { chunkBytes, LINE_WORDS, ROW_DOUBLES, rowAt } from './statistics-layout.js';

/** The names of all that is counted, in the order of a plan. */
export interface StatisticsNames {
  /** Binds by names that are unique in their frontend. */
  readonly frontends: readonly { readonly name: string; readonly binds: readonly string[] }[];
  readonly backends: readonly { readonly name: string; readonly servers: readonly string[] }[];
}

/** A piece of shared memory with rows. */
export interface StatisticsChunk {
  readonly buffer: SharedArrayBuffer;
  readonly rows: number;
}

/** Where a row lies. */
export interface RowPlace {
  readonly chunk: StatisticsChunk;
  readonly row: number;
}

/** The rows of one plan; structured-cloneable. */
export interface SharedStatistics {
  readonly workers: number;
  readonly process: RowPlace;
  readonly frontends: readonly (RowPlace & { readonly binds: readonly RowPlace[] })[];
  readonly backends: readonly (RowPlace & { readonly servers: readonly RowPlace[] })[];
  /** The same by identity. */
  readonly directory: ReadonlyMap<string, RowPlace>;
}

/** Identities: the kind, then names; no name has a line feed in it. */
const PROCESS = 'process';
const identity = (kind: 'frontend' | 'bind' | 'backend' | 'server', ...names: string[]): string => [kind, ...names].join('\n');

/**
 * Gives each name its row.
 * @param alive the statistics of all plans that still have sessions, in any order but the plan in
 * force last: names that one of them knows keep its row, and none of their rows is given to another
 */
export function allocateStatistics(
  names: StatisticsNames,
  workers: number,
  alive: readonly SharedStatistics[] = [],
): SharedStatistics {
  const wanted = identitiesOf(names);
  const known = new Map<string, RowPlace>();
  for (const { directory } of alive) for (const [name, place] of directory) known.set(name, place);
  const fresh = wanted.filter((name) => !known.has(name));
  const places = freshRows(fresh.length, workers, alive);
  for (const [i, name] of fresh.entries()) known.set(name, places[i]);
  const placeOf = (name: string): RowPlace => known.get(name) as RowPlace;
  return {
    workers,
    process: placeOf(PROCESS),
    frontends: names.frontends.map(({ name, binds }) => ({
      ...placeOf(identity('frontend', name)),
      binds: binds.map((bind) => placeOf(identity('bind', name, bind))),
    })),
    backends: names.backends.map(({ name, servers }) => ({
      ...placeOf(identity('backend', name)),
      servers: servers.map((server) => placeOf(identity('server', name, server))),
    })),
    directory: new Map(wanted.map((name) => [name, placeOf(name)])),
  };
}

function identitiesOf({ frontends, backends }: StatisticsNames): string[] {
  const all = [
    PROCESS,
    ...frontends.flatMap(({ name, binds }) => [identity('frontend', name), ...binds.map((bind) => identity('bind', name, bind))]),
    ...backends.flatMap(({ name, servers }) => [
      identity('backend', name),
      ...servers.map((server) => identity('server', name, server)),
    ]),
  ];
  return [...new Set(all)];
}

/** Rows that nobody uses, all zero: those left in chunks that are in use, then those of a new chunk. */
function freshRows(count: number, workers: number, alive: readonly SharedStatistics[]): RowPlace[] {
  if (count === 0) return [];
  const used = new Map<StatisticsChunk, Set<number>>();
  for (const { directory } of alive)
    for (const { chunk, row } of directory.values()) used.set(chunk, (used.get(chunk) ?? new Set()).add(row));
  const free: RowPlace[] = [];
  for (const [chunk, rows] of used) {
    for (let row = 0; row < chunk.rows && free.length < count; row++) if (!rows.has(row)) free.push({ chunk, row });
  }
  for (const place of free) clear(place, workers);
  const left = count - free.length;
  if (left === 0) return free;
  const chunk = { buffer: new SharedArrayBuffer(chunkBytes(left, workers)), rows: left };
  return [...free, ...Array.from({ length: left }, (_, row) => ({ chunk, row }))];
}

function clear({ chunk, row }: RowPlace, workers: number): void {
  new Int32Array(chunk.buffer).fill(0, row * LINE_WORDS, (row + 1) * LINE_WORDS);
  const doubles = new Float64Array(chunk.buffer);
  for (let worker = 0; worker <= workers; worker++) {
    const at = rowAt(chunk.rows, row, worker);
    doubles.fill(0, at, at + ROW_DOUBLES);
  }
}
