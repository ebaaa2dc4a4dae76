/** How the runtime API is spoken to: beside HAProxy, byte for byte, through socat. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { runProcess, scratchFolder, withProcesses } from '../harness.js';
import { askSocket, manage, sameAnswer, sideBySide } from './support/runtime.js';
import { TURBO_LB } from './support/twins.js';

const CONFIG = `
global
  stats socket {socket} level admin
  stats socket 127.0.0.1:{tcp} level user mss 1400 tcp-ut 5s defer-accept backlog 3 interface lo
  stats socket 127.0.0.1:{proxied} level operator accept-proxy severity-output string
  stats timeout 2s
listen l
  mode tcp
  bind 127.0.0.1:{traffic}
  timeout connect 5s
  timeout client 5s
  timeout server 5s
`;

const INPUTS: readonly string[] = [
  '',
  'show cli level',
  'show cli level\n',
  '  show\tcli   level  \r\n',
  'show cli level;show cli level\n',
  'show cli level\nshow cli level\n',
  'show cli level;\n',
  'show cli level x\n',
  '\n',
  ';;\n',
  'prompt\n',
  'prompt;show cli level\n',
  'prompt\nshow cli level\nprompt\nshow cli level\n',
  'prompt\n\nquit\nshow cli level\n',
  'quit;show cli level\n',
  'show cli level <<\nfoo bar\n\nshow cli level\n',
  'prompt\nshow cli level <<\nfoo\nbar\n\nshow cli level\n',
  'show cli level <<\nno end',
  'operator;show cli level;expert-mode on;user;show cli level;operator\n',
  'expert-mode on; expert-mode;expert-mode off;expert-mode foo;expert-mode\n',
  'experimental-mode;experimental-mode on;experimental-mode;expert-mode;operator;experimental-mode\n',
  'set timeout cli\n',
  'set timeout cli 10x;set timeout;set timeout foo 4;set timeout cli 10\n',
  'set severity-output foo;set severity-output none\n',
  'set severity-output number;get weight x;show cli level;show version foo;bogus;set severity-output string;get weight x/y\n',
  'user\\;show cli level\n',
  'us\\er;show cli level\n',
  'help\n',
  'bogus \u00e9\n',
  `show cli level ${'a'.repeat(8_000)}\n`,
  `${'a'.repeat(20_000)}\nshow cli level\n`,
];

/** Our list of commands is shorter, and an unknown word is named, as newer versions of HAProxy do. */
const withoutList = (answer: string): string =>
  answer
    .replace(/^ {2}.*\n/gm, '')
    .replace(/Unknown command: '[^']*'/g, 'Unknown command')
    .replace(/\b[0-9]\.[0-9]\S*/g, '{version}');

test('every way of asking', () =>
  withProcesses(async () => {
    const both = await sideBySide(CONFIG);
    for (const input of INPUTS) await sameAnswer(both, input, withoutList);
    for (const { ports } of both)
      assert.is(await askSocket(`TCP:127.0.0.1:${ports.tcp}`, 'show cli level;operator\n'), 'user\n\nPermission denied\n\n');
  }));

/** What tools that only watch ask for, and things that they may not do. */
const WATCHING = [
  'show version',
  'show pools',
  'show threads',
  'show cli sockets',
  'show info',
  'show stat',
  'show servers state',
];
const DENIED = [
  'show sess',
  'show env',
  'show errors',
  'show fd',
  'clear counters',

  'enable server l/s',
];

test('level user watches what it may watch in HAProxy', () =>
  withProcesses(async () => {
    const both = await sideBySide(CONFIG);
    for (const command of [...WATCHING, ...DENIED])
      for (const { contender, ports } of both) {
        const answer = await askSocket(`TCP:127.0.0.1:${ports.tcp}`, `${command}\n`);
        assert.is(answer.includes('Permission denied'), DENIED.includes(command), `${contender.name}: ${command}`);
      }
  }));

/** Headers of the PROXY protocol, and what is none; questions behind them. */
const HEADERS: readonly string[] = [
  'PROXY TCP4 192.0.2.1 192.0.2.2 1025 80\r\nshow cli level;get weight x\n',
  'PROXY UNKNOWN\r\nshow cli level\n',
  '\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00show cli level\n',
  'show cli level; a line and no header\n',
  'PROXY TCP4 192.0.2.1 192.0.2.2 1025 nonsense\r\nshow cli level\n',
  'PROXY TCP9 1 2 3 4\r\nshow cli level\n',
  'PROXY TCP4 192.0.2.1',
  '',
];

test('behind a proxy that says whose connection it is', () =>
  withProcesses(async () => {
    const both = await sideBySide(CONFIG);
    for (const header of HEADERS) {
      const [theirs, ours] = await Promise.all(
        both.map(({ ports }) => askSocket(`TCP:127.0.0.1:${ports.proxied}`, Buffer.from(header, 'latin1'))),
      );
      assert.is(ours, theirs, JSON.stringify(header));
    }
  }));

test('what only newer versions of HAProxy know', () =>
  withProcesses(async () => {
    const { ask } = await manage({ name: 'turbo-lb', engine: 'epoll', workers: 1 }, CONFIG);
    assert.is(await ask('prompt i\nshow cli level\nprompt n;show cli level\n'), '\nadmin\n\n\nadmin\n\n');
    assert.match(await ask('prompt p timed\nshow cli level\n'), /^\n\[0:00:00:\d\d\]> admin\n\n\[0:00:00:\d\d\]> $/);
    assert.match(await ask('prompt help\n'), /^Usage: prompt /);
    assert.is(await ask('show cli level <<%EOF%\na\n\n%EOF%\n'), 'admin\n\n');
    assert.is(
      await ask('@1 show cli level;@!77 show cli level\n'),
      "admin\n\nCan't find the target PID matching the prefix '@!77'\n\n",
    );
  }));

test('a socket that cannot be had ends the start with HAProxy’s message', () =>
  withProcesses(async () => {
    const file = join(scratchFolder(), 'haproxy.cfg');
    writeFileSync(file, 'global\n stats socket /no/such/folder/s.sock\nlisten l\n bind 127.0.0.1:1\n');
    for (const command of [['haproxy'], [process.execPath, TURBO_LB]]) {
      const { code, stderr } = await runProcess(command[0], [...command.slice(1), '-db', '-f', file]);
      assert.is(code, 1);
      assert.match(
        stderr,
        /Binding \[.*haproxy\.cfg:2\] for frontend GLOBAL: .*cannot bind UNIX socket \(No such file or directory\)/,
      );
      assert.match(stderr, /Some protocols failed to start their listeners! Exiting\./);
    }
  }));

test.run();
