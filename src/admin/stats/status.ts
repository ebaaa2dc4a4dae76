/** States in HAProxy's words, on which people's tools depend (management manual, section 9.1, `status`). */
import type { CheckRecord, ServerRecord } from '../../master/checks/record.js';
import { STATE_DRAIN, STATE_MAINTENANCE, STATE_RESOLUTION, STATE_STOPPING, STATES_OF_MAINTENANCE } from '../../shared/servers.js';
import { frontendLimit } from './readers.js';
import type { BackendSubject, BindSubject, FrontendSubject, ServerSubject } from './subjects.js';

/** `OPEN`, `PAUSED` while nobody listens, or `STOP` when nobody will. */
export function frontendStatus({ source, index }: FrontendSubject): string {
  if (source.isOver(index)) return 'STOP';
  return source.isPaused(index) ? 'PAUSED' : 'OPEN';
}

/** `OPEN`, `FULL` at its own limit, or `WAITING` while the frontend or the process take no more, or nobody listens. */
export function bindStatus({ plan, counts, frontend, source }: BindSubject): string {
  if (plan.maxconn > 0 && counts.current >= plan.maxconn) return 'FULL';
  const { gate } = source.tables;
  const isFull = frontend.counts.current >= frontendLimit(frontend);
  return isFull || gate.current >= gate.max || source.isPaused(frontend.index) ? 'WAITING' : 'OPEN';
}

/** A backend with servers is up while one of them can be chosen. */
export function isBackendUp({ plan, group }: BackendSubject): boolean {
  return plan.servers.length === 0 || plan.servers.some((_, server) => group.isUsable(server));
}

/** Servers of a backend that serve. */
export function serversUp({ plan, group }: BackendSubject): number {
  return plan.servers.filter((_, server) => group.isUp(server)).length;
}

/** It is up without any doubt: no result is missing for that. */
function isSure({ health: { score, rise, fall } }: CheckRecord): boolean {
  return score >= rise + fall - 1;
}

/** The state of a server. */
export function serverStatus(subject: ServerSubject): string {
  const { group, place, record, plan, source } = subject;
  const state = group.state(place.server);
  const { own, inherited } = source.states.standing(place);
  if ((own & STATE_RESOLUTION) !== 0) return 'MAINT (resolution)';
  if ((inherited & STATES_OF_MAINTENANCE) !== 0) return `MAINT (via ${nameOfTracked(subject)})`;
  if ((own & STATE_MAINTENANCE) !== 0) return 'MAINT';
  const leader = source.health.leader(place);
  if (!group.isUp(place.server)) return stoppedStatus(leader);
  if ((state & STATE_STOPPING) !== 0) return stoppingStatus(leader, plan.track !== null || record.check.enabled);
  return runningStatus(leader, (state & STATE_DRAIN) !== 0);
}

function runningStatus({ check, agent }: ServerRecord, draining: boolean): string {
  const wavers = check.enabled && !isSure(check);
  if (draining) return agent.enabled ? 'DRAIN (agent)' : wavers ? `DRAIN ${check.health.progress}` : 'DRAIN';
  if (wavers) return `UP ${check.health.progress}`;
  return check.enabled ? 'UP' : 'no check';
}

function stoppingStatus({ check }: ServerRecord, isChecked: boolean): string {
  return !isChecked || isSure(check) ? 'NOLB' : `NOLB ${check.health.progress}`;
}

function stoppedStatus({ check, agent }: ServerRecord): string {
  if (agent.enabled && !agent.health.up) return 'DOWN (agent)';
  if (check.enabled ? check.health.score === 0 : !agent.enabled) return 'DOWN';
  return `DOWN ${check.health.progress}`;
}

/** `backend/server` of whom a server follows; '' when it follows nobody. */
export function nameOfTracked({ plan, source }: ServerSubject): string {
  if (plan.track === null) return '';
  const { name, servers } = source.plan.backends[plan.track.backend];
  return `${name}/${servers[plan.track.server].name}`;
}
