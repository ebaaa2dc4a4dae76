/** What SIGHUP has the process tell of proxies and servers, in HAProxy's words (management manual, section 4). */
import type { Plan } from '../../plan/plan.js';
import type { SharedTables } from '../../shared/state.js';
import { usable } from '../checks/state-lines.js';
import type { ProxyMessage } from '../process/process-log.js';

/** What is read of the shared tables. */
export type DumpedTables = Pick<SharedTables, 'proxies' | 'servers' | 'queues'>;

/** Sessions of a proxy in its two parts: `act(FE+BE)` and `tot(FE+BE)`. */
interface Traffic {
  readonly current: number;
  readonly total: number;
}

const NONE: Traffic = { current: 0, total: 0 };

/** The lines of all proxies in the order of their numbers, which is that of the files. */
export function stateDump(plan: Plan, tables: DumpedTables): ProxyMessage[] {
  const frontends = new Map(plan.frontends.map(({ id }, i) => [id, tables.proxies.frontends[i]]));
  const backends = new Map(plan.backends.map(({ id }, i) => [id, i]));
  const proxies = new Map([...plan.frontends, ...plan.backends].map(({ id, name }) => [id, name]));
  return [...proxies]
    .sort(([a], [b]) => a - b)
    .flatMap(([id, name]) => dumpProxy(name, frontends.get(id) ?? NONE, backends.get(id), plan, tables));
}

function dumpProxy(name: string, front: Traffic, backend: number | undefined, plan: Plan, tables: DumpedTables): ProxyMessage[] {
  const say = (text: string): ProxyMessage => ({ proxy: name, text });
  const intro = say(`SIGHUP received, dumping servers states for proxy ${name}.`);
  if (backend === undefined) return [intro, say(`SIGHUP: Proxy ${name} has no servers. ${connections(front, NONE, 0, 0)}`)];
  const group = tables.servers.groups[backend];
  const counts = tables.proxies.servers[backend];
  const servers = plan.backends[backend].servers.map((server, i) => {
    const up = group.isUp(i) ? 'UP' : 'DOWN';
    return say(
      `SIGHUP: Server ${name}/${server.name} is ${up}. Conn: ${group.active(i)} act, ${group.queued(i)} pend, ${counts[i].total} tot.`,
    );
  });
  const { waiting, length } = tables.queues.backends[backend];
  const conn = connections(front, tables.proxies.backends[backend], waiting, length);
  return [intro, ...servers, say(`SIGHUP: Proxy ${name} ${health(servers.length, usable(group))} ${conn}`)];
}

function health(servers: number, { active, backup }: ReturnType<typeof usable>): string {
  if (servers === 0) return 'has no servers.';
  if (active > 0) return `has ${active} active servers and ${backup} backup servers available.`;
  return backup > 0 ? 'is running on backup servers !' : 'has no server available !';
}

function connections(front: Traffic, back: Traffic, pending: number, unassigned: number): string {
  return (
    `Conn: act(FE+BE): ${front.current}+${back.current}, ${pending} pend (${unassigned} unass), ` +
    `tot(FE+BE): ${front.total}+${back.total}.`
  );
}
