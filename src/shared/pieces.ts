/**
 * Shared memory for many things of one kind (one for each backend, say) in few buffers. A thing that
 * goes on living in the next plan keeps its words where they are, whatever else is new around it; a
 * buffer lives as long as something in it does. Buffers hold whole cache lines.
 */

/** Where each thing's words are. Structured-cloneable. */
export interface Pieces {
  readonly buffers: readonly SharedArrayBuffer[];
  /** Two numbers for each thing: its buffer, and its first word there. */
  readonly places: readonly number[];
}

/** One thing's words. */
export interface Piece {
  readonly words: Int32Array;
  readonly base: number;
}

/** What is taken over from before: the pieces, and which of those each thing has; -1: none, it begins anew. */
export interface Kept {
  readonly pieces: Pieces;
  readonly from: readonly number[];
}

/** No pieces at all. */
export const NO_PIECES: Pieces = { buffers: [], places: [] };

/**
 * Finds a place for things of so many words each: where they were, or in one new buffer, all zero.
 * @param begin called for each new one, with its number
 */
export function allocatePieces(
  sizes: readonly number[],
  kept: Kept | null = null,
  begin?: (piece: Piece, i: number) => void,
): Pieces {
  const isKept = (i: number): boolean => kept !== null && kept.from[i] >= 0;
  const fresh = sizes.reduce((sum, size, i) => sum + (isKept(i) ? 0 : size), 0);
  const buffers = new Buffers();
  const words = new Int32Array(new SharedArrayBuffer(4 * fresh));
  const places: number[] = [];
  let base = 0;
  for (const [i, size] of sizes.entries()) {
    if (kept !== null && kept.from[i] >= 0) {
      const from = 2 * kept.from[i];
      places.push(buffers.numberOf(kept.pieces.buffers[kept.pieces.places[from]]), kept.pieces.places[from + 1]);
    } else {
      places.push(buffers.numberOf(words.buffer as SharedArrayBuffer), base);
      begin?.({ words, base }, i);
      base += size;
    }
  }
  return { buffers: buffers.list, places };
}

/** Opens all pieces, in order. */
export function openPieces({ buffers, places }: Pieces): Piece[] {
  const views = buffers.map((buffer) => new Int32Array(buffer));
  return Array.from({ length: places.length / 2 }, (_, i) => ({ words: views[places[2 * i]], base: places[2 * i + 1] }));
}

/** Buffers in use, each once. */
class Buffers {
  readonly list: SharedArrayBuffer[] = [];
  private readonly numbers = new Map<SharedArrayBuffer, number>();

  numberOf(buffer: SharedArrayBuffer): number {
    const known = this.numbers.get(buffer);
    if (known !== undefined) return known;
    this.list.push(buffer);
    this.numbers.set(buffer, this.list.length - 1);
    return this.list.length - 1;
  }
}

/** Whether two things have the same words. */
export function isSamePiece(a: Pieces, i: number, b: Pieces, j: number): boolean {
  return a.buffers[a.places[2 * i]] === b.buffers[b.places[2 * j]] && a.places[2 * i + 1] === b.places[2 * j + 1];
}
