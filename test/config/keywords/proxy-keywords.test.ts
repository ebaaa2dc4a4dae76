/** Keywords of proxies but for `bind` and servers: what each leaves in the configuration. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type ProxyConfig, TIMEOUTS } from '../../../src/config/config.js';
import { read, said } from '../support/reading.js';

function listen(...lines: string[]): ProxyConfig {
  const { config, findings } = read(['listen l', ...lines].join('\n'));
  assert.equal(said(findings), [], lines.join('\n'));
  return config.proxies[0];
}

const refusals = (line: string) => said(read(`listen l\n ${line}`).findings);

test('limits and numbers', () => {
  const proxy = listen(
    'maxconn 1',
    'backlog 2',
    'fullconn 3',
    'retries 4',
    'rate-limit sessions 5',
    'id 6',
    'description a "b  c"',
  );
  const { maxconn, backlog, fullconn, retries, sessionRateLimit, id, description } = proxy;
  const settings = [maxconn, backlog, fullconn, retries, sessionRateLimit, id, description];
  assert.equal(
    settings.map((setting) => setting?.value),
    [1, 2, 3, 4, 5, 6, 'a b  c'],
  );
});

test('every timeout of proxies, each to itself', () => {
  const names = TIMEOUTS;
  const { timeouts } = listen(...names.map((name, i) => `timeout ${name} ${i + 1}s`));
  assert.equal(
    names.map((name) => timeouts.get(name)?.value),
    names.map((_, i) => (i + 1) * 1000),
  );
});

test('a timeout that is said twice is warned of, one of defaults is replaced', () => {
  const twice = read('listen l\n timeout client 1s\n timeout client 2s');
  assert.equal(said(twice.findings), ["warning [3] : overwriting 'timeout client' which was already specified"]);
  assert.is(twice.config.proxies[0].timeouts.get('client')?.value, 2000);
  assert.is(read('defaults\n timeout client 1s\nlisten l\n timeout client 2s').findings.list.length, 0);
});

test('a timeout without a unit that is too small for milliseconds is warned of', () => {
  assert.equal(refusals('timeout client 50'), [
    "warning [2] : 'timeout client 50' in proxy 'l' is suspiciously small for a value in milliseconds. Please use an explicit unit " +
      "('50ms') if that was the intent; did you mean '50s' maybe ?",
  ]);
  assert.equal(refusals('timeout client 5000'), []);
});

test('options are on, off, or as the defaults of the program again', () => {
  const { options, redispatch } = listen('option dontlognull', 'no option splice-auto', 'option redispatch 2');
  assert.is(options.get('dontlognull')?.value, true);
  assert.is(options.get('splice-auto')?.value, false);
  assert.is(redispatch?.value, 2);
  assert.is(listen('option redispatch').redispatch?.value, -1);
  assert.is(listen('option redispatch', 'no option redispatch').redispatch?.value, 0);
  assert.is(listen('option dontlognull', 'default option dontlognull').options.has('dontlognull'), false);
});

test('the last of log-format and its options holds', () => {
  const both = listen('log-format %ci', 'option tcplog');
  assert.is(both.logFormat, undefined);
  assert.ok(both.options.has('tcplog'));
  assert.equal([...listen('option tcplog', 'option httplog').options.keys()], ['httplog']);
});

test('balancing', () => {
  const of = (...lines: string[]) => listen(...lines).balance?.value;
  assert.equal(of('balance leastconn'), { algorithm: 'leastconn', draws: 2, expression: null });
  assert.equal(of('balance'), { algorithm: 'roundrobin', draws: 2, expression: null });
  assert.is(of('balance random(5)')?.draws, 5);
  assert.is(of('balance hash src,ipmask(24)')?.expression?.converters[0].name, 'ipmask');
  const rdp = of('balance rdp-cookie(user)');
  assert.is(rdp?.algorithm, 'hash');
  assert.is(rdp?.expression?.fetch, 'req.rdp_cookie');
  assert.is(rdp?.expression?.arguments[0]?.value, 'user');
  assert.equal(listen('hash-type consistent wt6 avalanche').hashType?.value, {
    method: 'consistent',
    function: 'wt6',
    avalanche: true,
  });
  assert.equal(listen('hash-type consistent').hashType?.value, { method: 'consistent', function: null, avalanche: false });
  assert.is(listen('hash-balance-factor 150').hashBalanceFactor?.value, 150);
});

test('an algorithm of mode http becomes roundrobin, until another balance is said', () => {
  const http = listen('balance uri depth 3 whole');
  assert.is(http.balance?.value.algorithm, 'roundrobin');
  assert.equal(
    http.httpOnly.map(({ keyword }) => keyword),
    ['balance'],
  );
  assert.equal(listen('balance url_param user', 'balance source').httpOnly, []);
});

test('keep-alive, in seconds where there is no unit', () => {
  const proxy = listen('clitcpka-idle 10', 'clitcpka-cnt 3', 'srvtcpka-intvl 500ms');
  assert.equal(proxy.clientKeepAlive, { idleMs: 10_000, intervalMs: 0, count: 3 });
  assert.equal(proxy.serverKeepAlive, { idleMs: 0, intervalMs: 500, count: 0 });
});

test('a proxy does not change the keep-alive of its defaults', () => {
  const { config } = read('defaults\n clitcpka-cnt 3\nlisten a\n clitcpka-idle 10\nlisten b');
  assert.equal(
    config.proxies.map(({ clientKeepAlive }) => clientKeepAlive?.idleMs),
    [10_000, 0],
  );
});

test('targets of logs add up, and no log forgets them', () => {
  const global = 'global\n log 127.0.0.1:1 local0\n';
  const logs = (...lines: string[]) => read(`${global}listen l\n${lines.join('\n')}`).config.proxies[0].logs;
  assert.is(logs('log global'), 'global');
  const texts = (list: ReturnType<typeof logs>) => (Array.isArray(list) ? list.map(({ text }) => text) : list);
  assert.equal(texts(logs('log global', 'log 127.0.0.1:2 local1')), ['127.0.0.1:1', '127.0.0.1:2']);
  assert.equal(texts(logs('log 127.0.0.1:2 local1', 'log global', 'log global')), ['127.0.0.1:2', '127.0.0.1:1']);
  assert.equal(logs('log global', 'no log'), []);
  assert.is(logs(), undefined);
});

test('source', () => {
  const value = listen('source 10.0.0.1 interface eth0').source?.value;
  assert.is(value?.interface, 'eth0');
  assert.is(value?.address.kind === 'ip' && value.address.host, '10.0.0.1');
});

for (const [line, fault] of [
  ['maxconn x', "'maxconn' expects an integer argument. Got 'x'."],
  ['retries -1', "'retries' : -1 is not within 0..2147483647."],
  ['id 99999999999', 'custom id has to be > 0.'],
  ['clitcpka-cnt 999', "'clitcpka-cnt' : 999 is not within 0..127"],
  ['balance random(5000)', 'balance random : number of draws must be at least 1 and at most 1000.'],
  ['hash-balance-factor 150 x', "'hash-balance-factor' cannot handle unexpected argument 'x'."],
  ['option redispatch x', "'option redispatch' expects an integer argument. Got 'x'."],
  ['option transparent', "'option transparent' is not supported."],
  ['dispatch :80', "'dispatch' is not supported, use 'server' with an address."],
  ['source /run/s', "'source /run/s' : a UNIX socket cannot be a source"],
  ['source :0 usesrc clientip', "'usesrc clientip' is not supported."],
  ['filter trace', "'filter' is not supported."],
] as const) {
  test(`'${line}' is refused`, () => {
    const space = line.startsWith('id ') ? '' : ' ';
    assert.equal(refusals(line), [`alert [2]${space}: ${fault}`]);
  });
}

test('an unknown timeout is told which there are', () => {
  assert.equal(refusals('timeout foo 1s'), [
    "alert [2] : 'timeout' supports 'client', 'server', 'connect', 'check', 'queue', 'http-keep-alive', 'http-request', 'tunnel', " +
      "'tarpit', 'client-fin' and 'server-fin' (got 'foo')",
  ]);
});

test('captures are declared in their order', () => {
  const { captures } = listen(
    'declare capture request len 10',
    'declare capture response len 7',
    'declare capture request len 20',
  );
  assert.equal(captures, { request: [10, 20], response: [7] });
  assert.equal(refusals('declare capture request len 16385'), ['alert [2] : length must be at most 16384']);
});

test('hash functions of newer versions are known', () => {
  assert.is(listen('hash-type map-based none').hashType?.value.function, 'none');
});

test('http rules are not for defaults without a name', () => {
  assert.equal(said(read('defaults\n http-request deny').findings), [
    "alert [2] : 'http-request' not allowed in anonymous 'defaults' section.",
  ]);
  assert.equal(said(read('defaults d\n http-request deny').findings), []);
});

test.run();
