/** What SIGHUP has the process say, in HAProxy's words. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ServerStates } from '../../../src/master/servers/server-states.js';
import { stateDump } from '../../../src/master/servers/state-dump.js';
import type { Plan } from '../../../src/plan/plan.js';
import { statisticsNames } from '../../../src/plan/statistics-names.js';
import { createShared, NO_WORKER, openShared, type SharedTables } from '../../../src/shared/state.js';
import { allocateStatistics } from '../../../src/shared/statistics.js';
import { planOf } from '../../proxy/log/support/lab.js';

/** A frontend `fe`, a backend `be` of an active server and a backup, and a listen `li` without servers. */
function proxies(): Plan {
  const base = planOf({});
  const [fe] = base.frontends;
  const [be] = base.backends;
  const [server] = be.servers;
  const servers = [
    { ...server, name: 'a' },
    { ...server, name: 'b', backup: true },
  ];
  return {
    ...base,
    frontends: [
      { ...fe, name: 'fe', id: 1 },
      { ...fe, name: 'li', id: 3 },
    ],
    backends: [
      { ...be, name: 'li', id: 3, servers: [] },
      { ...be, name: 'be', id: 2, servers },
    ],
  };
}

/** The lines after something has happened to worker 0 and to servers. */
function texts(change: (own: SharedTables, states: ServerStates) => void): string[] {
  const plan = proxies();
  const statistics = allocateStatistics(statisticsNames(plan), 1);
  const shared = createShared({ workers: 1, maxconn: 10, descriptorsMax: 100, statistics, backendSizes: [0, 2], wakeFds: [0] });
  const own = openShared(shared, 0);
  change(own, new ServerStates(plan.backends, own.servers.groups));
  return stateDump(plan, openShared(shared, NO_WORKER)).map(({ text }) => text);
}

test('every proxy in the order of the file, with its servers', () => {
  const said = texts((own) => {
    own.proxies.frontends[0].enter(0);
    own.proxies.frontends[0].enter(0);
    own.proxies.frontends[0].leave();
    own.proxies.backends[1].enter(0);
    own.servers.groups[1].enter(0);
    own.proxies.servers[1][0].enter(0);
  });
  assert.equal(said, [
    'SIGHUP received, dumping servers states for proxy fe.',
    'SIGHUP: Proxy fe has no servers. Conn: act(FE+BE): 1+0, 0 pend (0 unass), tot(FE+BE): 2+0.',
    'SIGHUP received, dumping servers states for proxy be.',
    'SIGHUP: Server be/a is UP. Conn: 1 act, 0 pend, 1 tot.',
    'SIGHUP: Server be/b is UP. Conn: 0 act, 0 pend, 0 tot.',
    'SIGHUP: Proxy be has 1 active servers and 1 backup servers available. Conn: act(FE+BE): 0+1, 0 pend (0 unass), tot(FE+BE): 0+1.',
    'SIGHUP received, dumping servers states for proxy li.',
    'SIGHUP: Proxy li has no servers. Conn: act(FE+BE): 0+0, 0 pend (0 unass), tot(FE+BE): 0+0.',
  ]);
});

test('a backend that runs on backups, or not at all', () => {
  const withDown = (...servers: number[]) =>
    texts((_, states) => {
      for (const server of servers) states.setDown({ backend: 1, server });
    }).find((text) => text.startsWith('SIGHUP: Proxy be')) ?? '';
  assert.match(withDown(0), 'SIGHUP: Proxy be is running on backup servers ! Conn: ');
  assert.match(withDown(0, 1), 'SIGHUP: Proxy be has no server available ! Conn: ');
});

test.run();
