/**
 * Statistics as texts: CSV, one typed value a line, JSON (management manual, sections 9.1 to 9.3).
 * What the values are, tables of fields say.
 */
import { type FieldNature, type FieldTags, type FieldValue, NATURES, ORIGINS, SCOPES } from './field.js';
import { type ProxyField, readField } from './proxy-field.js';
import { FIXED_COUNT, PRIVATE_FIELDS, PROXY_FIELDS, SEPARATOR } from './proxy-fields.js';
import { serversUp } from './status.js';
import type { Subject, SubjectKind } from './subjects.js';

/** Relative number of the process: there is only one. */
const PROCESS = 1;
const TYPES: Readonly<Record<SubjectKind, string>> = { F: 'Frontend', L: 'Listener', B: 'Backend', S: 'Server' };

/** What an output shows beside the values. */
export interface TextOptions {
  /** With the description of each field (`desc`). */
  readonly described: boolean;
  /** Also PRIVATE_FIELDS. */
  readonly whole: boolean;
  /** Servers are left out: backends tell how many are up. */
  readonly counted: boolean;
}

/** The first line of CSV. */
export const CSV_HEADER = `# ${withSeparator(PROXY_FIELDS.map(({ name }) => name)).join(',')},\n`;

/** The lines of CSV behind the first. */
export function* csvLines(subjects: Iterable<Subject>, options: TextOptions): Iterable<string> {
  for (const subject of subjects) {
    const values = PROXY_FIELDS.map((field) => quoted(shown(field, subject, options)));
    yield `${withSeparator(values).join(',')},\n`;
  }
}

function withSeparator(columns: readonly string[]): string[] {
  return [...columns.slice(0, FIXED_COUNT), SEPARATOR, ...columns.slice(FIXED_COUNT)];
}

/** RFC 4180: quotes only where a text would be taken for something else. */
function quoted(value: FieldValue): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function shown(field: ProxyField, subject: Subject, { whole, counted }: TextOptions): FieldValue {
  if (!whole && PRIVATE_FIELDS.has(field.name)) return null;
  const value = readField(field, subject);
  if (!counted || subject.kind !== 'B' || field.name !== 'status') return value;
  return `${value} (${serversUp(subject)}/${subject.plan.servers.length})`;
}

function tagsOf({ tags, backendTags = tags }: ProxyField, kind: SubjectKind): FieldTags {
  return kind === 'B' ? backendTags : tags;
}

/** `S.3.1.17.status.1:SGP:str:UP`: kind, proxy, server, place and name of the field, process; tags, type and value. */
export function* typedLines(subjects: Iterable<Subject>, options: TextOptions): Iterable<string> {
  for (const subject of subjects) {
    const { kind, proxyId, id } = subject;
    let lines = '';
    for (const [position, field] of PROXY_FIELDS.entries()) {
      const value = shown(field, subject, options);
      if (value === null) continue;
      const nature = { ...field, tags: tagsOf(field, kind) };
      lines += `${kind}.${proxyId}.${id}.${typed(position, nature, value, options)}`;
    }
    yield lines;
  }
}

/** A value of the process, or the end of the line of a proxy's. */
export function typed(
  position: number,
  field: FieldNature,
  value: FieldValue,
  { described }: Pick<TextOptions, 'described'>,
): string {
  const { name, tags, type, description } = field;
  return `${position}.${name}.${PROCESS}:${tags}:${type}:${value}${described ? `:"${description}"` : ''}\n`;
}

/** `[[{...},{...}],[...]]`: a list of fields for each subject; one line. */
export function* jsonPieces(subjects: Iterable<Subject>, options: TextOptions): Iterable<string> {
  let before = '[';
  for (const subject of subjects) {
    const { kind, proxyId, id } = subject;
    const objects = PROXY_FIELDS.flatMap((field, position) => {
      const value = shown(field, subject, options);
      if (value === null) return [];
      return [{ objType: TYPES[kind], proxyId, id, ...jsonField(position, { ...field, tags: tagsOf(field, kind) }, value) }];
    });
    yield before + JSON.stringify(objects);
    before = ',';
  }
  yield before === '[' ? '[]\n' : ']\n';
}

/** A value as an object. */
export function jsonField(position: number, { name, tags, type }: FieldNature, value: number | string): object {
  const [origin, nature, scope] = tags as unknown as readonly [keyof typeof ORIGINS, keyof typeof NATURES, keyof typeof SCOPES];
  return {
    field: { pos: position, name },
    processNum: PROCESS,
    tags: { origin: ORIGINS[origin], nature: NATURES[nature], scope: SCOPES[scope] },
    value: { type, value },
  };
}
