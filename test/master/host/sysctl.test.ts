/** Kernel settings against loads, and the example file against the table it comes from. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkSysctls, type Finding, type Load, loadOf, startWarnings, sysctlReader } from '../../../src/master/host/sysctl.js';
import { SETTINGS, sysctlConfExample } from '../../../src/master/host/sysctl-table.js';
import { QUICK_DEFAULTS, quickPlan } from '../../../src/plan/quick.js';
import { systemTree } from './system-tree.js';

const EXAMPLE = readFileSync(new URL('../../../../sysctl.conf.example', import.meta.url), 'utf8');

const LOAD: Load = {
  maxconn: 1000,
  workers: 2,
  descriptors: 3000,
  backlog: 10_000,
  serverAddresses: 2,
  pipeBytes: 0,
  ioEngine: 'auto',
  privileged: false,
};

/** What Linux starts with. */
const STOCK: Readonly<Record<string, string>> = {
  'net.ipv4.ip_local_port_range': '32768 60999',
  'net.ipv4.tcp_tw_reuse': '2',
  'net.ipv4.tcp_max_tw_buckets': '131072',
  'net.ipv4.tcp_max_orphans': '131072',
  'net.core.somaxconn': '4096',
  'net.ipv4.tcp_max_syn_backlog': '2048',
  'net.ipv4.tcp_syncookies': '1',
  'net.ipv4.tcp_synack_retries': '5',
  'net.ipv4.tcp_migrate_req': '0',
  'kernel.io_uring_disabled': '0',
  'fs.pipe-user-pages-soft': '16384',
  'fs.nr_open': '1048576',
  'fs.file-max': '2466183',
};

/** One finding for a load, on a stock system with some other values. */
function find(name: string, load: Partial<Load>, other: Readonly<Record<string, string | undefined>> = {}): Finding {
  const values: Readonly<Record<string, string | undefined>> = { ...STOCK, ...other };
  const found = checkSysctls({ ...LOAD, ...load }, (wanted) => values[wanted]).find((finding) => finding.name === name);
  if (found === undefined) throw new Error(`no finding for ${name}`);
  return found;
}

/** The settings that a file in the form of sysctl.d(5) sets; those in comments too. */
function settingsIn(text: string): Map<string, { value: string; active: boolean }> {
  const settings = new Map<string, { value: string; active: boolean }>();
  for (const line of text.split('\n')) {
    const match = /^(#?)([a-z0-9_.-]+)\s*=\s*(.+)$/.exec(line);
    if (match) settings.set(match[2], { value: match[3], active: match[1] === '' });
  }
  return settings;
}

/** What guides for HAProxy on dedicated hosts set. */
const GUIDES = `net.ipv4.tcp_tw_reuse = 1
net.ipv4.ip_local_port_range = 1024 65023
net.ipv4.tcp_max_syn_backlog = 10240
net.ipv4.tcp_max_tw_buckets = 400000
net.ipv4.tcp_max_orphans = 60000
net.ipv4.tcp_synack_retries = 3
net.core.somaxconn = 10000`;

test('a host that is set up by the guides is as the example file would have it', () => {
  const values = Object.fromEntries([...settingsIn(GUIDES)].map(([name, { value }]) => [name, value]));
  for (const [name, value] of Object.entries(values)) {
    assert.equal([name, settingsIn(EXAMPLE).get(name)], [name, { value, active: true }]);
    assert.is(find(name, {}, values).state, 'ok', name);
  }
});

test('the example file says what the table says', () => {
  const inFile = settingsIn(EXAMPLE);
  assert.equal(
    [...inFile.keys()],
    SETTINGS.map((setting) => setting.name),
  );
  for (const setting of SETTINGS) {
    assert.equal(inFile.get(setting.name), { value: setting.wanted, active: setting.optional !== true }, setting.name);
  }
});

test('the example file is the text that the table makes, reasons included', () => {
  assert.is(EXAMPLE, sysctlConfExample());
});

test('the values that operators were promised are in the file', () => {
  const promised = {
    'net.ipv4.tcp_tw_reuse': '1',
    'net.ipv4.ip_local_port_range': '1024 65023',
    'net.ipv4.tcp_max_syn_backlog': '10240',
    'net.ipv4.tcp_max_tw_buckets': '400000',
    'net.ipv4.tcp_max_orphans': '60000',
    'net.ipv4.tcp_synack_retries': '3',
    'net.core.somaxconn': '10000',
    'net.ipv4.tcp_migrate_req': '1',
  };
  const inFile = settingsIn(EXAMPLE);
  for (const [name, value] of Object.entries(promised)) assert.equal(inFile.get(name), { value, active: true }, name);
});

test('a stock system carries a small load, and the settings of the file carry it without a remark', () => {
  assert.not(checkSysctls(LOAD, (name) => STOCK[name]).some((finding) => finding.state === 'matters'));
  const wanted = new Map(SETTINGS.map((setting) => [setting.name, setting.wanted]));
  assert.ok(checkSysctls(LOAD, (name) => wanted.get(name)).every((finding) => finding.state === 'ok'));
});

/** Where a setting begins to matter: two loads on either side. */
const EDGES: readonly [name: string, enough: Partial<Load>, tooMuch: Partial<Load>, other?: Record<string, string>][] = [
  ['net.ipv4.ip_local_port_range', { maxconn: 56_464 }, { maxconn: 56_465 }],
  ['net.ipv4.tcp_tw_reuse', { maxconn: 8066 }, { maxconn: 8067 }],
  ['net.ipv4.tcp_tw_reuse', { maxconn: 18_285 }, { maxconn: 18_286 }, { 'net.ipv4.ip_local_port_range': '1024 65023' }],
  ['net.ipv4.tcp_max_tw_buckets', { maxconn: 21_845 }, { maxconn: 21_846 }],
  ['net.ipv4.tcp_max_orphans', { maxconn: 131_072 }, { maxconn: 131_073 }],
  ['net.core.somaxconn', { maxconn: 8192 }, { maxconn: 8193 }],
  ['net.core.somaxconn', { maxconn: 99_999, backlog: 8192 }, { maxconn: 99_999, backlog: 8193 }],
  ['net.core.somaxconn', { maxconn: 4096, workers: 1 }, { maxconn: 4097, workers: 1 }],
  ['net.ipv4.tcp_max_syn_backlog', { maxconn: 1536 }, { maxconn: 1537 }, { 'net.ipv4.tcp_syncookies': '0' }],
  ['kernel.io_uring_disabled', { ioEngine: 'auto' }, { ioEngine: 'uring' }, { 'kernel.io_uring_disabled': '2' }],
  [
    'kernel.io_uring_disabled',
    { ioEngine: 'uring', privileged: true },
    { ioEngine: 'uring' },
    { 'kernel.io_uring_disabled': '1' },
  ],
  ['fs.nr_open', { descriptors: 1_048_576 }, { descriptors: 1_048_577 }],
  ['fs.file-max', { descriptors: 2_466_183 }, { descriptors: 2_466_184 }],
];

for (const [name, enough, tooMuch, other] of EDGES) {
  test(`${name} begins to matter at ${JSON.stringify(tooMuch)}`, () => {
    assert.is.not(find(name, enough, other).state, 'matters');
    assert.is(find(name, tooMuch, other).state, 'matters');
  });
}

test('with SYN cookies the SYN queue holds nothing back', () => {
  assert.is(find('net.ipv4.tcp_max_syn_backlog', { maxconn: 100_000 }).state, 'advice');
});

test('servers on UNIX sockets need no ports', () => {
  assert.is(find('net.ipv4.ip_local_port_range', { maxconn: 100_000, serverAddresses: 0 }).state, 'advice');
  assert.is(find('net.ipv4.tcp_tw_reuse', { maxconn: 100_000, serverAddresses: 0 }).state, 'advice');
});

test('pages of pipes are worth a word only when the pipes of an ordinary user outgrow them', () => {
  const pipeBytes = 16_384 * 4096;
  assert.is(find('fs.pipe-user-pages-soft', { pipeBytes }).state, 'ok');
  assert.is(find('fs.pipe-user-pages-soft', { pipeBytes: pipeBytes + 1 }).state, 'advice');
  assert.is(find('fs.pipe-user-pages-soft', { pipeBytes: pipeBytes + 1, privileged: true }).state, 'ok');
  assert.is(find('fs.pipe-user-pages-soft', { pipeBytes: pipeBytes + 1 }, { 'fs.pipe-user-pages-soft': '0' }).state, 'ok');
});

test('a better value than the wanted one is left alone', () => {
  assert.is(find('net.ipv4.tcp_max_orphans', {}).state, 'ok');
  assert.is(find('net.ipv4.tcp_synack_retries', {}, { 'net.ipv4.tcp_synack_retries': '2' }).state, 'ok');
  assert.is(find('net.ipv4.ip_local_port_range', {}, { 'net.ipv4.ip_local_port_range': '1024 65535' }).state, 'ok');
});

test('a setting that this system does not have is absent', () => {
  const finding = find('net.ipv4.tcp_migrate_req', {}, { 'net.ipv4.tcp_migrate_req': undefined });
  assert.is(finding.state, 'absent');
  assert.is(finding.current, undefined);
});

test('the command mends what is wrong, for larger loads with larger numbers', () => {
  assert.is(find('net.ipv4.ip_local_port_range', {}).mend, 'sysctl -w net.ipv4.ip_local_port_range="1024 65023"');
  assert.is(find('net.core.somaxconn', {}).mend, 'sysctl -w net.core.somaxconn=10000');
  assert.is(find('net.core.somaxconn', { backlog: 50_000, maxconn: 90_000 }).wanted, '25000');
  assert.is(find('fs.nr_open', { descriptors: 10_000_000 }).mend, 'sysctl -w fs.nr_open=10000000');
});

test('settings are read from /proc/sys, with white space made even', () => {
  const root = systemTree({
    'proc/sys/net/ipv4/ip_local_port_range': '32768\t60999\n',
    'proc/sys/fs/pipe-user-pages-soft': '16384\n',
  });
  const read = sysctlReader(root);
  assert.is(read('net.ipv4.ip_local_port_range'), '32768 60999');
  assert.is(read('fs.pipe-user-pages-soft'), '16384');
  assert.is(read('net.ipv4.tcp_migrate_req'), undefined);
});

const PLAN = quickPlan({
  ...QUICK_DEFAULTS,
  binds: [{ address: { family: 'ipv4', host: '0.0.0.0', port: 80 }, origin: '--bind :80' }],
  servers: [
    { name: 'a', address: { family: 'ipv4', host: '10.0.0.1', port: 80 }, weight: 1 },
    { name: 'b', address: { family: 'ipv4', host: '10.0.0.1', port: 80 }, weight: 1 },
    { name: 'c', address: { family: 'ipv4', host: '10.0.0.1', port: 81 }, weight: 1 },
    { name: 'd', address: { family: 'unix', path: '/run/d', abstract: false }, weight: 1 },
  ],
  maxconn: 600_000,
});

test('a load counts server addresses once and sockets not at all, and descriptors of what was asked for', () => {
  const load = loadOf(PLAN, 2, 9000, systemTree({}));
  assert.is(load.serverAddresses, 2);
  assert.is(load.maxconn, 9000);
  assert.ok(load.descriptors > 1_200_000);
  assert.is(load.backlog, 10_000);
  assert.is(load.privileged, false);
});

test('a start warns of what matters, one line each with the cost and the command', () => {
  const warnings = startWarnings(PLAN, 2, 9000, (name) => STOCK[name]);
  assert.is(warnings.length, 3);
  assert.match(warnings[0], /^net\.ipv4\.tcp_tw_reuse is 2: closed connections .*sysctl -w net\.ipv4\.tcp_tw_reuse=1$/);
  assert.match(warnings[1], /^net\.core\.somaxconn is 4096/);
  assert.match(warnings[2], /^fs\.nr_open is 1048576/);
  for (const warning of warnings) assert.not.match(warning, '\n');
});

test.run();
