/**
 * Findings as people and programs read them: HAProxy's text with the line below it and a mark under
 * the word, or an object for JSON. Tags, colours and where it goes are the business of whoever prints.
 */
import type { Finding, Place, Severity } from './diagnostics.js';
import type { ConfigFile } from './read.js';

/** Characters of a line that are shown around the word. */
const SHOWN_MAX = 100;
/** Before the word, when the line is cut. */
const SHOWN_BEFORE = 30;
const CUT = '...';
/** What HAProxy's texts begin with where they name a place. */
const PLACE_PREFIX = /^(?:config : )?(?:[Pp]arsing )?\[[^\]]*\] ?: /;

/** The lines of the files that findings are about; a file is cut into lines when one is asked for. */
export class SourceLines {
  private readonly lines = new Map<string, readonly string[]>();

  constructor(private readonly files: readonly ConfigFile[]) {}

  /** The line of a place, or undefined when the place is of no file that was read. */
  at({ file, line }: Place): string | undefined {
    let lines = this.lines.get(file);
    if (lines === undefined) {
      lines = this.files.find(({ name }) => name === file)?.text.split('\n') ?? [];
      this.lines.set(file, lines);
    }
    return lines[line - 1];
  }
}

/** HAProxy's text, the line that it is about, a mark under the word, and what to do where that is known. */
export function renderFinding(finding: Finding, sources: SourceLines): string {
  const { place, hint } = finding;
  const text = plainLines(finding.text);
  const line = place === undefined || place.column === 0 ? undefined : sources.at(place);
  const shown = place === undefined || line === undefined ? [] : excerpt(line, place);
  const advice = hint === undefined || text.includes(`'${hint}'`) ? [] : [`  hint: ${hint}`];
  return [text, ...shown, ...advice].join('\n');
}

/** Without HAProxy's marks of further lines: whoever prints puts marks of his own. */
function plainLines(text: string): string {
  return text.replaceAll('\n   | ', '\n');
}

/** The part of a line around a place, and the mark. Tabs and other controls take one column, as in the mark. */
function excerpt(line: string, { column, length }: Place): [line: string, mark: string] {
  const first = column - 1;
  const start = first + length <= SHOWN_MAX ? 0 : Math.max(0, first - SHOWN_BEFORE);
  const end = Math.min(line.length, start + SHOWN_MAX);
  const before = start > 0 ? CUT : '';
  const visible = Array.from({ length: end - start }, (_, i) => printable(line[start + i])).join('');
  const marked = Math.max(1, Math.min(length, end - first));
  return [
    `  ${before}${visible}${end < line.trimEnd().length ? CUT : ''}`,
    `  ${' '.repeat(before.length + first - start)}${'^'.repeat(marked)}`,
  ];
}

function printable(character: string): string {
  return character < ' ' || character === '\x7f' ? ' ' : character;
}

/** A finding for editors and CI; what is not known is null. */
export interface FindingRecord {
  readonly file: string | null;
  readonly line: number | null;
  /** From 1, in characters; null where the whole line is meant. */
  readonly column: number | null;
  readonly length: number | null;
  readonly severity: Severity;
  /** Without the place, which the other fields tell. */
  readonly text: string;
  readonly hint: string | null;
}

/** A finding as a record. */
export function findingRecord({ severity, text, place, hint }: Finding): FindingRecord {
  const inLine = place !== undefined && place.column > 0;
  return {
    file: place?.file ?? null,
    line: place?.line ?? null,
    column: inLine ? place.column : null,
    length: inLine ? place.length : null,
    severity,
    text: plainLines(text.replace(PLACE_PREFIX, '')),
    hint: hint ?? null,
  };
}
