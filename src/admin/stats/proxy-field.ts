/** How fields of proxies, binds and servers are declared: one entry says what it is and, for each kind that has it, how it is read. */
import type { AverageStatistic, CountedStatistic, HighestStatistic } from '../../shared/statistics-layout.js';
import type { FieldNature, FieldTags, FieldType, FieldValue } from './field.js';
import type { BackendSubject, BindSubject, FrontendSubject, ServerSubject, Subject, SubjectKind } from './subjects.js';

interface SubjectOf {
  readonly F: FrontendSubject;
  readonly L: BindSubject;
  readonly B: BackendSubject;
  readonly S: ServerSubject;
}

/** A reader for each kind that has the field. */
export type Readers = { readonly [K in SubjectKind]?: (subject: SubjectOf[K]) => FieldValue };

/** A field of proxies. */
export interface ProxyField extends FieldNature {
  readonly readers: Readers;
  /** What backends call it, where that is something else. */
  readonly backendTags?: FieldTags;
}

/** A field, and how each kind reads it. */
export function field(
  name: string,
  tags: FieldTags,
  type: FieldType,
  readers: Readers,
  description: string,
  backendTags?: FieldTags,
): ProxyField {
  return { name, tags, type, description, readers, ...(backendTags && { backendTags }) };
}

/** The same reader for several kinds, `FLBS`. */
export function each(kinds: string, read: (subject: Subject) => FieldValue): Readers {
  return Object.fromEntries([...kinds].map((kind) => [kind, read]));
}

/** A number that only grows. */
export function counted(name: string, kinds: string, statistic: CountedStatistic, description: string): ProxyField {
  return field(
    name,
    'MCP',
    'u64',
    each(kinds, ({ counts }) => Math.max(0, counts.sum(statistic))),
    description,
  );
}

/** The most there has been. */
export function highest(name: string, kinds: string, statistic: HighestStatistic, description: string): ProxyField {
  return field(
    name,
    'MMP',
    'u32',
    each(kinds, ({ counts }) => counts.highest(statistic)),
    description,
  );
}

/** An average time of servers and backends, in milliseconds. */
export function averaged(name: string, statistic: AverageStatistic, what: string): ProxyField {
  return field(
    name,
    'MaP',
    'u32',
    each('BS', ({ counts }) => counts.average(statistic)),
    `${what}, in milliseconds, averaged over the 1024 last requests (backend/server)`,
  );
}

/** What belongs to a feature that mode tcp does not have, and is 0 in it. */
export function unused(name: string, kinds: string, description: string, tags: FieldTags = 'MCP', type: FieldType = 'u64') {
  return field(
    name,
    tags,
    type,
    each(kinds, () => 0),
    description,
  );
}

/** What is shown in mode http alone. */
export function httpOnly(name: string, description: string): ProxyField {
  return field(name, 'MCP', 'u64', {}, description);
}

/** What a subject has in a field; null: nothing. */
export function readField({ readers }: ProxyField, subject: Subject): FieldValue {
  switch (subject.kind) {
    case 'F':
      return readers.F?.(subject) ?? null;
    case 'L':
      return readers.L?.(subject) ?? null;
    case 'B':
      return readers.B?.(subject) ?? null;
    case 'S':
      return readers.S?.(subject) ?? null;
  }
}
