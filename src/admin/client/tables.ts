/** The answers of `show stat` and `show info` (management manual, section 9.1 and 9.3), by the names of their columns. */

/** One line of `show stat`; a column that the balancer does not have, or leaves empty, is ''. */
export class StatRow {
  constructor(
    private readonly columns: ReadonlyMap<string, number>,
    private readonly cells: readonly string[],
  ) {}

  text(column: string): string {
    return this.cells[this.columns.get(column) ?? -1] ?? '';
  }

  /** null where the balancer says nothing. */
  number(column: string): number | null {
    const text = this.text(column);
    return /^-?[0-9]+(?:\.[0-9]+)?$/.test(text) ? Number(text) : null;
  }
}

/** The lines of `show stat`; null when it is no such table. */
export function parseStat(text: string): StatRow[] | null {
  const [head, ...lines] = text.split('\n');
  if (!head.startsWith('# ')) return null;
  const columns = new Map(
    head
      .slice(2)
      .split(',')
      .map((name, index) => [name, index]),
  );
  if (!columns.has('pxname') || !columns.has('svname')) return null;
  return lines.filter((line) => line !== '').map((line) => new StatRow(columns, cellsOf(line)));
}

/** Cells of a line; what holds a comma or a quote stands in quotes, a quote in it doubled (RFC 4180). */
function cellsOf(line: string): string[] {
  if (!line.includes('"')) return line.split(',');
  const cells: string[] = [];
  for (const match of `,${line}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^,]*))/g))
    cells.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
  return cells;
}

/** `show info` by its names. */
export function parseInfo(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const colon = line.indexOf(': ');
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 2));
  }
  return fields;
}
