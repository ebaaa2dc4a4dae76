/** States and weights of servers: what the table says after each order, and slow starts, second by second. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Clock, ServerStates } from '../../../src/master/servers/server-states.js';
import { type BackendPlan, DEFAULT_BACKEND, defaultServer, type ServerPlan } from '../../../src/plan/plan.js';
import {
  type ServerGroup,
  ServerTable,
  STATE_DOWN,
  STATE_DRAIN,
  STATE_MAINTENANCE,
  STATE_STARTING,
  WEIGHT_SCALE,
} from '../../../src/shared/servers.js';

/** A clock that goes only when it is told to. */
class StillClock implements Clock {
  private time = 5000;
  private readonly calls = new Set<{ readonly at: number; readonly call: () => void }>();

  now(): number {
    return this.time;
  }

  after(ms: number, call: () => void): () => void {
    const entry = { at: this.time + ms, call };
    this.calls.add(entry);
    return () => this.calls.delete(entry);
  }

  advance(ms: number): void {
    for (const end = this.time + ms; this.time < end; this.time++) {
      for (const entry of [...this.calls].filter(({ at }) => at === this.time + 1)) {
        this.calls.delete(entry);
        this.time = entry.at;
        entry.call();
        this.time = entry.at - 1;
      }
    }
  }

  get waiting(): number {
    return this.calls.size;
  }
}

interface Lab {
  readonly states: ServerStates;
  readonly groups: readonly ServerGroup[];
  readonly clock: StillClock;
  readonly changes: string[];
}

const server = (name: string, settings: Partial<ServerPlan> = {}): ServerPlan => ({
  ...defaultServer(name, 1, { family: 'ipv4', host: '127.0.0.1', port: 1 }, 10),
  ...settings,
});

const backend = (name: string, servers: readonly ServerPlan[], settings: Partial<BackendPlan> = {}): BackendPlan => ({
  ...DEFAULT_BACKEND,
  name,
  servers,
  ...settings,
});

function lab(...backends: BackendPlan[]): Lab {
  return succeed(null, backends);
}

/** States that go on where others were, which are closed. */
function succeed(before: ServerStates | null, backends: readonly BackendPlan[], advanceMs = 0): Lab {
  const sizes = backends.map(({ servers }) => servers.length);
  const { groups } = new ServerTable(ServerTable.create(sizes, 1), sizes, 1, 0);
  const clock = new StillClock();
  clock.advance(advanceMs);
  const changes: string[] = [];
  const states = new ServerStates(backends, groups, clock, (place) => changes.push(`${place.backend}/${place.server}`), before);
  return { states, groups, clock, changes };
}

const A = { backend: 0, server: 0 };
const B = { backend: 0, server: 1 };

test('the table is filled from the plan', () => {
  const { groups } = lab(
    backend('one', [server('a', { id: 7, maxconn: 9, minconn: 4, maxqueue: 3 }), server('b', { disabled: true, backup: true })], {
      fullconn: 20,
      options: { ...DEFAULT_BACKEND.options, allBackups: true },
    }),
  );
  const [group] = groups;
  assert.equal([group.id(0), group.weight(0), group.effectiveWeight(0), group.initialWeight(0)], [7, 10, 160, 10]);
  assert.equal([group.maxconn(0), group.maxqueue(0), group.throttle(0), group.allBackups], [9, 3, 100, true]);
  group.backendSessions = 10;
  assert.is(group.limit(0), 4);
  group.backendSessions = 15;
  assert.is(group.limit(0), 6);
  assert.equal([group.state(0), group.isUp(0), group.isUsable(0), group.isBackup(0)], [0, true, true, false]);
  assert.equal([group.state(1), group.isUp(1), group.isUsable(1), group.isBackup(1)], [STATE_MAINTENANCE, false, false, true]);
});

test('a minconn alone, or above maxconn, is the limit', () => {
  const [group] = lab(
    backend('one', [server('a', { minconn: 5 }), server('b', { minconn: 8, maxconn: 3 })], { fullconn: 100 }),
  ).groups;
  assert.equal([group.limitOf(0, 1, 100), group.limitOf(1, 1, 100)], [5, 8]);
});

test('orders change the state, and every change is published', () => {
  const { states, groups, changes } = lab(backend('one', [server('a')]));
  const [group] = groups;
  changes.length = 0;
  let { generation } = group;
  const expect = (order: (place: typeof A) => void, state: number): void => {
    order.call(states, A);
    assert.is(states.state(A), state);
    assert.is.not(group.generation, generation);
    generation = group.generation;
  };
  expect(states.setDown, STATE_DOWN);
  expect(states.setMaintenance, STATE_DOWN | STATE_MAINTENANCE);
  expect(states.setReady, 0); // as HAProxy: after maintenance a server is up until its checks say otherwise
  expect(states.setDrain, STATE_DRAIN);
  assert.equal([group.isUp(0), group.isUsable(0)], [true, false]);
  expect(states.setMaintenance, STATE_MAINTENANCE);
  expect(states.setDrain, STATE_DRAIN);
  expect(states.setReady, 0);
  assert.is(changes.length, 7);
});

test('who waits is let go when a server ceases to take more, and then only', () => {
  const letGo: boolean[] = [];
  const moved: number[] = [];
  const plan = backend('one', [server('a')]);
  const { groups } = new ServerTable(ServerTable.create([1], 1), [1], 1, 0);
  const states = new ServerStates([plan], groups, new StillClock(), (_, letsGo) => letGo.push(letsGo));
  states.observer = {
    onTransition: ({ requeued }) => moved.push(requeued),
    mayServe: () => true,
    onMaintenance: () => undefined,
    onWeight: () => undefined,
  };
  letGo.length = 0;
  states.setDrain(A);
  states.setWeight(A, 0);
  states.setDown(A);
  states.setMaxconn(A, 3);
  states.setReady(A);
  states.setUp(A);
  assert.equal(letGo, [true, false, true, false, true, false]);
  assert.equal(moved, [1, 3, 5, 6]);
});

test('weights are set within 0 and 256, on the fly only where the algorithm heeds them', () => {
  const hashed = (method: 'map-based' | 'consistent'): Partial<BackendPlan> => ({
    balance: { ...DEFAULT_BACKEND.balance, algorithm: 'source', hashType: { method, function: null, avalanche: false } },
  });
  const { states, groups } = lab(
    backend('dynamic', [server('a')]),
    backend('static', [server('a')], hashed('map-based')),
    backend('ring', [server('a')], hashed('consistent')),
  );
  for (const dynamic of [A, { backend: 2, server: 0 }]) {
    states.setWeight(dynamic, 256);
    assert.is(states.weight(dynamic), 256);
    assert.is(groups[dynamic.backend].effectiveWeight(0), 4096);
  }
  for (const wrong of [-1, 257, 1.5, Number.NaN]) assert.throws(() => states.setWeight(A, wrong), /between 0 and 256/);
  const fixed = { backend: 1, server: 0 };
  assert.throws(() => states.setWeight(fixed, 11), /static LB algorithm/);
  states.setWeight(fixed, 0);
  assert.is(groups[1].isUsable(0), false);
  states.setWeight(fixed, 10);
  assert.is(groups[1].isUsable(0), true);
});

test('a slow start raises the weight by the second, in sixteenths, as HAProxy does', () => {
  const { states, groups, clock } = lab(backend('one', [server('a', { slowstartMs: 8000 })]));
  const [group] = groups;
  assert.is(group.effectiveWeight(0), 160, 'not at the start of the process');
  states.setDown(A);
  clock.advance(3000);
  states.setUp(A);
  const course: number[] = [];
  for (let second = 0; second <= 8; second++) {
    course.push(Math.ceil(group.effectiveWeight(0) / WEIGHT_SCALE));
    assert.is(states.state(A), second < 8 ? STATE_STARTING : 0);
    clock.advance(1000);
  }
  assert.equal(course, [1, 2, 4, 5, 6, 7, 9, 10, 10]); // `show stat` of HAProxy 2.6.12, second by second
  assert.is(group.effectiveWeight(0), 160);
  assert.is(clock.waiting, 0);
});

test('a part of a second of slowstart is a whole one', () => {
  const { states, groups, clock } = lab(backend('one', [server('a', { slowstartMs: 3500, weight: 100 })]));
  states.setMaintenance(A);
  states.setReady(A);
  const course: number[] = [];
  for (let second = 0; second <= 4; second++, clock.advance(1000)) course.push(Math.ceil(groups[0].effectiveWeight(0) / 16));
  assert.equal(course, [7, 32, 57, 82, 100]);
});

test('a slow start limits connections too, and does so where weights are fixed', () => {
  const plan = { balance: { ...DEFAULT_BACKEND.balance, algorithm: 'static-rr' } } as const;
  const { states, groups, clock } = lab(backend('one', [server('a', { slowstartMs: 4000, maxconn: 50 })], plan));
  states.setDown(A);
  states.setUp(A);
  const limits: number[] = [];
  for (let second = 0; second <= 4; second++, clock.advance(1000)) limits.push(groups[0].limit(0));
  assert.equal(limits, [1, 12, 25, 37, 50]);
  assert.is(groups[0].effectiveWeight(0), 160);
});

test('a server that fails while it starts begins anew; one that drains does not', () => {
  const { states, groups, clock } = lab(backend('one', [server('a', { slowstartMs: 4000 })]));
  const [group] = groups;
  states.setDown(A);
  states.setUp(A);
  clock.advance(2000);
  assert.is(group.effectiveWeight(0), 90);
  states.setUp(A);
  states.setDrain(A);
  states.setReady(A);
  assert.is(group.effectiveWeight(0), 90, 'it has been up all the time');
  states.setDown(A);
  assert.is(clock.waiting, 0);
  states.setUp(A);
  assert.is(group.effectiveWeight(0), 10);
});

test('a weight set during a slow start is raised to in its course', () => {
  const { states, groups, clock } = lab(backend('one', [server('a', { slowstartMs: 4000 })]));
  states.setDown(A);
  states.setUp(A);
  clock.advance(1000);
  states.setWeight(A, 100);
  assert.is(groups[0].effectiveWeight(0), 500);
  clock.advance(3000);
  assert.is(groups[0].effectiveWeight(0), 1600);
});

test('a server that tracks another follows it, over several steps', () => {
  const { states, groups, changes } = lab(
    backend('web', [server('a'), server('b', { track: A })]),
    backend('ssh', [server('c', { track: B, slowstartMs: 2000 })]),
  );
  const C = { backend: 1, server: 0 };
  changes.length = 0;
  states.setDown(A);
  assert.equal(changes, ['0/0', '0/1', '1/0']);
  assert.equal(
    [A, B, C].map((place) => states.state(place)),
    [STATE_DOWN, STATE_DOWN, STATE_DOWN],
  );
  states.setUp(A);
  assert.equal(
    [A, B, C].map((place) => states.state(place)),
    [0, 0, STATE_STARTING],
  );
  states.setDrain(B);
  assert.equal(
    [A, B, C].map((place) => groups[place.backend].isUsable(place.server)),
    [true, false, false],
  );
  states.setReady(C);
  assert.is(groups[1].isUsable(0), false, 'it cannot do other than whom it tracks');
});

test('maxconn is set, the ramp from minconn stays', () => {
  const { states, groups, changes } = lab(
    backend('one', [server('a', { maxconn: 10 }), server('b', { maxconn: 10, minconn: 2 })], { fullconn: 100 }),
  );
  const [group] = groups;
  changes.length = 0;
  states.setMaxconn(A, 30);
  states.setMaxconn(B, 30);
  assert.equal([group.limitOf(0, 10, 100), group.limitOf(1, 10, 100)], [30, 3]);
  assert.equal(changes, ['0/0', '0/1']);
});

test('servers are found by names', () => {
  const { states } = lab(backend('one', [server('a')]), backend('two', [server('a'), server('b')]));
  assert.equal(states.find('two', 'b'), { backend: 1, server: 1 });
  assert.is(states.find('one', 'b'), null);
  assert.is(states.find('three', 'a'), null);
  assert.throws(() => states.setUp({ backend: 0, server: 5 }), RangeError);
});

test('states of a next plan go on where they were, by names, unless the file says otherwise now', () => {
  const before = lab(
    backend('one', [server('a', { slowstartMs: 8000 }), server('b'), server('c'), server('d', { disabled: true }), server('e')]),
  );
  before.states.setDown(A);
  before.clock.advance(1000);
  before.states.setUp(A);
  before.clock.advance(2000);
  before.states.setDrain(B);
  before.states.setWeight(B, 3);
  for (const at of [2, 4]) before.states.setDown({ backend: 0, server: at });
  const checked = { check: { ...server('x').check, enabled: true } };
  const one = [server('d'), server('c', checked), server('b', { weight: 20 }), server('a', { slowstartMs: 8000 }), server('e')];
  const next = succeed(before.states, [backend('zero', []), backend('one', one)], 3000);
  const states = one.map((_, at) => next.states.state({ backend: 1, server: at }));
  assert.equal(states, [0, STATE_DOWN, STATE_DRAIN, STATE_STARTING, 0], 'the last one is not checked any more');
  assert.equal(next.states.weight({ backend: 1, server: 2 }), 20);
  assert.is(next.groups[1].effectiveWeight(3), before.groups[0].effectiveWeight(0));
});

test('after close, no slow start goes on', () => {
  const { states, clock } = lab(backend('one', [server('a', { slowstartMs: 4000 })]));
  states.setDown(A);
  states.setUp(A);
  assert.is(clock.waiting, 1);
  states.close();
  assert.is(clock.waiting, 0);
});

test.run();
