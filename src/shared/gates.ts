/**
 * The gates of many frontends, or of many binds, in few buffers. Who had one under the plan before and
 * has one now keeps its words, and so its count and who waits there.
 */
import { ConnectionGate } from './gate.js';
import { allocatePieces, openPieces, type Pieces } from './pieces.js';

/** Where they are. Structured-cloneable. */
export interface GateMemory {
  readonly pieces: Pieces;
  /** For each frontend or bind the number of its gate among the pieces; -1: it has none. */
  readonly numbers: readonly number[];
}

/** What is taken over from before: for each its number there; -1: it begins anew. */
export interface KeptGates {
  readonly gates: GateMemory;
  readonly from: readonly number[];
}

/**
 * @param limits 0: none, and no gate
 * @param always also without a limit there is a gate, which may be given one later
 * @param kept who goes on keeps the limit, too, for the time being
 */
export function createGates(limits: readonly number[], workers: number, always: boolean, kept: KeptGates | null): GateMemory {
  const owners = [...limits.keys()].filter((i) => always || limits[i] > 0);
  const sizes = owners.map(() => ConnectionGate.words(workers));
  const from = kept && owners.map((i) => kept.gates.numbers[kept.from[i]] ?? -1);
  const pieces = allocatePieces(sizes, kept && from && { pieces: kept.gates.pieces, from }, (piece, i) =>
    ConnectionGate.begin(piece, limits[owners[i]], workers),
  );
  const numbers = limits.map(() => -1);
  for (const [number, i] of owners.entries()) numbers[i] = number;
  return { pieces, numbers };
}

/** Opens them, in order; null: it has none. */
export function openGates({ pieces, numbers }: GateMemory): (ConnectionGate | null)[] {
  const gates = openPieces(pieces).map((piece) => new ConnectionGate(piece));
  return numbers.map((number) => gates[number] ?? null);
}
