/** What a server is told of how it is seen (configuration manual, `http-check send-state`). */
import type { BackendPlan } from '../../plan/plan.js';
import { type ServerGroup, STATE_DOWN, STATE_DRAIN, STATE_MAINTENANCE, STATE_STOPPING } from '../../shared/servers.js';
import type { ServerPlace } from '../servers/server-states.js';
import { effectiveWeight, totalWeight } from '../servers/weights.js';
import type { CheckAddresses } from './checker.js';
import type { HealthRecords } from './record.js';
import type { StateSurroundings } from './state-reporter.js';

/** What the header is made of. */
export interface StateHeaderParts {
  readonly backends: readonly BackendPlan[];
  readonly groups: readonly ServerGroup[];
  readonly records: HealthRecords;
  readonly addresses: Pick<CheckAddresses, 'socketAddress'>;
  readonly sessionsOf: StateSurroundings['sessionsOf'];
  /** The name of this node. */
  readonly node: string;
}

/** `UP 2/3; address=10.0.0.1; port=80; name=b/s; node=n; weight=1/2; scur=0/0; qcur=0` */
export function stateHeader(
  { backends, groups, records, addresses, sessionsOf, node }: StateHeaderParts,
  place: ServerPlace,
): string {
  const { name, servers } = backends[place.backend];
  const group = groups[place.backend];
  const address = addresses.socketAddress(place);
  const isUnix = address === null || address.family === 'unix';
  const sessions = servers.map((_, server) => sessionsOf({ backend: place.backend, server }));
  const { active, queued } = sessions[place.server];
  const all = sessions.reduce((sum, one) => sum + one.active, 0);
  return [
    stateWord(group.state(place.server), records, place),
    `address=${isUnix ? 'unix' : address.host}`,
    `port=${isUnix ? 'unix' : address.port}`,
    `name=${name}/${servers[place.server].name}`,
    `node=${node}`,
    `weight=${effectiveWeight(group, place.server)}/${totalWeight(group, effectiveWeight)}`,
    `scur=${active}/${all}`,
    `qcur=${queued}`,
  ].join('; ');
}

/** With how far it is on its way, where it is on one. */
function stateWord(state: number, records: HealthRecords, place: ServerPlace): string {
  const { health } = records.leader(place).check;
  const { score, rise, fall, progress } = health;
  const settled = score === 0 || score === rise + fall - 1;
  const word =
    (state & (STATE_DOWN | STATE_MAINTENANCE)) !== 0 ? 'DOWN' : (state & (STATE_STOPPING | STATE_DRAIN)) !== 0 ? 'NOLB' : 'UP';
  return settled ? word : `${word} ${progress}`;
}
