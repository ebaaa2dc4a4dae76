/** Saved states of servers: what was written is read, and what is no such text is told. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readServerStates, type ServerState, writeServerStates } from '../../src/plan/server-state.js';

const STATE: ServerState = {
  backendId: 3,
  backend: 'be',
  id: 9,
  name: 's1',
  address: '10.0.0.1',
  operation: 2,
  admin: 64,
  weight: 7,
  initialWeight: 8,
  sinceChange: 123,
  checkStatus: 6,
  checkResult: 3,
  checkHealth: 4,
  checkState: 6,
  agentState: 22,
  backendIdForced: false,
  idForced: true,
  fqdn: 'n1.test',
  port: 8080,
  service: '_http._tcp.test',
  checkPort: 81,
  checkAddress: '::1',
  agentAddress: '10.0.0.9',
  agentPort: 99,
};
const LINE = '3 be 9 s1 10.0.0.1 2 64 7 8 123 6 3 4 6 22 0 1 n1.test 8080 _http._tcp.test 0 81 ::1 10.0.0.9 99';

test('a state is written as HAProxy writes it, and read back', () => {
  const text = [...writeServerStates([STATE])].join('');
  const [version, header, line, end] = text.split('\n');
  assert.is(version, '1');
  assert.match(header, /^# be_id be_name srv_id srv_name srv_addr .* srvrecord srv_use_ssl srv_check_port .* srv_agent_port$/);
  assert.equal([line, end], [LINE, '']);
  const read = readServerStates(text);
  assert.ok(read.ok);
  assert.equal(read.states.get('be/s1'), { ok: true, state: STATE });
});

test('what there is none of is a dash', () => {
  const bare = { ...STATE, address: null, fqdn: null, service: null, checkAddress: null, agentAddress: null };
  const text = [...writeServerStates([bare])].join('');
  assert.match(text, / s1 - 2 .* - 8080 - 0 81 - - 99\n$/);
  const read = readServerStates(text);
  assert.equal(read.ok && read.states.get('be/s1'), { ok: true, state: bare });
});

const read = (...lines: string[]) => readServerStates(`1\n# comment\n${lines.join('\n')}\n`);

test('comments, blank lines, more columns than known, and fewer as of older versions', () => {
  const result = read('', '  # more', `${LINE} extra`, LINE.replace('s1', 's2').split(' ').slice(0, 20).join('\t'));
  assert.ok(result.ok);
  assert.equal([...result.states.keys()], ['be/s1', 'be/s2']);
  const old = result.states.get('be/s2');
  assert.equal(old?.ok && [old.state.checkPort, old.state.checkAddress, old.state.port], [0, null, 8080]);
});

test('a value that cannot be is told with its column', () => {
  const bad = (from: string, to: string) => {
    const result = read(LINE.replace(from, to));
    const line = result.ok ? result.states.get('be/s1') : undefined;
    return line?.ok === false ? line.message : line;
  };
  assert.is(bad(' 2 64 ', ' 9 64 '), "invalid srv_op_state value '9'");
  assert.is(bad(' 2 64 7 ', ' 2 200 x '), "invalid srv_admin_state value '200', invalid srv_uweight value 'x'");
  assert.is(bad(' 8080 ', ' 80800 '), "invalid srv_port value '80800'");
  assert.is(bad(' 123 ', ' 1s '), "invalid srv_time_since_last_change value '1s'");
  assert.is(bad(' 123 6 ', ' 123 21 '), "invalid srv_check_status value '21'");
  assert.is(bad(' 6 3 4 ', ' 6 3 99999999999 '), "invalid srv_check_health value '99999999999'");
});

test('a change in the future, as after a clock that was set back, is one of this moment', () => {
  const result = read(LINE.replace(' 123 ', ' -25 '));
  const line = result.ok ? result.states.get('be/s1') : undefined;
  assert.equal(line, { ok: true, state: { ...STATE, sinceChange: 0 } });
});

test('other versions, and files that were cut, are read not at all', () => {
  assert.equal(readServerStates(''), { ok: false, fault: 'version' });
  assert.equal(readServerStates(`2\n${LINE}\n`), { ok: false, fault: 'version' });
  assert.equal(read(LINE, LINE.slice(0, 40)), { ok: false, fault: 'corrupted', line: 3 });
  const whole = [...writeServerStates([STATE, { ...STATE, name: 's2' }])].join('');
  for (let length = 0; length < whole.length; length++) {
    const part = whole.slice(0, length);
    assert.is(readServerStates(part).ok, part.endsWith('\n'), `${length} characters of it`); // and throws nothing
  }
});

test.run();
