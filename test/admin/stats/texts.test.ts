/** What `show stat` and `show info` print is laid out as HAProxy's, to the byte where tools count on it. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CSV_HEADER } from '../../../src/admin/stats/texts.js';
import { readRows, statsLab } from './support/lab.js';

const golden = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../../../test/golden/statistics/${name}`, import.meta.url)), 'utf8');

const FILE = `defaults
 mode tcp
 timeout client 1s
 timeout connect 1s
 timeout server 1s
listen tcp1
 bind 127.0.0.1:8080
 server a 127.0.0.1:81 check
frontend fe
 bind 127.0.0.1:8081 name first maxconn 7
 bind 127.0.0.1:8082
 option socket-stats
 maxconn 50
 default_backend be
backend be
 balance leastconn
 server s1 127.0.0.1:91 check weight 20 maxconn 10 maxqueue 3
 server s2 127.0.0.1:92 backup weight 3
 server s3 127.0.0.1:93 track be/s1
 server s4 127.0.0.1:94 disabled`;

test('the header is that of HAProxy 3.5, byte for byte', () => {
  assert.is(CSV_HEADER, golden('header.txt'));
});

test('every row has as many columns as the header, and the separator where it has it', () => {
  const lines = statsLab(FILE).ask('show stat').trimEnd().split('\n');
  const columns = lines.map((line) => line.split(','));
  assert.equal(new Set(columns.map(({ length }) => length)), new Set([147]));
  assert.equal(new Set(columns.map((row) => row.indexOf('-'))), new Set([119]));
  assert.equal(new Set(columns.map((row) => row[146])), new Set(['']), 'the comma at the end');
});

test('rows of mode tcp have values in the columns in which HAProxy 3.5 has them', () => {
  const theirs = readRows(`${golden('header.txt')}${golden('rows.txt')}`);
  const lab = statsLab(FILE);
  lab.health.server({ backend: 0, server: 0 }).check.note({ status: 'L4CON', info: 'x', durationMs: 0 });
  const rows = readRows(lab.ask('show stat', { level: 'user' }));
  const filled = (row: Record<string, string>): string[] => Object.keys(row).filter((column) => row[column] !== '');
  for (const [name, row] of theirs) assert.equal(filled(rows.get(name) ?? {}), filled(row), name);
});

test('proxies in order: a frontend, its binds, servers, their backend', () => {
  assert.equal(
    [...statsLab(FILE).rows().keys()],
    [
      'tcp1/FRONTEND',
      'tcp1/a',
      'tcp1/BACKEND',
      'fe/FRONTEND',
      'fe/first',
      'fe/sock-2',
      'be/s1',
      'be/s2',
      'be/s3',
      'be/s4',
      'be/BACKEND',
    ],
  );
});

test('numbers that the file gives do not change the order of rows', () => {
  const lab = statsLab(FILE.replace('listen tcp1', 'listen tcp1\n id 700').replace('\nbackend be', '\nbackend be\n id 600'));
  const proxies = [...new Set([...lab.rows().values()].map(({ pxname, iid }) => `${pxname} ${iid}`))];
  assert.equal(proxies, ['tcp1 700', 'fe 2', 'be 600']);
});

test('addresses and algorithms are not for everybody', () => {
  const lab = statsLab(FILE);
  const seen = (level: 'user' | 'operator') => {
    const rows = readRows(lab.ask('show stat', { level }));
    return [rows.get('be/s1')?.addr, rows.get('fe/first')?.addr, rows.get('be/BACKEND')?.algo];
  };
  assert.equal(seen('operator'), ['127.0.0.1:91', '127.0.0.1:8081', 'leastconn']);
  assert.equal(seen('user'), ['', '', '']);
});

test('a server on the port of its clients shows what is added to it', () => {
  const rows = statsLab(
    'defaults\n mode tcp\nlisten l\n bind :1\n server up 127.0.0.1:+1\n server down [::1]:-1\n server same 127.0.0.1\n',
  ).rows();
  assert.equal(
    ['up', 'down', 'same'].map((name) => rows.get(`l/${name}`)?.addr),
    ['127.0.0.1:1', '[::1]:-1', '127.0.0.1:0'],
  );
});

test('a part can be asked for, by number or by name', () => {
  const lab = statsLab(FILE);
  const id = lab.rows().get('be/s1')?.iid;
  const names = (words: string): string[] => [...lab.rows(words).keys()];
  assert.equal(names(`${id} 4 -1`), ['be/s1', 'be/s2', 'be/s3', 'be/s4']);
  assert.equal(names('be 4 2'), ['be/s2']);
  assert.equal(names('be 6 1'), ['be/s1', 'be/BACKEND']);
  assert.equal(names('fe 1 -1'), ['fe/FRONTEND']);
  assert.equal(names('-1 2 -1'), ['tcp1/BACKEND', 'be/BACKEND']);
  assert.equal(names('77 -1 -1'), []);
  assert.is(lab.ask('show stat nobody 4 -1'), 'No such proxy.\n');
  assert.is(names('nobody').length, 11, 'one word alone is none of them');
});

test('what does not serve can be left out, and backends tell of it', () => {
  const lab = statsLab(FILE);
  lab.states.setDown({ backend: 1, server: 0 });
  const up = lab.rows('up');
  assert.equal(
    [...up.keys()].filter((name) => name.startsWith('be/')),
    ['be/s2', 'be/BACKEND'],
  );
  assert.is(up.get('be/BACKEND')?.status, 'UP (1/4)');
  const serving = lab.rows('no-maint');
  assert.equal(
    [...serving.keys()].filter((name) => name.startsWith('be/')),
    ['be/s1', 'be/s2', 'be/s3', 'be/BACKEND'],
  );
  assert.is(lab.rows().get('be/BACKEND')?.status, 'UP');
});

test('typed lines say whose value it is, what kind of value, and on demand what it means', () => {
  const lab = statsLab(FILE);
  lab.workers[1].proxies.servers[1][0].own[0] = 0;
  const lines = lab.ask('show stat typed').split('\n');
  const { iid } = lab.rows().get('be/s1') ?? {};
  assert.ok(lines.includes(`S.${iid}.1.17.status.1:SGP:str:UP 1/3`), lines.filter((line) => line.includes('status')).join('\n'));
  assert.ok(lines.includes(`S.${iid}.1.6.slim.1:CLP:u32:10`));
  assert.ok(lines.includes(`B.${iid}.0.19.act.1:MGP:u32:2`));
  assert.ok(
    lines.some((line) => /^F\.\d+\.0\.119\.h2_headers_rcvd\.1:MCP:u64:0$/.test(line)),
    'the separator has no place of its own',
  );
  const described = lab.ask('show stat typed desc').split('\n');
  assert.ok(described.includes(`S.${iid}.1.1.svname.1:KNS:str:s1:"Server name"`));
});

test('JSON says the same', () => {
  const lab = statsLab(FILE);
  const all = JSON.parse(lab.ask('show stat json')) as {
    objType: string;
    field: { pos: number; name: string };
    value: { value: unknown };
  }[][];
  assert.equal(all.map(([first]) => first.objType).slice(0, 6), [
    'Frontend',
    'Server',
    'Backend',
    'Frontend',
    'Listener',
    'Listener',
  ]);
  const typed = lab.ask('show stat typed').trimEnd().split('\n');
  assert.is(all.flat().length, typed.length);
  const { iid } = lab.rows().get('be/s1') ?? {};
  assert.equal(
    all[6].find(({ field }) => field.name === 'status'),
    {
      objType: 'Server',
      proxyId: Number(iid),
      id: 1,
      field: { pos: 17, name: 'status' },
      processNum: 1,
      tags: { origin: 'Status', nature: 'Gauge', scope: 'Process' },
      value: { type: 'str', value: 'UP 1/3' },
    } as unknown as (typeof all)[0][0],
  );
});

test('texts with commas and quotes are quoted', () => {
  const lab = statsLab(FILE);
  lab.health.server({ backend: 1, server: 0 }).check.note({ status: 'L7RSP', info: 'he said "a, b"', durationMs: 4 });
  assert.match(lab.ask('show stat'), ',-1,"he said ""a, b""",,0,0,');
});

test('the fields of the process are those of HAProxy 3.5, in their order, then the product', () => {
  const lab = statsLab(FILE);
  const names = lab
    .ask('show info')
    .trimEnd()
    .split('\n')
    .map((line) => line.split(': ')[0]);
  assert.equal(names, [...golden('info.txt').trimEnd().split('\n'), 'Product']);
  const typed = lab
    .ask('show info typed')
    .trimEnd()
    .split('\n')
    .map((line) => line.split(':')[0]);
  assert.is(typed[0], '0.Name.1');
  assert.ok(typed.includes('47.Tasks.1'), 'places of fields that are not shown stay free');
  assert.is(typed.length, names.length);
  assert.is(JSON.parse(lab.ask('show info json')).length, names.length);
});

test('values of the process', () => {
  const lab = statsLab(`global\n description two words\n node n1\n maxconnrate 9\n maxsessrate 8\n${FILE}`);
  const [one, two] = lab.workers;
  for (const { proxies } of [one, two]) proxies.process.connect(0);
  one.proxies.process.admit(0);
  one.gate.enter();
  const info = new Map(
    lab
      .ask('show info')
      .trimEnd()
      .split('\n')
      .map((line) => line.split(': ') as [string, string]),
  );
  const wanted = {
    ...{ Name: 'HAProxy', Nbthread: '2', Uptime: '1d 1h01m01s', Uptime_sec: '90061', Maxconn: '100', 'Ulimit-n': '64' },
    ...{ CurrConns: '1', CumConns: '2', CumReq: '1', MaxConnRate: '2', MaxSessRate: '1', ConnRateLimit: '9', SessRateLimit: '8' },
    ...{ node: 'n1', description: 'two words', Stopping: '0', Jobs: '4', Listeners: '3', DroppedLogs: '3', Idle_pct: '97' },
    ...{ BytesOutRate: '5', TotalWarnings: '4', FailedResolutions: '6' },
  };
  for (const [name, value] of Object.entries(wanted)) assert.is(info.get(name), value, name);
  assert.match(info.get('Version') ?? '', /^\d+\.\d+\./, 'tools split it at the points');
  assert.match(info.get('Product') ?? '', /^turbo-lb \d/);
  assert.match(lab.ask('show info float'), /^Uptime_sec: 90061\.\d+$/m);
  assert.match(lab.ask('show info float typed'), /^8\.Uptime_sec\.1:MDP:flt:90061\.\d+$/m);
  assert.match(lab.ask('show info desc'), /^Stopping: 0:"1 if the worker process is currently stopping, otherwise zero"$/m);
});

test('a paused frontend listens to nobody', () => {
  const lab = statsLab(FILE);
  lab.paused.add('fe');
  const rows = lab.rows();
  assert.equal([rows.get('fe/FRONTEND')?.status, rows.get('fe/first')?.status], ['PAUSED', 'WAITING']);
  assert.match(lab.ask('show info'), /^Listeners: 1$/m);
});

test('clearing needs rights, and leaves what is at the moment', () => {
  const lab = statsLab(FILE);
  const { proxies } = lab.workers[0];
  for (let i = 0; i < 3; i++) proxies.frontends[1].enter(0);
  proxies.frontends[1].leave();
  proxies.process.connect(0);
  lab.health.server({ backend: 1, server: 0 }).failedChecks = 5;
  const seen = () => {
    const row = lab.rows().get('fe/FRONTEND');
    return [row?.scur, row?.smax, row?.stot, lab.rows().get('be/s1')?.chkfail];
  };
  assert.equal(seen(), ['2', '3', '3', '5']);
  assert.is(lab.ask('clear counters', { level: 'operator' }), '');
  assert.equal(seen(), ['2', '0', '3', '5']);
  assert.is(lab.ask('clear counters all', { level: 'operator' }), 'Permission denied\n');
  assert.equal(seen(), ['2', '0', '3', '5']);
  assert.is(lab.ask('clear counters all'), '');
  assert.equal(seen(), ['2', '0', '0', '0']);
  assert.match(lab.ask('show info'), /^CumConns: 1$/m);
});

test.run();
