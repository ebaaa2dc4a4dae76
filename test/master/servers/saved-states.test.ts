/** What becomes of states that servers had before a restart, by what the file says now. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { applySavedStates, currentState } from '../../../src/master/servers/saved-states.js';
import { ServerAddresses } from '../../../src/master/servers/server-addresses.js';
import { DEFAULT_BACKEND, type ServerPlan, type ServerResolutionPlan } from '../../../src/plan/plan.js';
import type { ServerState } from '../../../src/plan/server-state.js';
import { ServerAddressTable } from '../../../src/shared/addresses.js';
import { observe, server } from '../checks/support/lab.js';

const PLACE = { backend: 0, server: 0 };

/** A server of this plan, begun with that much of a state changed. */
function begin(saved: Partial<ServerState>, plan: Partial<ServerPlan> = {}, checked = false) {
  const bare = server('s', { enabled: checked }, { weight: 10, ...plan });
  const base = lab(bare);
  return lab({ ...bare, saved: { ...currentState(base.sources, PLACE), ...saved } });
}

function lab(plan: ServerPlan) {
  const backends = [{ ...DEFAULT_BACKEND, name: 'b', servers: [plan] }];
  const { states, watch, groups, lines } = observe(backends, () => ({ status: 'L4OK', info: '', durationMs: 1 }));
  const addresses = new ServerAddresses(backends, new ServerAddressTable(ServerAddressTable.create([1]), [1]));
  const sources = { backends, states, addresses, health: watch.records, checker: watch.checker };
  applySavedStates(sources);
  const now = currentState(sources, PLACE);
  return {
    sources,
    now,
    up: groups[0].isUp(0),
    usable: groups[0].isUsable(0),
    lines,
    addresses,
    record: watch.records.server(PLACE),
  };
}

test('a server that was well begins well, since when it was', () => {
  const { now, up, lines } = begin({ operation: 2, sinceChange: 500 });
  assert.equal([now.operation, now.admin, now.sinceChange, up, lines], [2, 0, 500, true, []]);
});

test('a server that was down begins down, and says why', () => {
  const { up, lines, now } = begin({ operation: 0, checkHealth: 0, checkStatus: 8 }, {}, true);
  assert.is(up, false);
  assert.match(lines[0], /^Server b\/s is DOWN, changed from server-state after a reload\. 0 active/);
  assert.equal([now.checkStatus, now.checkHealth], [8, 0]);
});

test('one that was down for its maintenance is not down for itself', () => {
  const scene = begin({ operation: 0, admin: 1 });
  assert.is(scene.up, false);
  scene.sources.states.setReady(PLACE);
  assert.equal(currentState(scene.sources, PLACE).operation, 2);
  assert.is(begin({ operation: 0, admin: 32 }).up, true, 'it has an address now');
});

const BITS: readonly [admin: number, plan: Partial<ServerPlan>, saved: Partial<ServerState>, admin: number][] = [
  [0, {}, {}, 0],
  [1, {}, {}, 1],
  [5, { disabled: true }, {}, 5],
  [4, { disabled: true }, {}, 4], // ended by the operator
  [0, { disabled: true }, {}, 5], // new in the file
  [5, {}, {}, 0], // gone from the file
  [1, { disabled: true }, {}, 5],
  [8, {}, {}, 8],
  [9, {}, {}, 1], // maintenance goes first
  [8, {}, { initialWeight: 0 }, 0], // the drain of a weight of 0 that is none any more
  [8, { weight: 0 }, { initialWeight: 0 }, 8],
];
for (const [before, plan, saved, after] of BITS)
  test(`maintenance and drain: ${before} ${JSON.stringify({ ...plan, ...saved })}`, () => {
    assert.is(begin({ ...saved, admin: before }, plan).now.admin, after);
  });

test('a weight that was set holds on while the file says the same', () => {
  assert.is(begin({ weight: 3 }).now.weight, 3);
  assert.is(begin({ weight: 3, initialWeight: 9 }).now.weight, 10);
  assert.is(begin({ weight: 0 }).usable, false);
});

test('ports, names and the places of checks', () => {
  const { now, addresses } = begin({ port: 99, checkPort: 98, checkAddress: '10.9.9.9', address: '10.8.8.8' });
  assert.equal([now.port, now.checkPort, now.checkAddress, now.address], [99, 98, '10.9.9.9', '127.0.0.1']);
  assert.equal(addresses.checkAddress(PLACE), { family: 'ipv4', host: '10.9.9.9', port: 98 });
  const renamed = begin({ fqdn: 'new.test', admin: 64 }, { fqdn: 'old.test' });
  assert.equal([renamed.now.fqdn, renamed.now.admin], ['new.test', 64]);
  assert.is(begin({ fqdn: 'new.test', admin: 0 }, { fqdn: 'old.test' }).now.fqdn, 'old.test', 'the file has another name now');
});

test('the host of a service is that of its record, not of another one', () => {
  const resolution: ServerResolutionPlan = {
    resolvers: 0,
    service: '_x._tcp.test',
    prefer: 'ipv4',
    networks: [],
    allowDuplicateIp: false,
    ignoreWeight: false,
  };
  const address = { family: 'ipv4', host: '10.0.0.5', port: 0 } as const;
  const same = begin({ fqdn: 'n1.test', port: 81, service: '_x._tcp.test' }, { resolution, address });
  assert.equal([same.now.fqdn, same.now.port, same.now.service], ['n1.test', 81, '_x._tcp.test']);
  const other = begin({ fqdn: 'n1.test', port: 81, service: '_y._tcp.test' }, { resolution, address });
  assert.equal([other.now.fqdn, other.now.port], [null, 0]);
});

test('checks that were switched off stay so', () => {
  assert.is(begin({ checkState: 2 }, {}, true).record.check.enabled, false);
  assert.is(begin({ checkState: 6 }, {}, true).record.check.enabled, true);
  assert.is(begin({ checkState: 0 }, {}, true).record.check.enabled, true, 'it had none before');
});

test.run();
