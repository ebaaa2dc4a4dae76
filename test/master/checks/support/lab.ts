/** Watching over servers on a clock that is moved by hand, with results that the test decides. */

import { HealthWatch } from '../../../../src/master/checks/health-watch.js';
import type { CheckResult } from '../../../../src/master/checks/result.js';
import { Log } from '../../../../src/master/log.js';
import { ProcessLog } from '../../../../src/master/process/process-log.js';
import { ServerStates } from '../../../../src/master/servers/server-states.js';
import {
  type BackendPlan,
  DEFAULT_BACKEND,
  DEFAULT_PROCESS,
  defaultServer,
  type Plan,
  type ServerPlan,
} from '../../../../src/plan/plan.js';
import { QueueEntries } from '../../../../src/shared/queue-entries.js';
import { QueueTable } from '../../../../src/shared/queues.js';
import { ServerTable } from '../../../../src/shared/servers.js';
import { NO_WORKER } from '../../../../src/shared/state.js';
import { HandClock } from '../../support/hand-clock.js';

export { HandClock, settled } from '../../support/hand-clock.js';

export const OK: CheckResult = { status: 'L4OK', info: '', durationMs: 1 };
export const REFUSED: CheckResult = { status: 'L4CON', info: 'refused', durationMs: 1 };

/** A server that is checked every second. */
export function server(name: string, change: Partial<ServerPlan['check']> = {}, plan: Partial<ServerPlan> = {}): ServerPlan {
  const whole = defaultServer(name, 1, { family: 'ipv4', host: '127.0.0.1', port: 1 }, 1);
  return { ...whole, ...plan, check: { ...whole.check, enabled: true, interMs: 1000, ...change } };
}

/** A backend of such servers. */
export function backend(
  name: string,
  servers: readonly ServerPlan[],
  options: Partial<BackendPlan['options']> = {},
): BackendPlan {
  return { ...DEFAULT_BACKEND, name, servers, options: { ...DEFAULT_BACKEND.options, ...options } };
}

/** Where every check goes. */
const ADDRESS = { family: 'ipv4', host: '127.0.0.1', port: 1 } as const;
const ADDRESSES = { checkAddress: () => ADDRESS, socketAddress: () => ADDRESS };

/** Watches over backends; tells what was checked when, and what was said. */
export function observe(
  backends: readonly BackendPlan[],
  check: (name: string) => CheckResult | Promise<CheckResult>,
  clock = new HandClock(),
  before: { readonly watch: HealthWatch; readonly states: ServerStates } | null = null,
  isBusy = () => false,
) {
  const checks: string[] = [];
  const lines: string[] = [];
  const ended: string[] = [];
  const sizes = backends.map(({ servers }) => servers.length);
  const table = new ServerTable(ServerTable.create(sizes, 1), sizes, 1, NO_WORKER);
  const { groups } = table;
  const plan: Plan = { process: DEFAULT_PROCESS, frontends: [], backends, proxyIds: [], acls: [], patternLists: [], tables: [] };
  const queues = new QueueTable(QueueTable.create(QueueEntries.create(1, 10), sizes), groups, NO_WORKER);
  const states = new ServerStates(backends, groups, clock, null, before?.states ?? null);
  const log = new Log(
    {
      write: (text) =>
        lines.push(
          text
            .replace(/\(\d+\) : /, '')
            .trimEnd()
            .replace(/^\[WARNING\] +/, ''),
        ),
    },
    1,
    {},
  );
  const watch = new HealthWatch(
    {
      ...{ plan, states, tables: { servers: table, queues }, log, clock, addresses: ADDRESSES, isBusy },
      processLog: new ProcessLog(plan, () => undefined),
      shutdownServer: (place, cause) => ended.push(`${backends[place.backend].servers[place.server].name} ${cause}`),
      sessionsOf: ({ backend, server }) => ({
        placed: groups[backend].active(server),
        active: groups[backend].connections(server),
        queued: groups[backend].queued(server),
      }),
      fqdnOf: ({ backend, server }) => backends[backend].servers[server].fqdn,
      begin: ({ server: { name } }, done) => {
        let called = true;
        checks.push(`${clock.now()} ${name}`);
        Promise.resolve(check(name)).then((result) => called && done(result));
        return { cancel: () => (called = false) };
      },
    },
    before?.watch ?? null,
  );
  watch.start();
  return { clock, checks, lines, ended, watch, states, checker: watch.checker, records: watch.records, groups };
}
