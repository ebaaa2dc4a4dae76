/** Medians, ratios made pair by pair, and numbers short enough for a table. */

/** One measurement of one entrant: figures by name. */
export type Sample = Readonly<Record<string, number>>;

/** The samples of one entrant by round; undefined where the measurement failed. */
export type Rounds = readonly (Sample | undefined)[];

/** The middle value, or the mean of the two middle ones; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** Median of a figure over the rounds that have it. */
export function medianOf(rounds: Rounds, key: string): number {
  return median(rounds.flatMap((sample) => (sample === undefined ? [] : [sample[key]])));
}

/**
 * Median of the ratios `rounds[i] / reference[i]`. Both samples of a pair were taken within one
 * round, minutes apart at most, so that what changes slowly on a machine changes for both.
 */
export function medianRatio(rounds: Rounds, reference: Rounds, key: string): number {
  const ratios = rounds.flatMap((sample, round) => {
    const other = reference[round];
    return sample === undefined || other === undefined ? [] : [sample[key] / other[key]];
  });
  return median(ratios);
}

/** Three significant digits, and no more than the whole number needs; a dash for what was not measured. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const magnitude = Math.abs(value);
  const decimals = magnitude >= 99.95 ? 0 : magnitude >= 9.995 ? 1 : 2;
  return value.toFixed(decimals);
}

/** Two decimals; a dash for what was not measured. */
export function ratioText(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : '-';
}
