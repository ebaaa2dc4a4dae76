/** What section `global` becomes. What it refuses: test/golden. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readGlobal, said } from '../support/reading.js';

/** The section of lines that are right. */
function global(...lines: string[]): ReturnType<typeof readGlobal>['config']['global'] {
  const { config, findings } = readGlobal(...lines);
  assert.equal(said(findings), []);
  return config.global;
}

test('the process, as older guides write it', () => {
  const section = global('user haproxy', 'group haproxy', 'daemon', 'maxconn 256', 'pidfile /run/x.pid', 'chroot /var/empty');
  assert.is(section.user?.value, 'haproxy');
  assert.is(section.group?.value, 'haproxy');
  assert.is(section.daemon?.value, true);
  assert.is(section.maxconn?.value, 256);
  assert.is(section.pidfile?.value, '/run/x.pid');
  assert.is(section.chroot?.value, '/var/empty');
  assert.equal(section.maxconn?.place, { file: 'f.cfg', line: 5, column: 1, length: 7 });
});

test('numbers of users, times, percents, switches', () => {
  const section = global(
    'uid 99',
    'gid 100',
    'hard-stop-after 30s',
    'grace 2',
    'spread-checks 5',
    'no set-dumpable',
    'ulimit-n 5000',
  );
  assert.is(section.user?.value, '99');
  assert.is(section.group?.value, '100');
  assert.is(section.hardStopAfterMs?.value, 30_000);
  assert.is(section.graceMs?.value, 2);
  assert.is(section.spreadChecks?.value, 5);
  assert.is(section.setDumpable?.value, false);
  assert.is(section.ulimitN?.value, 5000);
});

test('tune.* by their names, sizes with units', () => {
  const { tune } = global(
    'tune.bufsize 32k',
    'tune.maxaccept -1',
    'tune.io-engine epoll',
    'tune.rcvbuf.client 1m',
    'tune.pipesize 65536',
  );
  assert.equal(
    [...tune].map(([name, { value }]) => [name, value]),
    [
      ['bufsize', 32_768],
      ['maxaccept', 0],
      ['io-engine', 'epoll'],
      ['rcvbuf.client', 1_048_576],
      ['pipesize', 65_536],
    ],
  );
});

test('nbproc 1 is what there is, more is refused', () => {
  const { findings } = readGlobal('nbproc 1', 'nbproc 2');
  assert.equal(
    findings.list.map(({ severity }) => severity),
    ['warning', 'alert'],
  );
});

test('the first of several settings holds', () => {
  const { config, findings } = readGlobal('maxconn 10', 'maxconn 20');
  assert.is(config.global.maxconn?.value, 10);
  assert.equal(said(findings), ["warning [3] : 'maxconn' already specified. Continuing."]);
  assert.is(findings.list[0].hint, 'the one at f.cfg:2 holds');
});

test('what has no effect says so: loudly where it could be missed, quietly where it is for another feature', () => {
  const { findings } = readGlobal(
    'close-spread-time 1m',
    'tune.ssl.default-dh-param 2048',
    'pp2-never-send-local',
    'lua-load x.lua',
  );
  assert.equal(said(findings), [
    "warning [2] : 'close-spread-time' is accepted and has no effect: the end of sessions is spread in a way of its own here.",
    "diag [3] : 'tune.ssl.default-dh-param' is accepted and has no effect: for TLS, which is passed through and not ended here.",
    "diag [4] : 'pp2-never-send-local' is accepted and has no effect: caution about new keywords and local connections.",
    "alert [5] : 'lua-load' is not supported: Lua is not supported.",
  ]);
});

test('variables change for the lines that follow', () => {
  const { environment, config } = readGlobal('setenv A 1', 'presetenv A 2', 'presetenv B "$A"', 'unsetenv A', 'node "n$A$B"');
  assert.is(environment.has('A'), false);
  assert.is(environment.get('B'), '1');
  assert.is(config.global.node?.value, 'n1');
  const reset = readGlobal('setenv A 1', 'setenv B 2', 'resetenv B');
  assert.equal([...reset.environment], [['B', '2']]);
});

test('sockets of the runtime API', () => {
  const { statsSockets, statsTimeoutMs } = global(
    'stats socket /run/a.sock mode 660 level admin user root group adm expose-fd listeners',
    'stats socket 127.0.0.1:9999',
    'stats timeout 30s',
  );
  const [first, second] = statsSockets;
  assert.equal(first.address, { kind: 'unix', path: '/run/a.sock', abstract: false });
  assert.equal(
    [first.settings.mode, first.level, first.settings.user, first.settings.group, first.exposeFdListeners],
    [0o660, 'admin', 'root', 'adm', true],
  );
  assert.is(second.level, 'operator');
  assert.is(statsTimeoutMs?.value, 30_000);
});

const CPU_MAPS: readonly [line: string, map: readonly [number, readonly number[]][]][] = [
  ['cpu-map 1/1 0', [[1, [0]]]],
  [
    'cpu-map 1/1-2 3 1',
    [
      [1, [1, 3]],
      [2, [1, 3]],
    ],
  ],
  [
    'cpu-map auto:1/1-3 0-2',
    [
      [1, [0]],
      [2, [1]],
      [3, [2]],
    ],
  ],
  [
    'cpu-map auto:1/1-2 5 4',
    [
      [1, [4]],
      [2, [5]],
    ],
  ],
  [
    'cpu-map auto:1/all 0-1',
    [
      [1, [0]],
      [2, [1]],
    ],
  ],
  ['cpu-map 2/1 0', []],
];

for (const [line, map] of CPU_MAPS) {
  test(`${line} binds ${map.length} threads`, () => {
    assert.equal([...(global(line).cpuMap?.value ?? [])], map);
  });
}

test('a later cpu-map goes before an earlier one, thread by thread', () => {
  const map = global('cpu-map 1 0', 'cpu-map 1/2 7').cpuMap?.value;
  assert.equal(map?.get(1), [0]);
  assert.equal(map?.get(2), [7]);
  assert.is(map?.size, 1024);
});

test('a target of logs, with everything', () => {
  const [log] = global('log 10.0.0.1:1514 len 4096 format rfc5424 sample 1-2,5:10 local7 notice alert').logs;
  assert.equal(log.target, {
    kind: 'udp',
    address: { kind: 'ip', family: 'ipv4', host: '10.0.0.1', ports: { first: 1514, last: 1514 } },
  });
  assert.equal([log.length, log.format, log.facility, log.maxLevel, log.minLevel], [4096, 'rfc5424', 23, 5, 1]);
  assert.equal(log.sample, {
    ranges: [
      { first: 1, last: 2 },
      { first: 5, last: 5 },
    ],
    size: 10,
  });
  assert.is(log.formatIsDefault, undefined);
});

test('a target of logs, with nothing but what must be', () => {
  const targets = global(
    'log 127.0.0.1 local0',
    'log /dev/log local0',
    'log stderr daemon',
    'log fd@7 daemon',
    'log udp6@[::1] local0',
  ).logs;
  assert.equal(
    targets.map(({ target }) => ('fd' in target ? target.fd : target.kind)),
    ['udp', 'unix', 2, 7, 'udp'],
  );
  const [log] = targets;
  assert.equal(
    [log.length, log.format, log.formatIsDefault, log.maxLevel, log.minLevel, log.sample],
    [1024, 'local', true, 7, 0, null],
  );
});

test('no log forgets the targets before it', () => {
  assert.equal(global('log 127.0.0.1 local0', 'no log').logs, []);
});

test('variables of the process are read in order, and need no session', () => {
  const { variables } = global('set-var proc.a int(5),add(1)', 'set-var-fmt proc.b "%H-%[var(proc.a)]"');
  assert.equal(
    variables.map(({ name, value }) => [name, Object.keys(value)[0]]),
    [
      ['proc.a', 'expression'],
      ['proc.b', 'format'],
    ],
  );
  const wrong: readonly (readonly [line: string, text: string])[] = [
    ['set-var proc.a', "'set-var' requires a process-wide variable name ('proc.<name>') and a sample expression."],
    ['set-var-fmt proc.a', "'set-var-fmt' requires a process-wide variable name ('proc.<name>') and a format string."],
    ['set-var sess.a int(1)', "'set-var': cannot set variable 'sess.a', only scope 'proc' is permitted in the global section."],
    ['set-var proc.a-b int(1)', "invalid syntax at char '-b'"],
    ['set-var proc.a src', "fetch method 'src' extracts information from 'client address', none of which is available here"],
    [
      'set-var proc.a nbsrv(l)',
      "fetch method 'nbsrv' extracts information from 'internal state', none of which is available here",
    ],
    ['set-var proc.a foo(5)', "unknown fetch method 'foo'"],
    ['set-var proc.a str(a),foo', "unknown converter 'foo'"],
    [
      'set-var-fmt proc.a %[src]',
      "sample fetch <src]> may not be reliably used here because it needs 'client address' which is not available here",
    ],
  ];
  for (const [line, text] of wrong) assert.is(said(readGlobal(line).findings)[0], `alert [2] : ${text}`);
});

test('what setenv and its like change', () => {
  const { environment } = readGlobal('setenv A 1', 'presetenv A 2', 'unsetenv B', 'setenv C x').config.global;
  assert.equal(
    [...environment],
    [
      ['A', '1'],
      ['B', null],
      ['C', 'x'],
    ],
  );
});

test.run();
