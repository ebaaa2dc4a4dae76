/** Commands about servers and frontends beside HAProxy: the same words, the same answers, the same states after them. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { eventually, freePort, withProcesses } from '../harness.js';
import { closeAll, dial, serve, silent } from './support/peers.js';
import { type Managed, manage, NUMBERED, runtimeConfig, sameAnswer, sideBySide } from './support/runtime.js';

const CONFIG = runtimeConfig(
  `
frontend f
  bind 127.0.0.1:{traffic}
  default_backend b
backend b
  server s1 127.0.0.1:{silent} check inter 1h
  server s2 127.0.0.1:{silent} weight 5 disabled
  server s3 127.0.0.1:{silent} backup
backend static
  balance static-rr
  server s1 127.0.0.1:{silent} weight 10
backend empty
`,
  NUMBERED,
);

/** In this order: each finds what those before it have left. */
const COMMANDS: readonly string[] = [
  ...['get weight', 'get weight b', 'get weight b/', 'get weight x/y', 'get weight b/y', 'get weight b/s2', 'get weight #3/#1'],
  ...['get weight 3/1', 'set weight', 'set weight b/s1', 'set weight b/s1 x', 'set weight b/s1 300', 'set weight b/s2 10x'],
  ...['set weight b/s1 50%;get weight b/s1', 'set weight b/s2 50%;get weight b/s2', 'set weight b/s2 -1', 'set weight b/s2 -5%'],
  ...['set weight b/s2 5000%;get weight b/s2', 'set weight b/s2 5;set server b/s2 weight 7;get weight b/s2'],
  ...['set weight static/s1 5', 'set weight static/s1 50%', 'set weight static/s1 0;get weight static/s1'],
  ...['set server', 'set server b', 'set server x/s', 'set server b/x', 'set server b/s1 state', 'set server b/s1 state foo'],
  ...['set server b/s1 state ready', 'set server b/s1 state drain', 'set server b/s1 state maint;set server b/s1 state ready'],
  ...['set server b/s1 health', 'set server b/s1 health stopping', 'set server b/s1 health down', 'set server b/s2 health up'],
  ...['set server b/s1 health up', 'set server b/s1 agent', 'set server b/s1 agent up', 'enable server', 'enable server b/s1'],
  ...['disable server b/s1', 'disable server x', 'enable server b/s1', 'enable health b/s1', 'disable health b/s1'],
  ...['enable health b/s2', 'enable health', 'enable agent b/s1', 'disable agent b/s1', 'enable agent'],
  ...[
    'enable frontend',
    'enable frontend f',
    'disable frontend f',
    'disable frontend f',
    'enable frontend f',
    'enable frontend x',
  ],
  ...['disable frontend b', 'enable', 'disable', 'set maxconn server b/s1', 'set maxconn server b/s1 x'],
  ...['set maxconn server b/s1 10', 'set maxconn server b/s1 10x', 'set maxconn server x/y 1', 'shutdown sessions server'],
  ...['shutdown sessions server b/s3', 'shutdown sessions server x/y', 'show backend', 'show env HOME', 'show env NO_SUCH'],
  ...['show cli sockets', 'show errors', 'show servers conn x'],
  'operator;set weight b/s1 1;get weight b/s1;disable frontend f;user;show env;get weight b/s1;show backend',
];

/** Lists of commands are ours; paths and times are each one's own. */
function comparable(answer: string, { socket }: Managed): string {
  return answer
    .replace(/^ {2}.*\n/gm, '')
    .replace(/Unknown command: '[^']*'/g, 'Unknown command')
    .replaceAll(socket, '{socket}')
    .replace(/\[\d\d\/\w{3}\/\d{4}:[\d:.]+\]/g, '[{date}]');
}

test('the same words, the same answers', () =>
  withProcesses(async () => {
    const both = await sideBySide(CONFIG, { silent: await freePort() });
    for (const command of COMMANDS) await sameAnswer(both, `${command}\n`, comparable);
  }));

/** Servers of every kind: checked, with an agent, named, by SRV records, tracking, on a UNIX socket. */
const KINDS = runtimeConfig(
  `
resolvers r
  nameserver d 127.0.0.1:{dns}
listen b
  bind 127.0.0.1:{traffic}
  server s 127.0.0.1:1 check inter 1h agent-check agent-port {agent} agent-inter 1h agent-send x
  server n localhost:1 resolvers r init-addr 127.0.0.9
  server v _a._tcp.x.y resolvers r init-addr 127.0.0.9
  server m 127.0.0.1 track s
  server u unix@{folder}/server
`,
  NUMBERED,
);
const SET = [
  'addr',
  'fqdn',
  'check-addr',
  'check-port',
  'agent-addr',
  'agent-port',
  'agent-send',
  'agent',
  'health',
  'state',
  'weight',
];
const VALUES = [
  '',
  ' foo!',
  ' 127.0.0.2',
  ' 127.0.0.3 port 5',
  ' 127.0.0.3 port x',
  ' 127.0.0.3 port +5',
  ' 77',
  ' 99999',
  ' up',
  ' a.b',
];
/** HAProxy asks DNS where agents are, takes 77 for 0.0.0.77, and addresses for names. */
const NUMBERS: Readonly<Record<string, RegExp>> = { 'agent-addr': /^ [0-9]+$/, fqdn: /^ [0-9]/ };
const valuesFor = (what: string): string[] => VALUES.filter((value) => NUMBERS[what]?.test(value) !== true);
/** Everything that can be set, to everything; what a name says of itself depends on what has been answered. */
const SETTINGS = ['s', 'n', 'm', 'u'].flatMap((server) =>
  SET.map((what) =>
    valuesFor(what)
      .map((value) => `set server b/${server} ${what}${value}`)
      .join(';'),
  ),
);
const OTHERS = [
  'set server b/v fqdn a.b;set server b/v check-port 5',
  'show errors x;show errors b;show errors 5;show resolvers x;show servers state x;show servers conn x;show env NOPE',
  'get var proc.nope;get var;set maxconn;shutdown session;shutdown sessions server;expert-mode;set timeout;set timeout cli x',
  'set rate-limit sessions;set rate-limit sessions global;set maxconn global;set maxconn global 0;set maxconn frontend b x',
  'help set weight;bogus;show cli level;show acl x;show map x;enable agent b/m;enable health b/m;disable agent b/n',
  'shutdown frontend b;shutdown frontend b;disable frontend b;enable frontend b;set severity-output string;get weight x',
  'operator;set weight b/s 1;clear counters all;user;show env;clear counters',
];

test('everything that can be set, to everything', () =>
  withProcesses(async () => {
    const both = await sideBySide(KINDS);
    for (const commands of [...SETTINGS, ...OTHERS]) await sameAnswer(both, `${commands}\n`, comparable);
  }));

test('what commands do to traffic', () =>
  withProcesses(async () => {
    const [first, second] = [await serve(silent), await serve(silent)];
    const servers = '  server a 127.0.0.1:{first}\n  server b 127.0.0.1:{second}\n';
    const config = CONFIG.replace(/ {2}server s1.*\n {2}server s2.*\n {2}server s3.*\n/, servers);
    const ports = { first: first.port, second: second.port, silent: first.port };
    const own = await manage({ name: 'turbo-lb', engine: 'epoll', workers: 2 }, config, ports);
    await own.ask('set server b/a state drain\n');
    for (let i = 0; i < 4; i++) await dial(own.ports.traffic);
    await eventually('all four are on the other server', () => second.open === 4);
    assert.is(first.peers.length, 0);
    assert.match(await own.ask('show servers conn b\n'), /^b\/b \d+\/2 127\.0\.0\.1 \d+ - 5000 4 \d/m);
    await own.ask('shutdown sessions server b/b\n');
    await eventually('they are gone', async () => second.open === 0 && / 5000 0 \d/.test(await own.ask('show servers conn b\n')));
    await own.ask('disable frontend f\n');
    const refusal = await dial(own.ports.traffic).catch((error: NodeJS.ErrnoException) => error.code);
    assert.is(refusal, 'ECONNREFUSED');
    await own.ask('enable frontend f;set server b/a state ready;set weight b/b 0\n');
    await dial(own.ports.traffic);
    await first.peer(0);
    await closeAll();
  }));

test.run();
