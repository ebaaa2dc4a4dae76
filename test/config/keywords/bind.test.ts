/** `bind`: addresses in all their forms, options, and what is wrong with them. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { BindConfig } from '../../../src/config/config.js';
import { read, said } from '../support/reading.js';

function binds(line: string, environment: Record<string, string> = {}): readonly BindConfig[] {
  const { config, findings } = read(`frontend f\n bind ${line}`, environment);
  assert.equal(said(findings), [], line);
  return config.proxies[0].binds;
}

const addresses = (line: string, environment?: Record<string, string>) => binds(line, environment).map(({ address }) => address);

const ports = (first: number, last = first) => ({ first, last });

test('the forms of an address', () => {
  const any = { kind: 'ip', family: 'ipv4', host: '0.0.0.0', ports: ports(80) };
  assert.equal(addresses(':80'), [any]);
  assert.equal(addresses('*:80'), [any]);
  assert.equal(addresses('10.0.0.1:80-89'), [{ kind: 'ip', family: 'ipv4', host: '10.0.0.1', ports: ports(80, 89) }]);
  assert.equal(addresses('[::1]:80'), [{ kind: 'ip', family: 'ipv6', host: '::1', ports: ports(80) }]);
  assert.equal(addresses(':::80'), [{ kind: 'ip', family: 'ipv6', host: '::', ports: ports(80) }]);
  assert.equal(addresses('ipv6@:80'), [{ kind: 'ip', family: 'ipv6', host: '::', ports: ports(80) }]);
  assert.equal(addresses('/run/s'), [{ kind: 'unix', path: '/run/s', abstract: false }]);
  assert.equal(addresses('unix@/run/s'), [{ kind: 'unix', path: '/run/s', abstract: false }]);
  assert.equal(addresses('abns@name'), [{ kind: 'unix', path: 'name', abstract: true }]);
  assert.equal(addresses('fd@7'), [{ kind: 'fd', fd: 7 }]);
});

/** `${NAME}` as files hold it. */
const variable = (name: string) => `$\{${name}}`;

test('variables of the environment, quoted or not', () => {
  assert.equal(addresses(`fd@${variable('FD')}`, { FD: '9' }), [{ kind: 'fd', fd: 9 }]);
  assert.equal(addresses(`"fd@${variable('FD')}"`, { FD: '9' }), [{ kind: 'fd', fd: 9 }]);
  assert.is((addresses(`${variable('HOST')}:80`, { HOST: '10.0.0.9' })[0] as { host: string }).host, '10.0.0.9');
});

test('several addresses share one line and its options; a comma at the end is overlooked', () => {
  const list = binds(':80,[::]:81,/run/s, name web maxconn 3');
  assert.is(list.length, 3);
  assert.equal(
    list.map(({ name, settings, text }) => [name, settings.maxconn, text]),
    [
      ['web', 3, ':80'],
      ['web', 3, '[::]:81'],
      ['web', 3, '/run/s'],
    ],
  );
});

test('every option reaches its setting', () => {
  const line =
    ':80 id 4 backlog 10 maxconn 20 mode 640 user u group g interface lo accept-proxy defer-accept tcp-ut 3s mss 1400 nice 5 v6only tfo';
  const [{ id, settings }] = binds(line);
  assert.is(id, 4);
  assert.equal(settings, {
    backlog: 10,
    maxconn: 20,
    mode: 0o640,
    user: 'u',
    group: 'g',
    interface: 'lo',
    acceptProxy: true,
    deferAccept: true,
    tcpUserTimeoutMs: 3000,
    mss: 1400,
    nice: 5,
    v4v6: false,
    v6only: true,
    transparent: false,
    tfo: true,
  });
  assert.equal(
    [binds('/run/s uid 7 gid 8')[0].settings].map(({ user, group }) => [user, group]),
    [['7', '8']],
  );
  assert.is(binds('[::]:80 v6only v4v6')[0].settings.v6only, false);
});

test('options without effect are accepted', () => {
  assert.is(binds(':80 thread 1/all shards by-thread level admin severity-output none expose-fd listeners').length, 1);
});

const about = (line: string) => `'bind ${line.split(' ')[0]}' in section 'frontend'`;

for (const [line, fault] of [
  [':80 backlog x', ": 'backlog' : expects an integer argument, found 'x'"],
  [':80 maxconn 99999999999', ": 'maxconn' : expects an integer argument, found '99999999999'"],
  [':80 ssl crt /a.pem', ": 'ssl' : cannot be used: TLS is not supported."],
  [':80 transparent', ": 'transparent' : cannot be used: it is not supported."],
  [':80-82 id 3', ": 'id' can only be used with a single socket"],
  [':80,:81 id 3', ": 'id' can only be used with a single socket"],
] as const) {
  test(`'bind ${line}' is refused`, () => {
    assert.equal(said(read(`frontend f\n bind ${line}`).findings), [`alert [2] : ${about(line)} ${fault}`]);
  });
}

test('an unknown option names the nearest one, at its place', () => {
  const { findings } = read('frontend f\n bind :80 acept-proxy');
  const [{ text, hint, place }] = findings.list;
  assert.match(text, /unknown keyword 'acept-proxy'; did you mean 'accept-proxy' maybe \?$/);
  assert.is(hint, 'accept-proxy');
  assert.is(place?.column, 11);
});

test.run();
