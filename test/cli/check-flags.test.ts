/** What flags come to, and what is said about wrong ones. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkFlags } from '../../src/cli/check-flags.js';
import { type Complaint, complain } from '../../src/cli/complaint.js';
import type { RawFlags } from '../../src/cli/flags.js';
import type { QuickFlags } from '../../src/plan/quick.js';
import { raw } from './raw.js';

async function accepted(flags: RawFlags): Promise<QuickFlags> {
  const result = await checkFlags(flags);
  if (!result.ok) throw new Error(JSON.stringify(result.complaints));
  return result.flags;
}

async function refused(flags: RawFlags): Promise<readonly Complaint[]> {
  const result = await checkFlags(flags);
  if (result.ok) throw new Error(`accepted: ${JSON.stringify(result.flags)}`);
  return result.complaints;
}

test('addresses, names and weights of servers', async () => {
  const { servers } = await accepted(
    raw({ server: ['127.0.0.1:9001', '[::1]:9002,weight=2', '/run/app.sock,name=app,weight=0'] }),
  );
  assert.equal(servers, [
    { name: 'srv1', address: { family: 'ipv4', host: '127.0.0.1', port: 9001 }, weight: 1 },
    { name: 'srv2', address: { family: 'ipv6', host: '::1', port: 9002 }, weight: 2 },
    { name: 'app', address: { family: 'unix', path: '/run/app.sock', abstract: false }, weight: 0 },
  ]);
});

test('binds know how they were written, and lists and ranges become several', async () => {
  const { binds } = await accepted(raw({ bind: [':80', '127.0.0.1:8080-8081,/run/lb.sock'] }));
  const origin = '--bind 127.0.0.1:8080-8081,/run/lb.sock';
  assert.equal(binds, [
    { address: { family: 'ipv4', host: '0.0.0.0', port: 80 }, origin: '--bind :80' },
    { address: { family: 'ipv4', host: '127.0.0.1', port: 8080 }, origin },
    { address: { family: 'ipv4', host: '127.0.0.1', port: 8081 }, origin },
    { address: { family: 'unix', path: '/run/lb.sock', abstract: false }, origin },
  ]);
});

test('every other flag', async () => {
  const flags = await accepted(
    raw(
      {
        ...{ balance: 'leastconn', maxconn: '500', retries: '0', workers: '3', 'io-engine': 'epoll', backlog: '99' },
        ...{ 'timeout-connect': '1s', 'timeout-client': '2m', 'timeout-server': '3', 'timeout-tunnel': '1h' },
        ...{ 'timeout-client-fin': '4s', 'timeout-server-fin': '5s' },
      },
      { redispatch: true, pin: false },
    ),
  );
  const { binds, servers, ...rest } = flags;
  assert.is(binds.length + servers.length, 2);
  assert.equal(rest, {
    ...{ balance: 'leastconn', maxconn: 500, retries: 0, workers: 3, ioEngine: 'epoll', backlog: 99 },
    ...{ redispatch: true, pin: false },
    timeouts: { connectMs: 1000, clientMs: 120_000, serverMs: 3, clientFinMs: 4000, serverFinMs: 5000, tunnelMs: 3_600_000 },
  });
});

const WRONG: readonly [values: Parameters<typeof raw>[0], about: string, message: RegExp][] = [
  [{ bind: '127.0.0.1:99999' }, '--bind 127.0.0.1:99999', /^port 99999 is not within 1\.\.65535$/],
  [{ bind: '127.0.0.1' }, '--bind 127.0.0.1', /^the port is missing$/],
  [{ bind: ':80,' }, '--bind :80,', /^an address is missing$/],
  [{ server: '127.0.0.1' }, '--server 127.0.0.1', /^the port is missing$/],
  [{ server: ':80' }, '--server :80', /^the host is missing/],
  [{ server: '*:80' }, '--server *:80', /^the host is missing/],
  [{ server: '127.0.0.1:80-81' }, '--server 127.0.0.1:80-81', /^a server has one port/],
  [{ server: '127.0.0.1:80,wieght=2' }, '--server 127.0.0.1:80,wieght=2', /^unknown option 'wieght'.*did you mean 'weight'/],
  [{ server: '127.0.0.1:80,weight=257' }, '--server 127.0.0.1:80,weight=257', /^weight 257: not within 0\.\.256$/],
  [
    { balance: 'leastcon' },
    '--balance leastcon',
    /^unknown algorithm, known are roundrobin, leastconn, source; did you mean 'leastconn'/,
  ],
  [{ 'io-engine': 'kqueue' }, '--io-engine kqueue', /^unknown engine, known are auto, uring, epoll$/],
  [{ workers: '0' }, '--workers 0', /^not within 1\.\.1024, and not auto$/],
  [{ workers: 'many' }, '--workers many', /^not a whole number, and not auto$/],
  [{ maxconn: '0' }, '--maxconn 0', /^not within 1\.\./],
  [{ maxconn: '1k' }, '--maxconn 1k', /^not a whole number$/],
  [{ retries: '-1' }, '--retries -1', /^not within 0\.\./],
  [{ backlog: '0' }, '--backlog 0', /^not within 1\.\./],
  [{ 'timeout-client': '5x' }, '--timeout-client 5x', /^unexpected 'x'/],
  [{ 'timeout-tunnel': '25d' }, '--timeout-tunnel 25d', /^timer overflow/],
  [{ maxconn: ['5', '6'] }, '--maxconn 6', /^given more than once, before as 5$/],
];

for (const [values, about, message] of WRONG) {
  test(`${about} is refused, naming the flag and the value`, async () => {
    const complaints = await refused(raw(values));
    assert.is(complaints.length, 1);
    assert.is(complaints[0].about, about);
    assert.match(complaints[0].message, message);
  });
}

test('two servers of the same name are refused, given or not', async () => {
  for (const server of [
    ['127.0.0.1:1,name=a', '127.0.0.1:2,name=a'],
    ['127.0.0.1:1,name=srv2', '127.0.0.1:2'],
  ]) {
    const [{ message }] = await refused(raw({ server }));
    assert.match(message, /^another server is named '(a|srv2)' already$/);
  }
});

test('what is missing comes with an example', async () => {
  const complaints = await refused({ values: {}, redispatch: false, pin: true });
  assert.equal(
    complaints.map(({ message }) => message),
    [
      'nowhere to listen: add --bind, for example --bind :8080',
      'no server to send connections to: add --server, for example --server 127.0.0.1:9001',
    ],
  );
});

test('all mistakes are shown at once, one line each', async () => {
  const complaints = await refused(raw({ bind: ':0', server: '1.2.3', balance: 'x', maxconn: 'y', 'timeout-client': 'z' }));
  assert.is(complaints.length, 5);
  const lines: string[] = [];
  const code = complain(complaints, { out: (text) => lines.push(`out: ${text}`), err: (text) => lines.push(text) });
  assert.is(code, 1);
  assert.is(lines[0], 'turbo-lb: --bind :0: port 0 is not within 1..65535\n');
  for (const line of lines) assert.match(line, /^turbo-lb: --[^\n]+\n$/);
});

test('a host that nobody knows is named', async () => {
  const lookup = () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
  const result = await checkFlags(raw({ server: 'nowhere.invalid:80' }), lookup);
  assert.equal(result, {
    ok: false,
    complaints: [{ about: '--server nowhere.invalid:80', message: "unknown host 'nowhere.invalid'" }],
  });
});

test.run();
