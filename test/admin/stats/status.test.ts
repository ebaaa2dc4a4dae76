/** The words for states of servers, binds and backends, which tools compare with. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { statsLab } from './support/lab.js';

const FILE = `defaults
 mode tcp
 timeout client 1s
 timeout connect 1s
 timeout server 1s
frontend fe
 bind 127.0.0.1:8081 name first maxconn 2
 option socket-stats
 maxconn 3
 default_backend be
backend be
 server checked 127.0.0.1:91 check rise 2 fall 3 slowstart 10s
 server plain 127.0.0.1:92
 server tracking 127.0.0.1:93 track be/checked
 server agent 127.0.0.1:94 agent-check agent-port 1`;
const [CHECKED, PLAIN, AGENT] = [0, 1, 3].map((server) => ({ backend: 0, server }));

function statuses(lab: ReturnType<typeof statsLab>): (string | undefined)[] {
  const rows = lab.rows();
  return ['checked', 'plain', 'tracking', 'agent'].map((name) => rows.get(`be/${name}`)?.status);
}

test('on the way up and down', () => {
  const lab = statsLab(FILE);
  const { health } = lab.health.server(CHECKED).check;
  assert.equal(statuses(lab), ['UP 1/3', 'no check', 'UP 1/3', 'no check']);
  health.force(true);
  assert.equal(statuses(lab), ['UP', 'no check', 'UP', 'no check']);
  health.note(false);
  assert.equal(statuses(lab).slice(0, 3), ['UP 2/3', 'no check', 'UP 2/3']);
  health.force(false);
  lab.states.setDown(CHECKED);
  assert.equal(statuses(lab).slice(0, 3), ['DOWN', 'no check', 'DOWN']);
  health.note(true);
  assert.equal(statuses(lab).slice(0, 3), ['DOWN 1/2', 'no check', 'DOWN 1/2']);
});

test('without an address, and following one that has none', () => {
  const lab = statsLab(FILE);
  lab.states.setResolved(CHECKED, false);
  const expected = ['MAINT (resolution)', 'no check', 'MAINT (via be/checked)'];
  assert.equal(statuses(lab).slice(0, 3), expected);
  lab.states.setMaintenance(CHECKED);
  assert.equal(statuses(lab).slice(0, 3), expected);
  lab.states.setResolved(CHECKED, true);
  assert.is(statuses(lab)[0], 'MAINT');
});

test('maintenance, of its own and of whom it follows; drain', () => {
  const lab = statsLab(FILE);
  lab.health.server(CHECKED).check.health.force(true);
  lab.states.setMaintenance(CHECKED);
  lab.states.setMaintenance(PLAIN);
  assert.equal(statuses(lab).slice(0, 3), ['MAINT', 'MAINT', 'MAINT (via be/checked)']);
  lab.states.setDrain(CHECKED);
  lab.states.setDrain(PLAIN);
  lab.states.setDrain(AGENT);
  assert.equal(statuses(lab), ['DRAIN', 'DRAIN', 'DRAIN', 'DRAIN (agent)']);
  lab.health.server(CHECKED).check.health.note(false);
  assert.equal(statuses(lab)[0], 'DRAIN 2/3');
});

test('an agent that says down', () => {
  const lab = statsLab(FILE);
  lab.health.server(AGENT).agent.health.force(false);
  lab.states.setDown(AGENT);
  assert.is(statuses(lab)[3], 'DOWN (agent)');
});

test('a server that follows has no history of checks; one that starts slowly says how far it is', async () => {
  const lab = statsLab(FILE);
  lab.health.server(CHECKED).check.health.force(true);
  lab.states.setDown(CHECKED);
  lab.states.setUp(CHECKED);
  await lab.clock.pass(3100);
  const rows = lab.rows();
  assert.equal([rows.get('be/checked')?.throttle, rows.get('be/checked')?.chkfail], ['30', '0']);
  assert.equal([rows.get('be/tracking')?.chkfail, rows.get('be/tracking')?.tracked], ['', 'be/checked']);
  await lab.clock.pass(10_000);
  assert.is(lab.rows().get('be/checked')?.throttle, '');
});

test('the last result of a check, one under way, and none while it has a rest', () => {
  const lab = statsLab(FILE);
  const { check } = lab.health.server(CHECKED);
  const seen = () => {
    const row = lab.rows().get('be/checked');
    return [row?.check_status, row?.check_code, row?.check_duration, row?.check_desc, row?.last_chk];
  };
  assert.equal(seen(), ['INI', '', '', 'Initializing', '']);
  check.note({ status: 'L7STS', code: 503, info: 'HTTP status check returned code <503>: \xc3\xa9', durationMs: 2.4 });
  assert.equal(seen(), ['L7STS', '503', '2', 'Layer7 wrong status', 'HTTP status check returned code <503>: é']);
  check.inFlight = true;
  assert.is(seen()[0], '* L7STS');
  check.paused = true;
  assert.equal(seen(), ['', '', '', '', '']);
});

test('weights of a backend are those of the servers that are chosen from', () => {
  const lab = statsLab(`${FILE}\n server spare 127.0.0.1:95 backup weight 7\n server other 127.0.0.1:96 backup weight 9`);
  const seen = () => {
    const row = lab.rows().get('be/BACKEND');
    return [row?.status, row?.weight, row?.uweight, row?.act, row?.bck];
  };
  assert.equal(seen(), ['UP', '4', '4', '4', '2']);
  for (const place of [CHECKED, PLAIN, AGENT]) lab.states.setDown(place);
  assert.equal(seen(), ['UP', '7', '7', '0', '2'], 'the first backup alone');
  for (const server of [4, 5]) lab.states.setDown({ backend: 0, server });
  assert.equal(seen(), ['DOWN', '0', '0', '0', '0']);
});

test('binds that are full, or wait for others', () => {
  const lab = statsLab(FILE);
  const { proxies } = lab.workers[1];
  const status = (): string | undefined => lab.rows().get('fe/first')?.status;
  assert.is(status(), 'OPEN');
  proxies.binds[0][0].arrive();
  for (let i = 0; i < 3; i++) proxies.frontends[0].arrive();
  assert.is(status(), 'WAITING');
  proxies.binds[0][0].arrive();
  assert.is(status(), 'FULL');
});

test.run();
