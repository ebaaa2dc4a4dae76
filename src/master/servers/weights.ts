/** Weights as operators and servers are told of them: whole numbers, and their sum over a backend. */
import { type ServerGroup, WEIGHT_SCALE } from '../../shared/servers.js';
import { usable } from '../checks/state-lines.js';

/** What a server has at the moment, a part of one as a whole. */
export function effectiveWeight(group: ServerGroup, server: number): number {
  return Math.ceil(group.effectiveWeight(server) / WEIGHT_SCALE);
}

/** The sum over the servers that are chosen from: the active ones, or backups when there are none. */
export function totalWeight(group: ServerGroup, weight: (group: ServerGroup, server: number) => number): number {
  const { active } = usable(group);
  let sum = 0;
  for (let server = 0; server < group.size; server++) {
    if (!group.isUsable(server) || group.isBackup(server) !== (active === 0)) continue;
    sum += weight(group, server);
    if (active === 0 && !group.allBackups) break;
  }
  return sum;
}
