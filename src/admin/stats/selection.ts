/** Which of all subjects a question is about (`show stat`; management manual, section 9.3). */
import type { Plan } from '../../plan/plan.js';
import { STATE_MAINTENANCE } from '../../shared/servers.js';
import type { StatisticsSource } from './source.js';
import { type Subject, type SubjectKind, subjectsOf } from './subjects.js';

/** What to show; -1 stands for all. */
export interface Selection {
  readonly proxyId: number;
  /** The sum of KIND_BITS. */
  readonly kinds: number;
  readonly serverId: number;
  /** Only what serves. */
  readonly up: boolean;
  /** No servers in maintenance. */
  readonly noMaintenance: boolean;
}

/** The bit of each kind. */
const KIND_BITS: Readonly<Record<SubjectKind, number>> = { F: 1, B: 2, S: 4, L: 8 };
const ALL = -1;

/** Reads `[<iid>|<proxy> <type> <sid>] [up] [no-maint]`; null: there is no such proxy. */
export function selectionOf(words: readonly string[], plan: Pick<Plan, 'frontends' | 'backends'>): Selection | null {
  const flags = { up: words.includes('up'), noMaintenance: words.includes('no-maint') };
  const [proxy, kinds, serverId] = words;
  if (serverId === undefined || !isNumber(kinds) || !isNumber(serverId)) {
    return { proxyId: ALL, kinds: ALL, serverId: ALL, ...flags };
  }
  const named = [...plan.frontends, ...plan.backends].find(({ name }) => name === proxy);
  const proxyId = named?.id ?? Number.parseInt(proxy, 10);
  if (Number.isNaN(proxyId) || proxyId === 0) return null;
  return { proxyId, kinds: Number(kinds), serverId: Number(serverId), ...flags };
}

function isNumber(word: string): boolean {
  return /^-?\d+$/.test(word);
}

/** Those of a balancer, in order. */
export function* selected(source: StatisticsSource, selection: Selection): Iterable<Subject> {
  const proxyId = selection.proxyId === ALL ? null : selection.proxyId;
  for (const subject of subjectsOf(source, proxyId)) if (isSelected(subject, selection)) yield subject;
}

function isSelected(subject: Subject, { kinds, serverId, up, noMaintenance }: Selection): boolean {
  if ((KIND_BITS[subject.kind] & kinds) === 0) return false;
  if (subject.kind !== 'S') return true;
  if (serverId !== ALL && subject.id !== serverId) return false;
  const { group, place } = subject;
  if (up && !group.isUp(place.server)) return false;
  return !(up || noMaintenance) || (group.state(place.server) & STATE_MAINTENANCE) === 0;
}
