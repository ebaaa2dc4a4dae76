/** The table of servers: states, limits, queues and counts, and which servers are chosen from. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { dynamicLimit } from '../../src/shared/limits.js';
import {
  type ServerGroup,
  type ServerSettings,
  ServerTable,
  STATE_DOWN,
  STATE_DRAIN,
  STATE_MAINTENANCE,
  STATE_STARTING,
} from '../../src/shared/servers.js';

const WORKERS = 2;

/** The same group as each worker sees it. */
function groupsOf(settings: readonly Partial<ServerSettings>[]): ServerGroup[] {
  const sizes = [settings.length];
  const table = ServerTable.create(sizes, WORKERS);
  const groups = Array.from({ length: WORKERS }, (_, worker) => new ServerTable(table, sizes, WORKERS, worker).groups[0]);
  settings.forEach((one, server) => {
    groups[0].configureServer(server, { id: server + 1, weight: 1, backup: false, maxconn: 0, minconn: 0, maxqueue: 0, ...one });
  });
  return groups;
}

const membersOf = ({ set }: ServerGroup): number[] => {
  set.refresh();
  return [...set.members.subarray(0, set.count)];
};

test('a fresh server is up; each state has its meaning', () => {
  const [group] = groupsOf([{}]);
  const meanings = [0, STATE_STARTING, STATE_DRAIN, STATE_DOWN, STATE_MAINTENANCE, STATE_DOWN | STATE_DRAIN].map((state) => {
    group.setState(0, state);
    return [group.isUp(0), group.isUsable(0)];
  });
  assert.equal(meanings, [
    [true, true],
    [true, true],
    [true, false],
    [false, false],
    [false, false],
    [false, false],
  ]);
});

test('the set is made of active servers, else of the first backup or of all', () => {
  const [group, other] = groupsOf([{}, { backup: true }, {}, { backup: true, weight: 3 }]);
  assert.equal(membersOf(other), [0, 2]);
  group.setState(0, STATE_DOWN);
  assert.equal(membersOf(other), [2]);
  group.setWeight(2, 0);
  assert.equal([membersOf(other), other.set.isLoneBackup, other.set.totalWeight], [[1], true, 16]);
  group.configure(0, true);
  assert.equal([membersOf(other), other.set.isLoneBackup, other.set.totalWeight], [[1, 3], false, 64]);
  group.setState(1, STATE_DRAIN);
  group.setState(3, STATE_MAINTENANCE);
  assert.equal([membersOf(other), other.set.totalWeight], [[], 0]);
  group.setState(0, STATE_STARTING);
  assert.equal([membersOf(other), other.set.isLoneBackup], [[0], false]);
});

test('failures in a row are counted over all workers, and told once until the master has heard', () => {
  const [one, other] = groupsOf([{ failuresMax: 3 }, {}]);
  const failing = (times: number): boolean[] =>
    Array.from({ length: times }, (_, i) => (i % 2 === 0 ? one : other).noteFailure(0));
  assert.equal(failing(2), [false, false]);
  other.noteConnected(0);
  assert.equal(failing(3), [false, false, true], 'a connection that came about begins the row anew');
  assert.equal(failing(6), [false, false, false, false, false, false], 'the master has not heard yet');
  one.takeFailing(0);
  assert.equal(failing(3), [false, false, true]);
  assert.equal([one.noteFailure(1), one.noteFailure(1)], [false, false], 'a server that is not observed');
});

test('the set changes by generations only', () => {
  const [group] = groupsOf([{}, {}]);
  group.set.refresh();
  const { generation } = group.set;
  group.enter(0);
  group.set.refresh();
  assert.is(group.set.generation, generation);
  group.setWeight(0, 2);
  assert.is(group.set.totalWeight, 32, 'as it was when last looked at');
  group.set.refresh();
  assert.is.not(group.set.generation, generation);
  assert.is(group.set.totalWeight, 48);
});

test('a limit follows the sessions of the backend from minconn to maxconn', () => {
  const course = [0, 29, 30, 31, 55, 99, 100, 500].map((sessions) => dynamicLimit(10, 3, sessions, 100, 100));
  assert.equal(course, [3, 3, 3, 3, 5, 9, 10, 10]);
  assert.is(dynamicLimit(10, 0, 1, 100, 100), 10, 'no minconn');
  assert.is(dynamicLimit(10, 3, 1, 0, 100), 10, 'no fullconn');
  assert.is(dynamicLimit(0, 0, 1, 100, 50), 0, 'no limit');
});

test('a limit grows with a slow start, from one', () => {
  assert.equal(
    [0, 9, 50, 99, 100].map((throttle) => dynamicLimit(10, 0, 1, 0, throttle)),
    [1, 1, 5, 9, 10],
  );
});

test('a server is full at its limit, or when sessions wait for it', () => {
  const [group] = groupsOf([{ maxconn: 2 }, {}]);
  group.enter(0);
  assert.is(group.isFull(0), false);
  group.changeQueued(0, 1);
  assert.is(group.isFull(0), true);
  group.changeQueued(0, -1);
  group.enter(0);
  assert.is(group.isFull(0), true);
  for (let i = 0; i < 50; i++) group.enter(1);
  group.changeQueued(1, 1);
  assert.is(group.isFull(1), false, 'without maxconn never');
});

test('queues and connections are counted, whoever counts them', () => {
  const [one, other] = groupsOf([{}, {}]);
  one.changeQueued(1, 1);
  other.changeQueued(1, 1);
  one.changeQueued(1, -1);
  for (let i = 0; i < 3; i++) other.enter(0);
  other.leave(0);
  one.enter(0);
  assert.equal([one.queued(1), one.active(0)], [1, 3]);
});

test('who waits to connect again keeps its place, and is no connection', () => {
  const [dead, alive] = groupsOf([{ maxconn: 2 }, {}]);
  for (const one of [dead, alive]) {
    one.enter(0);
    one.pause(0);
  }
  assert.equal([alive.active(0), alive.connections(0), alive.isFull(0)], [2, 0, true]);
  dead.leaveAll();
  assert.equal([alive.active(0), alive.connections(0)], [1, 0]);
  alive.resume(0);
  assert.equal([alive.active(0), alive.connections(0)], [1, 1]);
});

test('what was open in a dead worker is taken off, what others have is not', () => {
  const [dead, alive] = groupsOf([{}, {}]);
  dead.enter(0);
  alive.enter(0);
  dead.leaveAll();
  assert.is(alive.active(0), 1);
});

test('changed loads are marked for who asked for it, once, beyond 32 servers too', () => {
  const [group, other] = groupsOf(new Array(70).fill({}));
  other.enter(3);
  group.marksLoads = true;
  other.marksLoads = true;
  for (const server of [0, 31, 32, 69]) other.enter(server);
  other.leave(31);
  assert.is(group.markWords, 3);
  assert.equal(
    [0, 1, 2].map((word) => group.takeMarks(word)),
    [(1 << 31) | 1, 1, 1 << 5],
  );
  assert.equal(
    [0, 1, 2].map((word) => other.takeMarks(word)),
    [0, 0, 0],
  );
});

test('a lock freed for a dead worker makes the algorithm begin anew; one it did not hold does not', () => {
  const [dead, alive] = groupsOf([{}]);
  alive.appliedGeneration = 4;
  alive.unlockFor(1);
  assert.is(alive.appliedGeneration, 4);
  dead.lock(1);
  alive.unlockFor(1);
  assert.is(alive.appliedGeneration, -1);
});

test.run();
