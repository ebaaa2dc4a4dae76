/** Results as text: aligned tables, the targets with reached or missed, and RESULTS.md. */
import type { Column, Entrant, Row, Target } from './row.js';
import { medianOf, medianRatio, type Rounds, ratioText, short } from './stats.js';

/** What a row came to: the samples of each entrant, by label. */
export interface RowResult {
  readonly row: Row;
  readonly entrants: readonly Entrant[];
  readonly rounds: ReadonlyMap<string, Rounds>;
}

/** A row's heading, note, table and targets. It is Markdown that also reads well in a terminal. */
export function rowText(result: RowResult): string {
  const { row } = result;
  const targets = row.targets.flatMap((target) => targetLine(result, target));
  const list = targets.length > 0 ? `\n${targets.join('\n')}\n` : '';
  return `## ${row.name}: ${row.title}\n\n${row.note.join('\n')}\n\n${table(result)}\n${list}`;
}

/** How many targets were missed in this row. */
export function missed(result: RowResult): number {
  return result.row.targets.filter((target) => !(targetValue(result, target) <= target.atMost) && takesPart(result, target))
    .length;
}

function table(result: RowResult): string {
  const heads = ['', ...result.row.columns.map((column) => column.head)];
  const lines = result.entrants.map((entrant) => [
    entrant.label,
    ...result.row.columns.map((column) => cell(result, entrant, column)),
  ]);
  const widths = heads.map((head, i) => Math.max(3, head.length, ...lines.map((line) => line[i].length)));
  const aligned = (cells: string[]): string =>
    cells.map((text, i) => (i === 0 ? text.padEnd(widths[i]) : text.padStart(widths[i]))).join(' | ');
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ');
  return [aligned(heads), rule, ...lines.map(aligned)].join('\n');
}

function cell(result: RowResult, entrant: Entrant, column: Column): string {
  const rounds = roundsOf(result, entrant.label);
  if ('key' in column) return column.format(medianOf(rounds, column.key));
  return ratioText(medianRatio(rounds, roundsOf(result, column.reference(entrant)), column.ratioOf));
}

function targetLine(result: RowResult, target: Target): string[] {
  if (!takesPart(result, target)) return [];
  const value = targetValue(result, target);
  const format = target.reference === undefined ? short : ratioText;
  const verdict = Number.isNaN(value) ? 'not measured' : value <= target.atMost ? 'reached' : 'MISSED';
  return [`- ${target.label}: ${target.what}: ${format(value)}, to reach ${format(target.atMost)}: ${verdict}`];
}

function targetValue(result: RowResult, target: Target): number {
  const rounds = roundsOf(result, target.label);
  return target.reference === undefined
    ? medianOf(rounds, target.key)
    : medianRatio(rounds, roundsOf(result, target.reference), target.key);
}

function takesPart(result: RowResult, target: Target): boolean {
  return result.entrants.some((entrant) => entrant.label === target.label);
}

function roundsOf(result: RowResult, label: string): Rounds {
  return result.rounds.get(label) ?? [];
}
