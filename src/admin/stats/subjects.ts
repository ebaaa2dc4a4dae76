/**
 * Whom statistics are about: frontends, their binds with `option socket-stats`, servers and backends,
 * with all at hand that their fields are read from.
 */
import type { SocketAddress } from '../../kernel/address.js';
import type { ServerRecord, StateHistory } from '../../master/checks/record.js';
import type { ServerPlace } from '../../master/servers/server-states.js';
import type { BackendPlan, BindPlan, FrontendPlan, ServerPlan } from '../../plan/plan.js';
import { bindName } from '../../plan/statistics-names.js';
import type { ProxyCounts } from '../../shared/proxies.js';
import type { SessionQueues } from '../../shared/queues.js';
import type { ServerGroup } from '../../shared/servers.js';
import type { StatisticsSource } from './source.js';

/** Letters of kinds, as typed output and the table of fields have them. */
export type SubjectKind = 'F' | 'L' | 'B' | 'S';

interface Common {
  readonly proxyId: number;
  /** Of servers and binds, in their proxy; 0 of proxies. */
  readonly id: number;
  readonly proxyName: string;
  readonly serviceName: string;
  readonly counts: ProxyCounts;
  readonly source: StatisticsSource;
}

/** A frontend. */
export interface FrontendSubject extends Common {
  readonly kind: 'F';
  readonly index: number;
  readonly plan: FrontendPlan;
}

/** A bind. */
export interface BindSubject extends Common {
  readonly kind: 'L';
  readonly plan: BindPlan;
  readonly address: SocketAddress;
  readonly frontend: FrontendSubject;
}

/** A backend. */
export interface BackendSubject extends Common {
  readonly kind: 'B';
  readonly plan: BackendPlan;
  readonly group: ServerGroup;
  readonly queues: SessionQueues;
  readonly history: StateHistory;
}

/** A server. */
export interface ServerSubject extends Common {
  readonly kind: 'S';
  readonly place: ServerPlace;
  readonly plan: ServerPlan;
  readonly backend: BackendSubject;
  readonly group: ServerGroup;
  readonly record: ServerRecord;
  readonly address: SocketAddress | null;
}

/** One of them. */
export type Subject = FrontendSubject | BindSubject | BackendSubject | ServerSubject;

/**
 * All of a balancer, or of one proxy by its id, in the order of the files: a frontend, its binds, servers, their
 * backend. Made one after the other, so that nobody waits for thousands of them.
 */
export function* subjectsOf(source: StatisticsSource, proxyId: number | null = null): Iterable<Subject> {
  const { frontends, backends, proxyIds } = source.plan;
  const frontendIndexes = new Map(frontends.map(({ id }, index) => [id, index]));
  const backendIndexes = new Map(backends.map(({ id }, index) => [id, index]));
  for (const id of proxyId === null ? proxyIds : proxyIds.filter((one) => one === proxyId)) {
    const [frontend, backend] = [frontendIndexes.get(id), backendIndexes.get(id)];
    if (frontend !== undefined) yield* frontendSubjects(source, frontend);
    if (backend !== undefined) yield* backendSubjects(source, backend);
  }
}

function frontendSubjects(source: StatisticsSource, index: number): Subject[] {
  const plan = source.plan.frontends[index];
  const { frontends, binds } = source.tables.proxies;
  const common = { proxyId: plan.id, proxyName: plan.name, source };
  const frontend: FrontendSubject = {
    ...{ ...common, kind: 'F', id: 0, serviceName: 'FRONTEND', counts: frontends[index] },
    ...{ index, plan },
  };
  if (!plan.options.socketStats) return [frontend];
  const first = source.plan.frontends.slice(0, index).reduce((sum, one) => sum + one.binds.length, 0);
  const listeners = plan.binds.map(
    (bind, i): BindSubject => ({
      ...{ ...common, kind: 'L', id: bind.id, serviceName: bindName(bind), counts: binds[index][i] },
      ...{ plan: bind, frontend, address: source.bindAddresses[first + i] ?? bind.address },
    }),
  );
  return [frontend, ...listeners];
}

function backendSubjects(source: StatisticsSource, index: number): Subject[] {
  const plan = source.plan.backends[index];
  const { tables, health } = source;
  const group = tables.servers.groups[index];
  const common = { proxyId: plan.id, proxyName: plan.name, source, group };
  const backend: BackendSubject = {
    ...{ ...common, kind: 'B', id: 0, serviceName: 'BACKEND', counts: tables.proxies.backends[index] },
    ...{ plan, queues: tables.queues.backends[index], history: health.backend(index) },
  };
  const servers = plan.servers.map((server, i) => serverSubject(backend, server, { backend: index, server: i }));
  return [...servers, backend];
}

function serverSubject(backend: BackendSubject, plan: ServerPlan, place: ServerPlace): ServerSubject {
  const { source, proxyId, proxyName, group } = backend;
  const { tables, health, addresses } = source;
  const counts = tables.proxies.servers[place.backend][place.server];
  return {
    ...{ proxyId, proxyName, source, group, kind: 'S', id: plan.id, serviceName: plan.name, counts },
    ...{ place, plan, backend, record: health.server(place), address: addresses.shownAddress(place) },
  };
}
