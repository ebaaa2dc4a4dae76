/** `server`, `server-template`, `default-server`. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ProxyConfig, ServerConfig } from '../../../src/config/config.js';
import { serversOf } from '../../../src/config/servers.js';
import { read, said } from '../support/reading.js';

function backend(...lines: string[]): ProxyConfig {
  const { config, findings } = read(['backend b', ...lines].join('\n'));
  assert.equal(said(findings), []);
  return config.proxies[0];
}

const server = (options: string): ServerConfig => backend(` server s 10.0.0.1:80 ${options}`).servers[0];
const refusals = (line: string) => read(`backend b\n ${line}`).findings.list.map(({ text }) => text);

test('where a server is', () => {
  const at = (address: string) => backend(` server s ${address}`).servers[0].address;
  const ip = (ports: object | null) => ({ kind: 'ip', family: 'ipv4', host: '10.0.0.1', ports });
  assert.equal(at('10.0.0.1:80'), { syntax: ip({ first: 80, last: 80 }), portOffset: null, text: '10.0.0.1:80' });
  assert.equal(at('10.0.0.1'), { syntax: ip(null), portOffset: null, text: '10.0.0.1' });
  assert.equal(at('10.0.0.1:0').syntax, ip(null));
  assert.equal(at('10.0.0.1:+1'), { syntax: ip(null), portOffset: 1, text: '10.0.0.1:+1' });
  assert.equal(at('10.0.0.1:-8'), { syntax: ip(null), portOffset: -8, text: '10.0.0.1:-8' });
  assert.is(at('unix@/run/s').syntax.kind, 'unix');
  assert.equal(at('web.test:80').syntax, { kind: 'name', family: 'any', host: 'web.test', ports: { first: 80, last: 80 } });
});

test('every option that is not about checks reaches its setting', () => {
  const { settings } = server(
    'id 7 weight 5 backup disabled maxconn 10 minconn 2 maxqueue 3 slowstart 4s send-proxy-v2 proxy-v2-options crc32c,authority ' +
      'source 10.0.0.2:1000-1010 interface lo tcp-ut 5s tfo cookie c non-stick init-addr last,libc,none track x/y ' +
      'resolvers dns resolve-prefer ipv4 resolve-net 10.0.0.0/8 resolve-opts allow-dup-ip,ignore-weight ' +
      'verify none verifyhost a.test ca-file @system-ca',
  );
  const { check: _check, track, source, resolvers, caFile, ...rest } = settings;
  assert.equal(rest, {
    id: 7,
    weight: 5,
    backup: true,
    disabled: true,
    maxconn: 10,
    minconn: 2,
    maxqueue: 3,
    slowstartMs: 4000,
    sendProxy: 2,
    proxyV2Options: ['crc32c', 'authority'],
    tcpUserTimeoutMs: 5000,
    tfo: true,
    cookie: 'c',
    nonStick: true,
    initAddr: ['last', 'libc', 'none'],
    resolvePrefer: 'ipv4',
    resolveNets: ['10.0.0.0/8'],
    allowDuplicateIp: true,
    ignoreWeight: true,
    verify: 'none',
    verifyHost: 'a.test',
  });
  assert.is(caFile?.name, '@system-ca');
  assert.is(track?.name, 'x/y');
  assert.is(resolvers?.name, 'dns');
  assert.is(source?.interface, 'lo');
});

test('every option about checks reaches its setting', () => {
  const { check } = server(
    'check inter 3s fastinter 1s downinter 9s rise 4 fall 5 port 81 addr 10.0.0.9 check-send-proxy check-ssl check-sni a.test check-alpn h2,http/1.1 observe layer4 error-limit 6 ' +
      'on-error mark-down on-marked-down shutdown-sessions on-marked-up shutdown-backup-sessions ' +
      'agent-check agent-port 99 agent-inter 7s agent-addr 10.0.0.8 agent-send hello',
  ).settings;
  const { address, agent, ...rest } = check;
  assert.equal(rest, {
    enabled: true,
    interMs: 3000,
    fastinterMs: 1000,
    downinterMs: 9000,
    rise: 4,
    fall: 5,
    port: 81,
    sendProxy: true,
    ssl: true,
    sni: 'a.test',
    alpn: ['h2', 'http/1.1'],
    observe: 'layer4',
    errorLimit: 6,
    onError: 'mark-down',
    onMarkedDown: 'shutdown-sessions',
    onMarkedUp: 'shutdown-backup-sessions',
  });
  assert.is(address?.kind === 'ip' && address.host, '10.0.0.9');
  const { address: agentAddress, ...told } = agent ?? { address: null };
  assert.equal(told, { enabled: true, port: 99, interMs: 7000, send: 'hello' });
  assert.is(agentAddress?.kind === 'ip' && agentAddress.host, '10.0.0.8');
});

test('no-x takes x back', () => {
  const { settings } = server('check no-check backup no-backup tfo no-tfo send-proxy no-send-proxy agent-check no-agent-check');
  assert.is(settings.check.enabled, false);
  assert.is(settings.backup, false);
  assert.is(settings.tfo, false);
  assert.is(settings.sendProxy, 0);
  assert.is(settings.check.agent?.enabled, false);
  assert.is(server('send-proxy-v2 no-send-proxy').settings.sendProxy, 2, 'of another version');
  assert.is(server('disabled enabled').settings.disabled, false);
});

test('default-server holds for the servers after it, line after line', () => {
  const { servers } = backend(
    ' server a :80',
    ' default-server check inter 3s',
    ' server b :80 fall 9',
    ' default-server weight 7 maxconn 4',
    ' server c :80 no-check weight 8',
  );
  const of = ({ settings }: ServerConfig) => [
    settings.check.enabled,
    settings.check.interMs,
    settings.check.fall,
    settings.weight,
    settings.maxconn,
  ];
  assert.equal(servers.map(of), [
    [false, 2000, 3, 1, 0],
    [true, 3000, 9, 1, 0],
    [false, 3000, 3, 8, 4],
  ]);
});

test('default-server of defaults holds for the proxies after it, and stays as it was there', () => {
  const text = 'defaults\n default-server weight 9\nbackend a\n default-server weight 3\n server s :80\nbackend b\n server s :80';
  const { config } = read(text);
  assert.equal(
    config.proxies.map(({ servers }) => servers[0].settings.weight),
    [3, 9],
  );
});

test('templates stand in the order of their lines, and only the first of one has its id', () => {
  const proxy = backend(
    ' server a :80',
    ' server-template t 2-3 10.0.0.1:80 id 9 weight 4',
    ' server z :80',
    ' server-template u 2 :81',
  );
  assert.equal(
    serversOf(proxy).map(({ name, settings }) => [name, settings.id, settings.weight]),
    [
      ['a', null, 1],
      ['t2', 9, 4],
      ['t3', null, 4],
      ['z', null, 1],
      ['u1', null, 1],
      ['u2', null, 1],
    ],
  );
});

test('a number without a unit that is too small for milliseconds is warned of', () => {
  const { findings, config } = read('backend b\n server s :80 check inter 4');
  assert.equal(
    findings.list.map(({ severity, text, hint }) => [severity, text, hint]),
    [
      [
        'warning',
        "config : [f.cfg:2] : 'server b/s' : 'inter 4' in server 's' is suspiciously small for a value in milliseconds. " +
          "Please use an explicit unit ('4ms') if that was the intent; did you mean '4s' maybe ?",
        '4s',
      ],
    ],
  );
  assert.is(config.proxies[0].servers[0].settings.check.interMs, 4);
  assert.is(read('backend b\n server s :80 check inter 4ms fastinter 100').findings.list.length, 0);
});

const ABOUT = "config : [f.cfg:2] : 'server b/s' : ";
for (const [options, fault] of [
  ['weight x', "'weight' expects an integer argument. Got 'x'."],
  ['weight', "'weight' expects an integer argument."],
  ['maxconn -1', "'maxconn' : -1 is not within 0..2147483647."],
  ['port 70000', "'port' : 70000 is not within 0..65535."],
  ['inter x', "unexpected character 'x' in 'inter' argument of server s."],
  ['slowstart', "'slowstart' expects a delay as argument."],
  ['ssl verify none', "'ssl' cannot be used: TLS is not supported."],
  ['resolve-prefer ipv5', "'resolve-prefer' expects either ipv4 or ipv6 as argument.."],
  ['resolve-net', "'resolve-net' expects a list of networks.."],
  ['resolve-net 10.0.0.0/8,foo', "'resolve-net' invalid network 'foo'.."],
  ['resolve-net 1,2,3,4,5,6', "'resolve-net' exceed 5 networks.."],
  [
    'resolve-opts foo',
    "'resolve-opts' : unknown resolve-opts option 'foo', supported methods are 'allow-dup-ip', 'ignore-weight', and 'prevent-dup-ip'..",
  ],
  ['source :80 usesrc client', "'usesrc client' is not supported."],
  ['init-addr', "'init-addr' : expects a list of methods, supported methods are 'libc', 'last', 'none'."],
  ['proto h2', "MUX protocol 'h2' is not usable in mode tcp."],
  ['agent-send', "'agent-send' expects a string as argument."],
] as const) {
  test(`'server s :80 ${options}' is refused`, () => {
    assert.equal(refusals(`server s :80 ${options}`), [ABOUT + fault]);
  });
}

test('a port offset beyond all ports is refused', () => {
  assert.equal(refusals('server s :+70000'), [`${ABOUT}invalid port offset '+70000' in ':+70000'`]);
});

test('templates of more servers than have a place are refused', () => {
  assert.equal(refusals('server-template s 10001 :80'), [
    "config : [f.cfg:2] : Wrong server-template number or range arg '10001'.",
  ]);
});

test.run();
