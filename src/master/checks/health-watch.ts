/** Lets servers go down and up as their checks say, and tells operators, on standard error and in the logs. */
import type { Plan } from '../../plan/plan.js';
import type { SessionQueues } from '../../shared/queues.js';
import type { ServerGroup } from '../../shared/servers.js';
import type { Log } from '../log.js';
import type { ProcessLog } from '../process-log.js';
import type { ServerPlace, ServerStates } from '../server-states.js';
import type { CheckOwner } from './checker.js';
import { type CheckResult, describe } from './result.js';
import { stateLine, usable } from './state-line.js';

/** What a change of health has to reach. */
export interface HealthSurroundings {
  readonly plan: Plan;
  readonly states: ServerStates;
  /** By backend, as are the queues. */
  readonly groups: readonly ServerGroup[];
  readonly queues: readonly SessionQueues[];
  readonly log: Log;
  readonly processLog: ProcessLog;
}

/** What becomes of the results of checks. */
export class HealthWatch implements CheckOwner {
  constructor(private readonly surroundings: HealthSurroundings) {}

  onHealthChange(place: ServerPlace, up: boolean, result: CheckResult): void {
    const { plan, states, groups, queues, log, processLog } = this.surroundings;
    const { name, servers } = plan.backends[place.backend];
    const group = groups[place.backend];
    const sessions = group.active(place.server);
    const waited = group.queued(place.server);
    if (up) states.setUp(place);
    else states.setDown(place);
    const requeued = Math.max(0, waited - group.queued(place.server));
    const { name: server, backup: isBackup } = servers[place.server];
    const queued = up ? queues[place.backend].waiting : group.queued(place.server);
    const line = stateLine({ backend: name, server, isBackup, up, reason: describe(result), sessions, requeued, queued }, group);
    log.warning(line);
    processLog.write(up ? 'notice' : 'alert', line, name);
    const left = usable(group);
    if (up || left.active + left.backup > 0) return;
    const none = `backend ${name} has no server available!`;
    log.alert(none);
    processLog.write('emerg', none, name);
  }
}
