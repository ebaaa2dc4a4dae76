/** Which server a session is given: by `use-server`, by a stick table, or by the algorithm; and what full or lost servers change. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type BackendPlan, DEFAULT_BACKEND, DEFAULT_PROCESS, defaultServer, type Plan } from '../../src/plan/plan.js';
import { statisticsNames } from '../../src/plan/statistics-names.js';
import { NO_SERVER } from '../../src/proxy/balance/balancer.js';
import { type Decisions, Dispatcher, NO_ROOM, NO_USABLE, PLACED, WAITS } from '../../src/proxy/dispatch.js';
import { Grants } from '../../src/proxy/grants.js';
import type { Lane } from '../../src/proxy/lane.js';
import type { SampleContext } from '../../src/proxy/samples/context.js';
import { FOUND, MISSING } from '../../src/proxy/samples/sample.js';
import { QUEUED, Session } from '../../src/proxy/session.js';
import { SessionStatistics } from '../../src/proxy/session-statistics.js';
import { STATE_DOWN } from '../../src/shared/servers.js';
import { createShared, openShared } from '../../src/shared/state.js';
import { allocateStatistics } from '../../src/shared/statistics.js';

const SERVERS = 3;
const address = { family: 'ipv4', host: '127.0.0.1', port: 80 } as const;

interface Wishes {
  readonly backend?: Partial<BackendPlan>;
  readonly maxconn?: number;
  readonly maxqueue?: number;
  /** What a stick table remembers. */
  readonly remembered?: number;
  /** ACLs that hold. */
  readonly holds?: readonly number[];
}

/** A dispatcher over tables of its own. */
function dispatcher({ backend, maxconn = 0, maxqueue = 0, remembered = NO_SERVER, holds = [] }: Wishes) {
  const servers = Array.from({ length: SERVERS }, (_, i) => ({
    ...defaultServer(`s${i}`, i + 1, address, 1),
    maxconn,
    maxqueue,
  }));
  const backends = [{ ...DEFAULT_BACKEND, name: 'b', ...backend, servers }];
  const plan: Plan = { process: DEFAULT_PROCESS, frontends: [], backends, proxyIds: [], acls: [], patternLists: [], tables: [] };
  const shared = createShared({
    workers: 1,
    maxconn: 10,
    descriptorsMax: 64,
    statistics: allocateStatistics(statisticsNames(plan), 1),
    backendSizes: [SERVERS],
    wakeFds: [-1],
  });
  const tables = openShared(shared, 0);
  const [group] = tables.servers.groups;
  group.configure(0, false);
  for (const [i, server] of servers.entries()) group.configureServer(i, server);
  const sessions: Session[] = [];
  const grants = new Grants(tables.queues.entries, { session: (i) => sessions[i] });
  const statistics = new SessionStatistics({ plan, tables });
  const lane = { worker: 0, plan, tables, statistics, grants, wakeWorker: () => undefined } as unknown as Lane;
  const decisions = {
    compiler: {
      condition: (one: { alternatives: { acl: number }[][] }) => () =>
        holds.includes(one.alternatives[0][0].acl) ? FOUND : MISSING,
      format: () => () => 's2',
    },
    contextOf: (session: Session) => ({ session }) as unknown as SampleContext,
    stickiness: [
      remembered === NO_SERVER
        ? null
        : {
            match: (_: unknown, serves: (server: number) => boolean) => (serves(remembered) ? remembered : NO_SERVER),
            prepare: () => undefined,
            store: () => undefined,
          },
    ],
    uniqueId: () => '',
  } as unknown as Decisions;
  const granted: Session[] = [];
  const owner = {
    nowMs: 5,
    onGranted: (session: Session) => granted.push(session),
    onSentBack: (session: Session) => granted.push(session),
  };
  const session = (): Session => {
    const one = new Session(sessions.length);
    sessions.push(one);
    one.backend = 0;
    return one;
  };
  return { dispatch: new Dispatcher(lane, owner, decisions), group, session, granted, tables, grants };
}

const when = (acl: number) => ({ unless: false, alternatives: [[{ negated: false, acl }]] });

test('the first rule use-server that holds and whose server is up decides', () => {
  const useServers = [
    { server: 0, condition: when(1) },
    { server: 1, condition: when(2) },
    { server: [{ kind: 'text', text: 's2' }], condition: null },
  ] as const;
  const second = dispatcher({ backend: { useServers }, holds: [2] });
  const session = second.session();
  assert.is(second.dispatch.begin(session), PLACED);
  assert.is(session.chosen, 1);
  assert.ok(session.insists);
  second.group.setState(1, STATE_DOWN);
  const other = second.session();
  second.dispatch.begin(other);
  assert.is(other.chosen, 2, 'the rule with a name comes next');
});

test('what is remembered is kept to, also when it is full; not when it is down, unless option persist says so', () => {
  const { dispatch, session, group } = dispatcher({ remembered: 2, maxconn: 1, maxqueue: 1 });
  const [first, second, third, fourth] = [session(), session(), session(), session()];
  assert.is(dispatch.begin(first), PLACED);
  assert.is(dispatch.begin(second), WAITS);
  assert.is(second.chosen, 2);
  assert.is(group.queued(2), 1);
  assert.is(dispatch.begin(third), NO_ROOM);
  dispatch.letGo(third);
  assert.is(dispatch.place(third, third.former), PLACED);
  assert.is.not(third.chosen, 2);
  assert.ok(third.redispatched);
  group.setState(2, STATE_DOWN);
  dispatch.begin(fourth);
  assert.ok(fourth.chosen !== 2 && !fourth.insists);
  const persistent = dispatcher({ remembered: 2, backend: { options: { ...DEFAULT_BACKEND.options, persist: true } } });
  persistent.group.setState(2, STATE_DOWN);
  const fifth = persistent.session();
  persistent.dispatch.begin(fifth);
  assert.is(fifth.chosen, 2);
});

test('who waits gets what is given back, in order; who leaves does not', () => {
  const { dispatch, session, group, granted, tables, grants } = dispatcher({ maxconn: 1 });
  const sessions = Array.from({ length: SERVERS + 3 }, session);
  const placings = sessions.map((one) => {
    const placing = dispatch.begin(one);
    if (placing === WAITS) one.state = QUEUED;
    return placing;
  });
  assert.equal(placings, [PLACED, PLACED, PLACED, WAITS, WAITS, WAITS]);
  assert.ok(dispatch.cancel(sessions[3]));
  dispatch.release(sessions[0]);
  grants.take();
  assert.equal(granted, [sessions[4]]);
  assert.is(sessions[4].backendQueuePosition, 1);
  sessions[5].state = 0; // its session is over when the grant comes
  dispatch.release(sessions[1]);
  grants.take();
  assert.equal(granted, [sessions[4]]);
  assert.is(tables.queues.backends[0].waiting, 0);
  const active = (): number => group.active(0) + group.active(1) + group.active(2);
  assert.is(active(), 2);
  group.leaveAll();
  assert.is(active(), 0, 'they are the worker’s own, if it dies');
});

test('without a server that takes connections there is none', () => {
  const { dispatch, session, group } = dispatcher({});
  for (let server = 0; server < SERVERS; server++) group.setWeight(server, 0);
  const one = session();
  assert.is(dispatch.begin(one), NO_USABLE);
  assert.is(one.chosen, NO_SERVER);
});

test.run();
