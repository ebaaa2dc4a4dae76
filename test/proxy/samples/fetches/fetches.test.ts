/** Fetches of the session, its proxies and servers, in the data plane's own terms. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { STATE_DOWN, STATE_MAINTENANCE } from '../../../../src/shared/server-group.js';
import { BACKEND, FRONTEND, Lab } from '../support/lab.js';

function values(lab: Lab, ...expressions: string[]): string[] {
  return expressions.map((expression) => lab.evaluate(expression));
}

test('addresses of the client and of the server', () => {
  const lab = new Lab();
  assert.equal(values(lab, 'src', 'src_port', 'dst', 'dst_port', 'fc_src', 'fc_dst_port'), [
    '192.0.2.7',
    '4711',
    '127.0.0.1',
    '8080',
    '192.0.2.7',
    '8080',
  ]);
  assert.equal(values(lab, 'src_is_local', 'dst_is_local'), ['0', '1']);
  assert.equal(values(lab, 'bc_src', 'bc_dst_port'), ['(missing)', '(missing)']);
  lab.session.server.fd = 5;
  assert.equal(values(lab, 'bc_src', 'bc_src_port', 'bc_dst', 'bc_dst_port'), ['127.0.0.1', '8080', '192.0.2.7', '4711']);
});

test('a client without an address has no src', () => {
  const lab = new Lab();
  lab.session.sourceKnown = true;
  assert.equal(values(lab, 'src', 'src_port', 'src_is_local'), ['(missing)', '(missing)', '(missing)']);
});

test('what a PROXY header has put in the place of the address', () => {
  const lab = new Lab();
  lab.session.source.setIpv6(0x20010db8, 0, 0, 5, 77);
  lab.session.sourceKnown = true;
  assert.equal(values(lab, 'src', 'src_port', 'src,ipmask(8,32)'), ['2001:db8::5', '77', '2001:db8::']);
});

test('the own frontend and backend, and those that are named', () => {
  const lab = new Lab({ backends: [BACKEND, { ...BACKEND, name: 'other', id: 9 }] });
  lab.tables.proxies.backends[1].enter(1000);
  lab.tables.proxies.frontends[0].enter(1000);
  lab.tables.proxies.frontends[0].enter(1000);
  assert.equal(values(lab, 'fe_id', 'fe_name', 'fe_defbe', 'so_id', 'so_name', 'fe_conn', 'fe_sess_rate'), [
    '2',
    'front',
    'back',
    '4',
    'door',
    '2',
    '2',
  ]);
  assert.equal(values(lab, 'be_name', 'be_conn', 'be_conn(other)', 'be_sess_rate(other)'), ['back', '0', '1', '1']);
  lab.context.inBackend = true;
  lab.context.proxy = 1;
  assert.equal(values(lab, 'be_id', 'be_name', 'be_conn', 'be_server_timeout'), ['9', 'other', '1', '5000']);
});

test('a session without a backend', () => {
  const lab = new Lab();
  lab.session.backend = -1;
  assert.equal(values(lab, 'be_id', 'be_name', 'nbsrv', 'be_conn'), ['(missing)', '(missing)', '(missing)', '(missing)']);
});

test('servers: usable ones, weights, connections, free places', () => {
  const [one, two] = BACKEND.servers;
  const servers = [
    { ...one, maxconn: 10, maxqueue: 5 },
    { ...two, maxconn: 20, maxqueue: 5 },
    { ...one, name: 'spare', backup: true },
  ];
  const lab = new Lab({ backends: [{ ...BACKEND, servers }] });
  const [group] = lab.tables.servers.groups;
  group.enter(0);
  assert.equal(values(lab, 'nbsrv', 'be_conn_free', 'connslots', 'srv_conn(back/one)', 'srv_conn_free(back/one)'), [
    '2',
    '29',
    '39',
    '1',
    '9',
  ]);
  assert.equal(values(lab, 'srv_conn_free(back/spare)', 'srv_weight(back/two)', 'srv_iweight(back/two)'), ['-1', '7', '7']);
  group.setWeight(0, 0);
  assert.equal(values(lab, 'nbsrv', 'be_conn_free', 'srv_weight(back/one)'), ['1', '20', '0']);
  group.setWeight(1, 0);
  assert.equal(values(lab, 'nbsrv', 'be_conn_free'), ['1', '-1'], 'the backup stands in, and has no limit');
});

test('the server of the session', () => {
  const lab = new Lab();
  assert.equal(values(lab, 'srv_id', 'srv_name'), ['(missing)', '(missing)']);
  lab.session.chosen = 1;
  assert.equal(values(lab, 'srv_id', 'srv_name'), ['2', 'two']);
});

test('queues: of servers, of backends, and by server', () => {
  const lab = new Lab();
  const [group] = lab.tables.servers.groups;
  assert.equal(values(lab, 'queue', 'avg_queue', 'srv_queue(back/one)'), ['0', '0', '0']);
  for (const server of [0, 0, 1]) group.changeQueued(server, 1);
  assert.equal(values(lab, 'queue', 'avg_queue(back)', 'srv_queue(back/one)', 'srv_queue(back/two)'), ['3', '2', '2', '1']);
  assert.equal(values(lab, 'str(one),srv_queue', 'str(back/two),srv_queue', 'str(three),srv_queue', 'str(x/one),srv_queue'), [
    ...['2', '1', '(missing)', '(missing)'],
  ]);
  for (const server of [0, 1]) group.setState(server, STATE_DOWN);
  assert.equal(values(lab, 'queue', 'avg_queue'), ['3', '6'], 'without a server that serves');
});

test('a server in maintenance is down', () => {
  const lab = new Lab();
  lab.tables.servers.groups[0].setState(0, STATE_MAINTENANCE);
  assert.equal(values(lab, 'srv_is_up(back/one)', 'srv_is_up(back/two)', 'nbsrv'), ['0', '1', '1']);
});

test('captures and the state of the process', () => {
  const lab = new Lab({ frontends: [{ ...FRONTEND, binds: [{ ...FRONTEND.binds[0], acceptProxy: true }] }] });
  assert.equal(values(lab, 'capture.req.hdr(0)', 'stopping', 'fc_rcvd_proxy', 'thread'), ['(missing)', '0', '1', '0']);
  lab.session.captures = [null, 'caught'];
  lab.context.stopping = true;
  assert.equal(values(lab, 'capture.req.hdr(0)', 'capture.req.hdr(1)', 'stopping'), ['(missing)', 'caught', '1']);
});

test('the time and chance stay within their bounds', () => {
  const lab = new Lab();
  const seconds = Number(lab.evaluate('date'));
  assert.ok(Math.abs(Number(lab.evaluate('date(-5,ms)')) / 1000 - seconds) < 60);
  assert.ok(Number(lab.evaluate('date_us')) < 1000000);
  for (let i = 0; i < 100; i++) assert.ok(Number(lab.evaluate('rand(3)')) < 3);
  assert.match(lab.evaluate('uuid'), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('dates go along when the clock is set', () => {
  const lab = new Lab();
  const { now } = Date;
  const offMs = (): number => Number(lab.evaluate('date(0,ms)')) - Date.now();
  try {
    for (const days of [1, -1, 0]) {
      Date.now = () => now() + days * 86_400_000;
      assert.ok(Math.abs(offMs()) < 60_000, `${offMs()} ms from the clock, which was set by ${days} days`);
    }
  } finally {
    Date.now = now;
  }
});

test.run();
