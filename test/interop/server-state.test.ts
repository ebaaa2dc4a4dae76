/**
 * States and addresses of servers beside HAProxy: `set server addr` and its like, `show servers state`
 * byte for byte, and files of states that one of them wrote and the other one begins with.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { eventually, freePort, scratchFolder, withProcesses } from '../harness.js';
import { closeAll, serve } from './support/peers.js';
import { type Managed, manage, sameAnswer, sideBySide } from './support/runtime.js';
import type { Contender } from './support/twins.js';

const HEAD = `
global
  stats socket {socket} level admin
`;
const PROXIES = `
resolvers dns
  nameserver none 127.0.0.1:{nodns}
  timeout retry 1h
defaults
  mode tcp
  timeout connect 5s
  timeout client 30s
  timeout server 30s
listen l
  id 77
  bind 127.0.0.1:{traffic}
  server a 127.0.0.1:1001
  server mapped 127.0.0.1:+7
  server checked 127.0.0.1:{silent} check inter 1h
  server port 127.0.0.1:{silent} port {silent} addr 127.0.0.2
  server off 127.0.0.1:1004 disabled weight 12
  server unix unix@/nowhere/socket
  server six [::1]:1006 id 99 weight 30
  server named localhost:1007 weight 30
  server lost lost.invalid:1008 init-addr last,none
  server dns dns.invalid:1009 init-addr last,none resolvers dns
backend agents
  server a 127.0.0.1:1 agent-check agent-port {silent} agent-addr 127.0.0.9 agent-inter 1h
backend s
  server-template s 2 _http._tcp.invalid resolvers dns
`;
const SHARED = async () => ({ silent: await freePort(), nodns: await freePort() });

const COMMANDS: readonly string[] = [
  ...['l/a addr', 'l/a addr 127.0.0.2', 'l/a addr 127.0.0.2', 'l/a addr 127.0.0.3 port 1010', 'l/a addr 127.0.0.3 port 1010'],
  ...['l/a addr 127.0.0.3 port +1', 'l/a addr 127.0.0.3 port -5', 'l/a addr 1.2.3.4 port', 'l/a addr 1.2.3.4 foo 5'],
  ...['l/a addr 1.2.3.4 port x5', 'l/a addr ::1 port 0', 'l/a addr foo', 'l/a addr unix@/tmp/x', 'l/a addr 0.0.0.0'],
  ...['l/mapped addr 127.0.0.1 port +7', 'l/mapped addr 127.0.0.1 port +8', 'l/mapped addr ::1 port 80'],
  ...['l/port addr 127.0.0.1 port +4', 'l/port addr 127.0.0.1 port +4', 'l/unix addr 127.0.0.5', 'l/unix addr 127.0.0.5 port 80'],
  ...['l/six addr 127.0.0.1 port 1005', 'x/y addr 1.2.3.4', 'l/y addr 1.2.3.4'],
  ...['l/a fqdn', 'l/a fqdn foo.invalid', 'l/named fqdn foo.invalid', 'l/dns fqdn other.invalid', 'l/dns fqdn other.invalid'],
  ...['l/dns fqdn a!b', 's/s1 fqdn foo.invalid'],
  ...['agents/a agent-addr', 'agents/a agent-addr 127.0.0.8', 'agents/a agent-addr foo.invalid', 'agents/a agent-port 1097'],
  ...[
    'agents/a agent-addr 1.2.3.4 port x',
    'agents/a agent-addr 127.0.0.7 port 1096',
    'agents/a agent-port',
    'agents/a agent-port x',
  ],
  ...['agents/a agent-port 70000', 'agents/a agent-send', 'agents/a agent-send hello', 'l/a agent-send', 'l/a agent-port 1'],
  ...['l/a agent-addr 1.2.3.4', 'l/a agent-addr'],
  ...['l/a check-addr', 'l/a check-addr 1.2.3.4', 'l/a check-port', 'l/a check-port 88', 'l/checked check-addr foo'],
  ...['l/checked check-addr 127.0.0.7', 'l/checked check-addr 127.0.0.8 port x', 'l/checked check-addr 127.0.0.8 port 99999'],
  ...[
    'l/checked check-addr 127.0.0.8 port 99',
    'l/checked check-port foo',
    'l/checked check-port 99999',
    'l/checked check-port 98',
  ],
];

/**
 * Times since the last change are each one's own. HAProxy 2.6 does not set the bit of which its manual says
 * that a name was set on the socket.
 */
function comparable(answer: string): string {
  return answer.replace(/^(\d+ \S+ \d+ \S+ \S+ \d+ \d+ \d+ \d+ )\d+ /gm, '$1TIME ').replace(/( dns - 0 )96 /g, '$132 ');
}

async function checked(balancer: Managed): Promise<void> {
  await eventually('a server is checked', async () => / checked \S+ 0 /.test(await balancer.ask('show servers state\n')));
}

test('the same words about addresses, the same answers and states', () =>
  withProcesses(async () => {
    const both = await sideBySide(HEAD + PROXIES, await SHARED());
    for (const one of both) await checked(one);
    await sameAnswer(both, 'show servers state\n', comparable);
    for (const command of COMMANDS) await sameAnswer(both, `set server ${command}\n`, comparable);
    await sameAnswer(both, 'show servers state\n', comparable);
    for (const state of ['l/a state maint', 'l/named state drain', 'l/six weight 9'])
      await sameAnswer(both, `set server ${state}\n`, comparable);
    for (const what of ['', ' l', ' #77', ' s', ' nope']) await sameAnswer(both, `show servers state${what}\n`, comparable);
    await sameAnswer(both, 'show resolvers nope\n');
  }));

/** What a server says to a check, by the path of its request. */
const SAYS: Readonly<Record<string, string>> = {
  '/well': 'HTTP/1.0 200 OK\r\n\r\n',
  '/gone': 'HTTP/1.0 404 Not Found\r\n\r\n',
  '/ill': 'HTTP/1.0 500 Ill\r\n\r\n',
  '/rubbish': 'rubbish\r\n\r\n',
};
const CHECKS: readonly string[] = [
  ...[...Object.keys(SAYS), '/silence'].map((path) => `option httpchk GET ${path}\n  server s 127.0.0.1:{web} check`),
  'server s 127.0.0.1:{web} check',
  'server s 127.0.0.1:{web} check check-ssl verify none',
  'server s 127.0.0.1:1 check',
];
const RESULTS = `
global
  stats socket {socket} level admin
defaults
  mode tcp
  timeout connect 1s
  timeout check 1s
  timeout client 30s
  timeout server 30s
  http-check disable-on-404
  default-server inter 2s rise 1 fall 1
listen l
  bind 127.0.0.1:{traffic}
${CHECKS.map((lines, i) => `backend b${i}\n  ${lines}\n`).join('')}`;

/** `srv_check_status`; the numbers behind it depend on whether a check is under way. */
test('results of checks have the same numbers', () =>
  withProcesses(async () => {
    const web = await serve((peer) =>
      peer.socket.on('data', () => {
        const answer = SAYS[/^GET (\S+) /.exec(peer.heard)?.[1] ?? ''];
        if (answer !== undefined) peer.socket.end(answer);
        else if (!peer.heard.startsWith('GET /silence')) peer.socket.end('?');
      }),
    );
    const both = await sideBySide(RESULTS, { web: web.port });
    const rows = async (one: Managed): Promise<string[]> => {
      const states = (await one.ask('show servers state\n')).split('\n').filter((row) => / b\d /.test(row));
      return states.map((row) => row.split(' ')[10]);
    };
    const settled = (one: Managed) =>
      eventually('all have a result', async () => {
        const all = await rows(one);
        return all.length === CHECKS.length && all.every((status) => Number(status) > 3) && all;
      });
    assert.equal(await settled(both[1]), await settled(both[0]));
  }).finally(closeAll));

const WAYS: readonly (readonly [Contender, Contender])[] = [
  [{ name: 'haproxy' }, { name: 'turbo-lb', engine: 'epoll', workers: 1 }],
  [{ name: 'turbo-lb', engine: 'uring', workers: 2 }, { name: 'haproxy' }],
  [
    { name: 'turbo-lb', engine: 'epoll', workers: 1 },
    { name: 'turbo-lb', engine: 'epoll', workers: 1 },
  ],
];

/** What a state that was saved is still after a restart; seconds have gone by, and a check may have been done, or be under way. */
function lasting(state: string): string {
  return comparable(state)
    .replace(/( TIME )\d+ \d+ \d+ /g, '$1CHECK ')
    .replaceAll(' CHECK 7 ', ' CHECK 6 ');
}

for (const [before, after] of WAYS) {
  test(`what ${before.name} has saved, ${after.name} begins with`, () =>
    withProcesses(async () => {
      const ports = await SHARED();
      const file = join(scratchFolder(), 'states');
      const former = await manage(before, HEAD + PROXIES, ports);
      await checked(former);
      const orders = ['l/off state ready', 'l/a state maint', 'l/named state drain', 'l/six weight 9', 'l/named addr 127.0.0.44'];
      for (const order of [
        ...orders,
        'l/six addr ::1 port 1099',
        'l/checked check-port 1098',
        'l/checked health down',
        'agents/a agent-addr 127.0.0.8 port 1097',
      ])
        await former.ask(`set server ${order}\n`);
      const saved = await former.ask('show servers state\n');
      await former.process.stop();
      writeFileSync(file, saved.trimEnd().concat('\n'));
      const load = `  server-state-file ${file}\n`;
      const config = `${HEAD}${load}${PROXIES.replace('mode tcp', 'mode tcp\n  load-server-state-from-file global')}`;
      const next = await manage(after, config, ports);
      assert.is(lasting(await next.ask('show servers state\n')), lasting(saved.trimEnd().concat('\n\n')));
    }));
}

test.run();
