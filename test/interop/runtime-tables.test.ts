/** Commands about stick tables beside HAProxy, byte for byte but for pointers and times; and a large table beside traffic. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { eventually, withProcesses } from '../harness.js';
import { closeAll, dial, echo, serve } from './support/peers.js';
import { type Managed, manage, NUMBERED, runtimeConfig, sameAnswer, sideBySide } from './support/runtime.js';

const CONFIG = runtimeConfig(
  `
listen st
  bind 127.0.0.1:{traffic}
  stick-table type ip size 100 expire 5m store conn_cnt,conn_rate(10s),gpc0,gpc0_rate(5s),bytes_in_cnt,server_id,gpt0,sess_cnt,conn_cur
  tcp-request connection track-sc0 src
  stick on src
  server s1 127.0.0.1:{server}
backend str
  stick-table type string len 32 size 10 expire 1h store gpc(3),gpt(2),gpc_rate(2,10s)
backend int
  stick-table type integer size 5 store gpc0
backend bin
  stick-table type binary len 8 size 5 store gpc0
backend v6
  stick-table type ipv6 size 1k expire 30s store gpc0,http_req_rate(10s),server_key
backend large
  stick-table type integer size 100k store gpc0
`,
  NUMBERED,
);

const COMMANDS: readonly string[] = [
  ...['show table', 'show table st', 'show table nope', 'show table st key', 'show table st key 127.0.0.1'],
  ...[
    'show table st key 1.2.3.4',
    'set table st key 10.0.0.1 data.gpc0 5 data.gpt0 7 data.conn_cnt 9 data.conn_rate 3;show table st',
  ],
  // what is set lives no longer than to the next look of HAProxy 2.6: each line shows what it has set
  ...['set table st key 10.0.0.2', 'set table st', 'set table st key', 'set table st key 10.0.0.2 foo', 'set table'],
  ...[
    'set table st key 10.0.0.2 data.foo 1',
    'set table st key 10.0.0.2 data.http_req_cnt 1',
    'set table nope key 1 data.gpc0 1',
  ],
  ...['set table st key 10.0.0.2 data.gpc0', 'set table st key 10.0.0.2 data.gpc0 x', 'show table st data.gpc0 foo 1'],
  ...['show table st data.gpc0', 'show table st data.gpc0 gt', 'show table st data.gpc0 gt x', 'show table st data.foo gt 1'],
  ...[
    'show table st foo',
    'show table st data.http_req_cnt gt 1',
    'clear table',
    'clear table st foo',
    'clear table nope',
    'clear table st;show table',
  ],
  'set table st key 10.0.0.1 data.gpc0 5 data.gpt0 7;show table st data.gpc0 gt 4;show table st data.gpc0 eq 5 data.gpt0 ne 7',
  'clear table st;set table st key 10.0.0.1 data.gpc0 5;show table st data.conn_cnt le 9 data.gpc0 lt 6 data.gpt0 ge 0',
  'clear table st key 10.0.0.1;clear table st key 10.0.0.9;show table st',
  'set table st key 10.0.0.1 data.gpc0 5;set table st key 10.0.0.3;clear table st data.gpc0 gt 1;show table st;clear table st',
  'set table str key a\\ b\u00e9\u0001= data.gpc 1;show table str',
  'set table str key abc data.gpc 3;set table str key abc data.gpc1 3;set table str key abc data.gpt0 3;show table str',
  'set table str key abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz data.gpc 1;show table str',
  'set table int key 5 data.gpc0 1;set table int key -7;set table int key 0x10;set table int key 5x; show table int',
  'set table bin key 0a0b data.gpc0 1;show table bin;set table bin key zz;show table bin key 0a0b',
  'set table v6 key ::1 data.gpc0 1;set table v6 key 1.2.3.4; show table v6;set table v6 key ::1 data.server_key s1',
  'set table int key 1;set table int key 2;set table int key 3;set table int key 4;set table int key 6;show table int key 6',
  'operator;set table st key 1.1.1.1;user;show table;set table st key 1.1.1.2',
  'user;show table st key 1.1.1.1;show table st key 1.1.1.9;show table st key;show table st foo;show table nope',
];

const comparable = (answer: string): string => answer.replace(/^0x[0-9a-f]+:/gm, '0x:').replace(/exp=[1-9]\d*/g, 'exp=N');

/** A client comes and goes, which the table remembers. */
async function visit({ ports, ask }: Managed): Promise<void> {
  const client = await dial(ports.traffic);
  client.socket.end('hi\n');
  await eventually('it came back', () => client.sawEnd);
  await eventually('its session is over', async () => / conn_cur=0 .*bytes_in_cnt=3/.test(await ask('show table st\n')));
}

test('every command, and what it leaves', () =>
  withProcesses(async () => {
    const server = await serve(echo);
    const both = await sideBySide(CONFIG, { server: server.port });
    for (const balancer of both) await visit(balancer);
    for (const command of COMMANDS) await sameAnswer(both, `${command}\n`, comparable);
  }).finally(closeAll));

test('what only newer versions of HAProxy know, and entries in use', () =>
  withProcesses(async () => {
    const server = await serve(echo);
    const { ask, ports } = await manage({ name: 'turbo-lb', engine: 'epoll', workers: 2 }, CONFIG, { server: server.port });
    assert.is(await ask('set table str key k data.gpc(2) 4 data.gpt[1] 5\n'), '\n');
    assert.match(await ask('show table str data.gpc(2) gt 3\n'), / key=k .* gpt1=5 gpc0=0 gpc1=0 gpc2=4 /);
    const client = await dial(ports.traffic);
    client.socket.write('x');
    await eventually('it came back', () => client.bytes === 1);
    const denied = '\n# table: st, type: ip, size:100, used:1\n# contents not dumped due to insufficient privileges\n\n';
    assert.is(await ask('user;show table st\n'), denied, 'HAProxy: on a socket of that level');
    assert.is(await ask('user;show table st data.gpc0 ge 0\n'), denied);
    assert.is(await ask('clear table st key 127.0.0.1\n'), '[3]: Entry currently in use, cannot remove\n\n');
    assert.match(await ask('clear table st;show table st\n'), /key=127\.0\.0\.1 use=1 /);
    client.socket.end();
    await eventually('it can be cleared', async () => /used:0$/m.test(await ask('clear table st;show table st\n')));
  }).finally(closeAll));

test('a table of a hundred thousand entries is filled, shown and cleared', () =>
  withProcesses(async () => {
    const server = await serve(echo);
    const { ask } = await manage({ name: 'turbo-lb', engine: 'epoll', workers: 1 }, CONFIG, { server: server.port });
    const keys = 100_000;
    await ask(`prompt i\n${Array.from({ length: keys }, (_, key) => `set table large key ${key}\n`).join('')}`);
    const lines = (await ask('show table large\n')).trimEnd().split('\n');
    assert.is(lines[0], `# table: large, type: integer, size:102400, used:${keys}`);
    assert.is(new Set(lines.slice(1).map((line) => /key=(\d+)/.exec(line)?.[1])).size, keys);
    assert.match(await ask('clear table large;show table large\n'), /used:0\n\n$/);
  }).finally(closeAll));

test.run();
