/** What is logged when a server goes up or down, in HAProxy's words, which operators' tools look for. */
import type { ServerGroup } from '../../shared/servers.js';

/** What such a line speaks of. */
export interface StateChange {
  readonly backend: string;
  readonly server: string;
  readonly isBackup: boolean;
  readonly up: boolean;
  /** `reason: ..., check duration: 1ms`; '' when there is no more to say. */
  readonly reason: string;
  readonly sessions: number;
  readonly requeued: number;
  readonly queued: number;
}

/** The line, with what is left of the backend. */
export function stateLine(change: StateChange, group: ServerGroup): string {
  const { backend, server, isBackup, up, reason, sessions, requeued, queued } = change;
  const { active, backup } = usable(group);
  const who = `${isBackup ? 'Backup ' : ''}Server ${backend}/${server} is ${up ? 'UP' : 'DOWN'}`;
  const why = reason === '' ? '' : `, ${reason}`;
  const onBackup = active === 0 && backup > 0 ? ' Running on backup.' : '';
  const left = `${active} active and ${backup} backup servers ${up ? 'online' : 'left'}.${onBackup}`;
  const moved = up
    ? `${requeued} sessions requeued, ${queued} total in queue`
    : `${sessions} sessions active, ${requeued} requeued, ${queued} remaining in queue`;
  return `${who}${why}. ${left} ${moved}.`;
}

/** Servers that can be chosen, of both kinds. */
export function usable(group: ServerGroup): { readonly active: number; readonly backup: number } {
  const count = { active: 0, backup: 0 };
  for (let server = 0; server < group.size; server++)
    if (group.isUsable(server)) count[group.isBackup(server) ? 'backup' : 'active']++;
  return count;
}
