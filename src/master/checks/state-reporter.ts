/**
 * Tells operators of servers that change their state, on standard error and in the logs, keeps the
 * history of it for statistics, and has sessions ended where `on-marked-down` and `on-marked-up` say so.
 */
import type { BackendPlan } from '../../plan/plan.js';
import type { ShutdownCause } from '../../proxy/session.js';
import type { ServerGroup } from '../../shared/servers.js';
import type { Log } from '../log.js';
import type { ServerSessions } from '../plans/former-plans.js';
import type { ProcessLog } from '../process/process-log.js';
import type { ServerPlace, Transition } from '../servers/server-states.js';
import type { HealthRecords } from './record.js';
import { isDraining, type LineContext, operationOf, type StateLine, stateLines, usable } from './state-lines.js';

/** What a change of state has to reach. */
export interface StateSurroundings {
  readonly backends: readonly BackendPlan[];
  readonly records: HealthRecords;
  /** By backend. */
  readonly groups: readonly ServerGroup[];
  readonly log: Log;
  readonly processLog: ProcessLog;
  /** A `listen` is called a proxy. */
  readonly isListen: (backend: number) => boolean;
  /** All sessions of a server, by whichever plan they go on. */
  readonly sessionsOf: (place: ServerPlace) => ServerSessions;
  /** Ends all sessions of a server. */
  readonly shutdownServer: (place: ServerPlace, cause: ShutdownCause) => void;
  /** The name that a server goes by at the moment; null: it was given by an address. */
  readonly fqdnOf: (place: ServerPlace) => string | null;
}

/** What becomes of transitions. */
export class StateReporter {
  /** Whether each backend had a server when it was looked at last. */
  private readonly served: boolean[];

  constructor(private readonly surroundings: StateSurroundings) {
    this.served = surroundings.groups.map(hasServers);
  }

  onTransition(transition: Transition): void {
    const { place, before, after } = transition;
    const { records, backends } = this.surroundings;
    const { name } = backends[place.backend];
    const operation = operationOf(after);
    if (operation !== operationOf(before) || isDraining(before) !== isDraining(after))
      records.server(place).change(records.now(), operation === 'stopped');
    for (const line of stateLines(transition, this.contextOf(transition))) this.write(name, line);
    this.watchBackend(place.backend);
    this.endSessions(transition);
  }

  /** A line of a single check (`option log-health-checks`). */
  tellCheck(backend: string, text: string): void {
    this.write(backend, { level: 'notice', text });
  }

  /** A weight has changed: the last server of a backend may have gone, or the first one come. */
  onWeight({ backend }: ServerPlace): void {
    this.watchBackend(backend);
  }

  private contextOf({ place, followed }: Transition): LineContext {
    const { groups, sessionsOf } = this.surroundings;
    const who = this.nameOf(place);
    const { active: sessions, queued } = sessionsOf(place);
    const left = usable(groups[place.backend]);
    return { ...who, followed: followed === null ? '' : this.nameOf(followed).name, ...left, sessions, queued };
  }

  private nameOf({ backend, server }: ServerPlace): { readonly name: string; readonly isBackup: boolean; readonly fqdn: string } {
    const { backends, fqdnOf } = this.surroundings;
    const { name, servers } = backends[backend];
    const { name: own, backup: isBackup } = servers[server];
    return { name: `${name}/${own}`, isBackup, fqdn: fqdnOf({ backend, server }) ?? '' };
  }

  private watchBackend(backend: number): void {
    const { backends, groups, records, log, processLog, isListen } = this.surroundings;
    const serves = hasServers(groups[backend]);
    if (this.served[backend] === serves) return;
    this.served[backend] = serves;
    const { name } = backends[backend];
    const what = isListen(backend) ? 'proxy' : 'backend';
    records.backend(backend).change(records.now(), !serves);
    if (serves) return;
    log.alert(`${what} '${name}' has no server available!`);
    processLog.write('emerg', `${what} ${name} has no server available!`, name);
  }

  private write(backend: string, { level, text }: StateLine): void {
    const { log, processLog } = this.surroundings;
    log.warning(text);
    processLog.write(level, text, backend);
  }

  private endSessions({ place, before, after }: Transition): void {
    const { backends, groups, shutdownServer } = this.surroundings;
    const { servers } = backends[place.backend];
    const { onMarkedDown, onMarkedUp } = servers[place.server].check;
    const [was, is] = [operationOf(before), operationOf(after)];
    if (was !== 'stopped' && is === 'stopped' && onMarkedDown !== null) shutdownServer(place, 'D');
    const serves = is === 'running' && was !== 'running' && !isDraining(after);
    if (!serves || onMarkedUp === null || servers[place.server].backup || groups[place.backend].weight(place.server) === 0)
      return;
    for (const [server, { backup }] of servers.entries()) if (backup) shutdownServer({ ...place, server }, 'U');
  }
}

/** Whether anyone would be served. */
export function hasServers(group: ServerGroup): boolean {
  const { active, backup } = usable(group);
  return active + backup > 0;
}
