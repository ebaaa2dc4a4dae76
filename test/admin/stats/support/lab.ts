/** A balancer that nobody has started, as far as commands about statistics ask one: its tables are the test's to fill. */
import { type Command, Message, newSession, type RuntimeSession, replyText } from '../../../../src/admin/command.js';
import { STATS_COMMANDS } from '../../../../src/admin/commands/stats.js';
import type { LoadBalancer } from '../../../../src/master/balancer.js';
import { HealthRecords } from '../../../../src/master/checks/record.js';
import { ServerAddresses } from '../../../../src/master/servers/server-addresses.js';
import { type ServerPlace, ServerStates } from '../../../../src/master/servers/server-states.js';
import { withFullconn } from '../../../../src/plan/fullconn.js';
import { statisticsNames } from '../../../../src/plan/statistics-names.js';
import { createShared, NO_WORKER, openShared, type SharedTables } from '../../../../src/shared/state.js';
import { allocateStatistics } from '../../../../src/shared/statistics.js';
import { planOf } from '../../../harness/plans.js';
import { HandClock } from '../../../master/checks/support/lab.js';

/** Everything at hand. */
export interface StatsLab {
  readonly clock: HandClock;
  readonly states: ServerStates;
  readonly health: HealthRecords;
  /** As worker 0 and worker 1 see them. */
  readonly workers: readonly SharedTables[];
  /** Frontends that are paused, by name. */
  readonly paused: Set<string>;
  /** Runs a command by its whole line. */
  ask(line: string, session?: Partial<RuntimeSession>): string;
  /** The rows of `show stat` by `proxy/service`, each by the names of its columns. */
  rows(words?: string): Map<string, Record<string, string>>;
}

/** A lab of two workers and this file. */
export function statsLab(file: string, maxconn = 100): StatsLab {
  const asked = planOf(file);
  const plan = { ...asked, backends: withFullconn({ ...asked, process: { ...asked.process, maxconn } }) };
  const shared = createShared({
    workers: 2,
    maxconn,
    descriptorsMax: 64,
    statistics: allocateStatistics(statisticsNames(plan), 2),
    frontendLimits: plan.frontends.map((frontend) => frontend.maxconn),
    bindLimits: plan.frontends.flatMap(({ binds }) => binds.map((bind) => bind.maxconn)),
    backendSizes: plan.backends.map(({ servers }) => servers.length),
    wakeFds: [-1, -1],
  });
  const clock = new HandClock();
  const tables = openShared(shared, NO_WORKER);
  tables.gate.connectionRateMax = plan.process.connectionRateMax;
  tables.gate.sessionRateMax = plan.process.sessionRateMax;
  const states = new ServerStates(plan.backends, tables.servers.groups, clock);
  const health = new HealthRecords(plan.backends, clock);
  const paused = new Set<string>();
  const balancer = {
    plan,
    tables,
    health,
    serverStates: states,
    serverAddresses: new ServerAddresses(plan.backends, tables.addresses),
    addresses: plan.frontends.flatMap(({ binds }) => binds.map(({ address }) => address)),
    serverNames: { sections: [{ failures: 2 }, { failures: 4 }] },
    sessionsOfServers: ({ backend, server }: ServerPlace) => ({
      active: tables.servers.groups[backend].active(server),
      queued: tables.servers.groups[backend].queued(server),
    }),
    isPaused: (name: string) => paused.has(name),
    isOver: () => false,
    workerCount: 2,
    maxconn,
    droppedLogs: 3,
    warnings: 4,
    life: {
      startedAt: Date.now() - 90_061_500,
      uptimeMs: 90_061_500,
      bootMs: 90_061_500,
      stopping: false,
      descriptorsMax: 64,
      idlePercent: 97,
      bytesSentPerSecond: 5,
    },
  } as unknown as LoadBalancer;
  const ask: StatsLab['ask'] = (line, session = { level: 'admin' }) => {
    const command = STATS_COMMANDS.find(({ name }) => line === name || line.startsWith(`${name} `)) as Command;
    const words = line.slice(command.name.length).trim().split(' ');
    const answer = command.run({
      balancer,
      session: newSession(session),
      words: words.filter((word) => word !== ''),
      payload: null,
    });
    if (typeof answer === 'string') return answer;
    return answer instanceof Message ? replyText(answer, 'none') : [...(answer as Iterable<string>)].join('');
  };
  const workers = [0, 1].map((worker) => openShared(shared, worker));
  return { clock, states, health, workers, paused, ask, rows: (words = '') => readRows(ask(`show stat ${words}`.trim())) };
}

/** Reads CSV as tools do: the first line without `# ` names the columns. */
export function readRows(csv: string): Map<string, Record<string, string>> {
  const [head, ...lines] = csv.replace(/^# /, '').trimEnd().split('\n');
  const columns = head.split(',');
  const rows = lines.map((line) => {
    const values = line.split(',');
    return Object.fromEntries(columns.map((column, i) => [column, values[i]]));
  });
  return new Map(rows.map((row) => [`${row.pxname}/${row.svname}`, row]));
}
