/** Config to Plan: what nobody said, names to indexes, numbers, addresses. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  DEFAULT_BACKEND,
  DEFAULT_FRONTEND,
  DEFAULT_PROCESS,
  defaultBind,
  defaultServer,
  type Plan,
} from '../../src/plan/plan.js';
import { compile, findingsOf, planOf, type RESOURCES } from '../harness/plans.js';

const TIMEOUTS = 'defaults\n timeout client 1s\n timeout connect 2s\n timeout server 3s\n';
const listen = (...lines: string[]) => planOf(`${TIMEOUTS}listen l\n bind :80\n ${lines.join('\n ')}`);
const server = (line: string) => listen(`server s ${line}`).backends[0].servers[0];
const ip = (host: string, port: number) => ({ family: 'ipv4', host, port }) as const;

test('what is not said is as it is without a configuration', () => {
  const { process, frontends, backends } = planOf('frontend f\n bind :80\n default_backend b\nbackend b\n server s 10.0.0.1:81');
  const { logHostname, node, ...rest } = process;
  const { node: _node, ...expected } = DEFAULT_PROCESS;
  assert.equal(rest, expected);
  assert.is(node, 'this-host');
  assert.is(logHostname, null);
  const bind = defaultBind(ip('0.0.0.0', 80), 10_000, 'f.cfg:2');
  assert.equal(frontends, [{ ...DEFAULT_FRONTEND, name: 'f', id: 1, binds: [bind], defaultBackend: 0 }]);
  const plain = defaultServer('s', 1, ip('10.0.0.1', 81), 1);
  assert.equal(backends, [{ ...DEFAULT_BACKEND, name: 'b', id: 2, servers: [plain] }]);
});

test('a listen is a frontend and a backend of one name and number', () => {
  const { frontends, backends } = listen('server s :81');
  assert.is(frontends[0].name, 'l');
  assert.is(backends[0].name, 'l');
  assert.is(frontends[0].id, backends[0].id);
  assert.is(frontends[0].defaultBackend, 0);
});

test('a default_backend takes precedence over the servers of a listen', () => {
  const plan = planOf(`${TIMEOUTS}listen l\n bind :80\n default_backend b\n server s :81\nbackend b\n server s :81`);
  assert.is(plan.backends[plan.frontends[0].defaultBackend].name, 'b');
});

test('every index in a plan exists, and the plan goes to another thread unchanged', () => {
  const plan = planOf(
    `${TIMEOUTS}frontend f\n bind :80\n acl a src 10.0.0.0/8\n use_backend b if a\n default_backend c\nbackend b\n ` +
      'server s :80 track c/t\nbackend c\n stick-table type ip size 10k\n stick on src\n server t :80 check',
  );
  assert.equal(structuredClone(plan), plan);
  const [{ useBackends, defaultBackend }] = plan.frontends;
  assert.is(useBackends[0].backend, 0);
  assert.is(defaultBackend, 1);
  assert.ok(plan.acls[useBackends[0].condition?.alternatives[0][0].acl ?? -1]);
  assert.equal(plan.backends[0].servers[0].track, { backend: 1, server: 0 });
  assert.is(plan.tables[plan.backends[1].stickRules[0].table].name, 'c');
});

test('proxies, sockets and servers are numbered as HAProxy numbers them', () => {
  const proxies = [
    'frontend f\n bind :1',
    'backend b',
    'frontend g\n bind :2\n id 3',
    'listen l\n bind :3',
    'backend d',
    'backend e',
  ];
  const numbers = ({ frontends, backends }: Plan) => [...frontends, ...backends].map(({ name, id }) => `${name}${id}`);
  assert.equal(numbers(planOf(TIMEOUTS + proxies.join('\n'))), ['f1', 'g3', 'l4', 'b2', 'l4', 'd5', 'e6']);
  const runtime = `global\n stats socket /run/s.sock\n${TIMEOUTS}${proxies.join('\n')}`;
  assert.equal(numbers(planOf(runtime)), ['f2', 'g3', 'l6', 'b4', 'l6', 'd7', 'e8']);
  const { frontends, backends } = listen(
    'bind :2-3\n bind :5 id 2\n bind :6',
    'server s :80\n server t :80 id 5\n server u :80\n server v :80 id 3\n server w :80\n server-template x 2 :80',
  );
  assert.equal(
    frontends[0].binds.map(({ id }) => id),
    [1, 3, 4, 2, 6],
  );
  assert.equal(
    backends[0].servers.map(({ id }) => id),
    [1, 5, 4, 3, 6, 7, 8],
  );
});

test('of runtime sockets with one path the last one is opened, and that is said', () => {
  const lines = ['/run/a.sock level user', '/run/b.sock', '127.0.0.1:9', '/run/a.sock level admin', '127.0.0.1:9', 'abns@a'];
  const text = `global\n ${lines.map((line) => `stats socket ${line}`).join('\n ')}\n${TIMEOUTS}listen l\n bind :80\n server s :81`;
  assert.equal(
    planOf(text).process.runtime.sockets.map(({ level, bind: { address } }) => [
      address.family === 'unix' ? address.path : address.port,
      level,
    ]),
    [
      ['/run/a.sock', 'admin'],
      ['/run/b.sock', 'operator'],
      [9, 'operator'],
      [9, 'operator'],
      ['a', 'operator'],
    ],
  );
  assert.match(
    findingsOf(text).join('\n'),
    "'stats socket /run/a.sock' takes the place of the one at f.cfg:2, which has the same path.",
  );
});

test('timeouts reach their sides; the queue waits as long as a connect where nothing else is said', () => {
  const { frontends, backends } = listen(
    'timeout client-fin 4s',
    'timeout server-fin 5s',
    'timeout tunnel 6s',
    'timeout check 7s',
  );
  assert.is(frontends[0].clientTimeoutMs, 1000);
  assert.is(frontends[0].clientFinTimeoutMs, 4000);
  const { connectTimeoutMs, serverTimeoutMs, serverFinTimeoutMs, tunnelTimeoutMs, queueTimeoutMs, checkTimeoutMs } = backends[0];
  assert.equal(
    [connectTimeoutMs, serverTimeoutMs, serverFinTimeoutMs, tunnelTimeoutMs, queueTimeoutMs, checkTimeoutMs],
    [2000, 3000, 5000, 6000, 2000, 7000],
  );
  assert.is(listen('timeout queue 9s').backends[0].queueTimeoutMs, 9000);
});

test('ports: of the server, of the client, of the client and an offset', () => {
  const of = (line: string) => {
    const { address, portOffset } = server(line);
    return [address.family === 'unix' ? address.path : address.port, portOffset];
  };
  assert.equal(of('10.0.0.1:81'), [81, null]);
  assert.equal(of('10.0.0.1'), [0, 0]);
  assert.equal(of('10.0.0.1:+1000'), [0, 1000]);
  assert.equal(of('10.0.0.1:-1'), [0, -1]);
  assert.equal(of('unix@run/s'), ['/work-dir/run/s', null]);
  assert.equal(of('/run/s'), ['/run/s', null]);
});

test('ranges of ports are sockets of their own, several addresses too', () => {
  const { binds } = listen('bind 10.0.0.1:90-92,[::]:95 v6only name web maxconn 7').frontends[0];
  assert.equal(
    binds
      .slice(1)
      .map(({ address, name, maxconn, socket }) => [address.family !== 'unix' && address.port, name, maxconn, socket.v6only]),
    [
      [90, 'web', 7, false],
      [91, 'web', 7, false],
      [92, 'web', 7, false],
      [95, 'web', 7, true],
    ],
  );
});

test('inherited descriptors', () => {
  assert.is(listen('bind fd@9').frontends[0].binds[1].inheritedFd, 9);
  assert.is(listen().frontends[0].binds[0].inheritedFd, null);
});

test('owners and permissions are for UNIX sockets only', () => {
  const [tcp, unix] = listen('bind :81 mode 600 user u', 'bind /run/s mode 600 user u group 7').frontends[0].binds.slice(1);
  assert.equal([tcp.socket.mode, tcp.socket.user, tcp.socket.group], [null, null, null]);
  assert.equal([unix.socket.mode, unix.socket.user, unix.socket.group], [0o600, 'u', '7']);
});

test('the backlog is what is said nearest: bind, frontend, what they and the process take', () => {
  const of = (global: string, proxy: string, bind: string) =>
    planOf(`global\n ${global}\n${TIMEOUTS}listen l\n ${proxy}\n bind :80 ${bind}`).frontends[0].binds[0].backlog;
  assert.is(of('maxconn 1', 'maxconn 2\n backlog 3', 'maxconn 4 backlog 5'), 5);
  assert.is(of('maxconn 1', 'maxconn 2\n backlog 3', 'maxconn 4'), 3);
  assert.is(of('maxconn 1', 'maxconn 2', 'maxconn 4'), 4);
  assert.is(of('maxconn 1', 'maxconn 2', ''), 2);
  assert.is(of('maxconn 1', '', ''), 1);
  assert.is(of('', '', ''), 10_000);
});

test('minconn and maxconn of a server complete each other', () => {
  const of = (options: string) => {
    const { minconn, maxconn } = server(`:80 ${options}`);
    return [minconn, maxconn];
  };
  assert.equal(of(''), [0, 0]);
  assert.equal(of('maxconn 5'), [5, 5]);
  assert.equal(of('minconn 5'), [5, 5]);
  assert.equal(of('minconn 2 maxconn 5'), [2, 5]);
  assert.equal(of('minconn 9 maxconn 5'), [9, 9]);
});

test('checks go to the server, or to the address and port of their own', () => {
  const of = (line: string) => server(line).check.address;
  assert.equal(of('10.0.0.1:81 check'), ip('10.0.0.1', 81));
  assert.equal(of('10.0.0.1 check port 82'), ip('10.0.0.1', 82));
  assert.equal(of('10.0.0.1:81 check addr 10.0.0.2'), ip('10.0.0.2', 81));
  assert.equal(of('10.0.0.1:81 check addr 10.0.0.2:83'), ip('10.0.0.2', 83));
});

test('a source is that of the server, else of the backend', () => {
  const { servers } = listen('source 10.0.0.9', 'server s :80 source 10.0.0.8:1000-1009 interface lo', 'server t :80')
    .backends[0];
  assert.equal(servers[0].source, { address: ip('10.0.0.8', 1000), lastPort: 1009, interface: 'lo' });
  assert.equal(servers[1].source, { address: ip('10.0.0.9', 0), lastPort: 0, interface: null });
});

test('names are looked up, in the order of init-addr', () => {
  assert.equal(server('web.test:80').address, ip('127.0.0.1', 80));
  assert.equal(server('ipv6@web.test:80').address, { family: 'ipv6', host: '::1', port: 80 });
  assert.equal(server('nobody.invalid:80 init-addr libc,10.0.0.7').address, ip('10.0.0.7', 80));
  assert.equal(server('web.test:80 init-addr 10.0.0.7,libc').address, ip('10.0.0.7', 80));
  const unresolved = server('nobody.invalid:80 init-addr last,none');
  assert.equal([unresolved.disabled, unresolved.unresolved, unresolved.fqdn], [false, true, 'nobody.invalid']);
  assert.equal(unresolved.address, ip('0.0.0.0', 80));
});

test('a name without an address is refused, unless that is to be ignored', () => {
  const text = `${TIMEOUTS}backend b\n server s nobody.invalid:80`;
  assert.equal(findingsOf(text), ["alert [f.cfg:6] : 'server b/s' : could not resolve address 'nobody.invalid'."]);
  assert.is(compile(text).plan, null);
  const ignoring = planOf(text, { ignoreUnresolved: true });
  assert.is(ignoring.backends[0].servers[0].unresolved, true);
});

test('names in binds, sources and checks must have an address', () => {
  const bind = findingsOf(`${TIMEOUTS}listen l\n bind nobody.invalid:80`);
  assert.equal(bind, ["alert config : parsing [f.cfg:6] : 'bind' : invalid address: 'nobody.invalid' in 'nobody.invalid:80'"]);
  const source = findingsOf(`${TIMEOUTS}backend b\n server s :80 source nobody.invalid`);
  assert.equal(source, [
    "alert [f.cfg:6] : 'server b/s' : 'source nobody.invalid' : invalid address: 'nobody.invalid' in 'nobody.invalid'",
  ]);
  const check = findingsOf(`${TIMEOUTS}backend b\n server s :80 check addr nobody.invalid`);
  assert.equal(check, ["alert [f.cfg:6] : 'server b/s' : 'addr' : invalid address: 'nobody.invalid' in 'nobody.invalid'."]);
});

test('options of both sides', () => {
  const { frontends, backends } = listen(
    'option tcpka\n clitcpka-idle 10\n option nolinger\n option tcp-smart-accept\n option tcp-smart-connect\n option abortonclose',
    'option allbackups\n option persist\n no option splice-auto\n option splice-response\n option redispatch 3\n retries 7',
  );
  assert.equal(frontends[0].options, {
    keepAlive: { idleMs: 10_000, intervalMs: 0, count: 0 },
    noLinger: true,
    smartAccept: true,
    socketStats: false,
    spliceRequest: false,
    spliceResponse: true,
  });
  assert.equal(backends[0].options, {
    keepAlive: { idleMs: 0, intervalMs: 0, count: 0 },
    noLinger: true,
    smartConnect: true,
    abortOnClose: true,
    allBackups: true,
    persist: true,
    spliceRequest: false,
    spliceResponse: true,
    logHealthChecks: false,
  });
  assert.equal([backends[0].redispatch, backends[0].retries], [3, 7]);
  const unspliced = planOf(`global\n nosplice\n${TIMEOUTS}listen l\n bind :80\n option splice-request`);
  assert.is(unspliced.frontends[0].options.spliceRequest, false);
  const one = listen('option srvtcpka');
  assert.is(one.frontends[0].options.keepAlive, null);
  assert.ok(one.backends[0].options.keepAlive);
});

test('balancing', () => {
  assert.equal(listen('balance random(3)\n hash-type consistent wt6 avalanche\n hash-balance-factor 150').backends[0].balance, {
    algorithm: 'random',
    hashType: { method: 'consistent', function: 'wt6', avalanche: true },
    balanceFactor: 150,
    draws: 3,
    expression: null,
  });
  assert.is(listen('balance hash src').backends[0].balance.expression?.fetch, 'src');
});

test('section global', () => {
  const { process } = planOf(
    'global\n daemon\n pidfile /run/p\n maxconn 100\n user u\n group g\n chroot /var/empty\n nbthread 2\n cpu-map 1/2 5-6\n ulimit-n 999\n noreuseport\n' +
      ' log 127.0.0.1 local0\n log-tag lb\n log-send-hostname web1\n node n1\n description d\n hard-stop-after 30s\n spread-checks 5\n max-spread-checks 3s\n maxconnrate 5\n maxsessrate 6\n maxpipes 9\n tune.bufsize 32768\n' +
      ' tune.io-engine epoll\n tune.rcvbuf.client 4096\n tune.maxaccept 8\n setenv A b\n set-var-fmt proc.v x',
  );
  const { logTargets, ...rest } = process;
  assert.equal(rest, {
    workers: 2,
    pin: true,
    cpuMap: [[], [5, 6]],
    ioEngine: 'epoll',
    maxconn: 100,
    ulimitN: 999,
    reusePort: false,
    memoryMax: 0,
    life: {
      daemon: true,
      pidfile: '/run/p',
      user: 'u',
      group: 'g',
      chroot: '/var/empty',
      hardStopAfterMs: 30_000,
      dumpable: false,
      graceMs: 0,
    },
    spreadChecks: 5,
    maxSpreadChecksMs: 3000,
    logTag: 'lb',
    resolvers: [],
    logHostname: 'web1',
    node: 'n1',
    description: 'd',
    connectionRateMax: 5,
    sessionRateMax: 6,
    environment: { A: 'b' },
    variables: [{ name: 'proc.v', value: { format: [{ kind: 'text', text: 'x' }] } }],
    tune: { ...DEFAULT_PROCESS.tune, bufsize: 32768, pipes: 9, clientReceiveBuffer: 4096, maxaccept: 8 },
    runtime: DEFAULT_PROCESS.runtime,
  });
  assert.equal(
    logTargets.map(({ target, format, facility }) => [target, format, facility]),
    [[{ kind: 'socket', address: ip('127.0.0.1', 514) }, 'rfc3164', 16]],
  );
});

test('logging of a frontend', () => {
  const { log } = planOf(
    `global\n log /dev/log local1 notice\n log-tag whole\n${TIMEOUTS}listen l\n bind :80\n log global\n log stdout format raw local0\n` +
      ' option tcplog\n option dontlognull\n option dontlog-normal\n option logasap\n option log-separate-errors\n error-log-format %ci',
  ).frontends[0];
  assert.equal(
    log.targets.map(({ target }) => target),
    [
      { kind: 'socket', address: { family: 'unix', path: '/dev/log', abstract: false } },
      { kind: 'fd', fd: 1 },
    ],
  );
  assert.is(log.tag, 'whole');
  assert.equal([log.dontLogNull, log.dontLogNormal, log.asap, log.separateErrors], [true, true, true, true]);
  const text = log.format
    ?.map((part) => (part.kind === 'text' ? part.text : part.kind === 'variable' ? `%${part.name}` : '?'))
    .join('');
  assert.is(text, '%ci:%cp [%t] %ft %b/%s %Tw/%Tc/%Tt %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq');
  assert.is(log.errorFormat?.length, 1);
  assert.is(listen('log stdout local0').frontends[0].log.format, null, 'the line of old');
  assert.is(listen('log-tag own').frontends[0].log.tag, 'own');
  assert.equal(listen().frontends[0].log.targets, []);
});

test('lines about servers go where their backend says, and nowhere else', () => {
  const { backends } = planOf(
    `global\n log stdout local0\n log-tag whole\n${TIMEOUTS}backend none\nbackend own\n log stderr local1\n log-tag own\n` +
      'backend all\n log global\nlisten l\n bind :80\n log global',
  );
  assert.equal(
    backends.map(({ log }) => [log.tag, log.targets.map(({ target }) => (target.kind === 'fd' ? target.fd : -1))]),
    [
      ['whole', []],
      ['own', [2]],
      ['whole', [1]],
      ['whole', [1]],
    ],
  );
});

test('rings are named in a warning and get nothing', () => {
  const { plan, findings } = compile(`${TIMEOUTS}listen l\n bind :80\n log ring@r local0`);
  assert.equal(plan?.frontends[0].log.targets, []);
  assert.match(findings.list[0].text, /'ring@r' : rings are not supported/);
});

test('rules of connections stand in the frontend alone, those of contents in both halves of a listen', () => {
  const { frontends, backends } = listen(
    'tcp-request connection accept',
    'tcp-request content accept',
    'tcp-response content accept',
  );
  assert.equal([frontends[0].rules.connection.length, frontends[0].rules.content.length], [1, 1]);
  const { connection, content, response } = backends[0].rules;
  assert.equal([connection.length, content.length, response.length], [0, 1, 1]);
});

test('disabled frontends are left out, disabled backends have no servers', () => {
  const { frontends, backends } = planOf(
    `${TIMEOUTS}listen a\n disabled\n bind :80\n server s :80\nfrontend f\n bind :81\n default_backend b\nbackend b\n disabled\n server s :80`,
  );
  assert.equal(
    frontends.map(({ name }) => name),
    ['f'],
  );
  assert.equal(
    backends.map(({ name, servers }) => [name, servers.length]),
    [
      ['a', 0],
      ['b', 0],
    ],
  );
  assert.is(frontends[0].defaultBackend, 1);
});

/** The guides' own texts. */
const GUIDES = fileURLToPath(new URL('../../../test/golden/guides/', import.meta.url));

for (const name of readdirSync(GUIDES)) {
  test(`guide ${name} runs unchanged`, () => {
    const text = readFileSync(GUIDES + name, 'utf8');
    const resolve: typeof RESOURCES.resolve = () => ({ ok: true, address: { family: 'ipv4', host: '127.0.0.1' } });
    const { plan, findings } = compile(text, { resolve });
    assert.ok(plan, findings.list.map((finding) => finding.text).join('\n'));
    const [{ defaultBackend }] = plan.frontends;
    assert.ok(plan.backends[defaultBackend].servers.length > 0);
  });
}

test('what the guides mean', () => {
  const of = (name: string) =>
    compile(readFileSync(GUIDES + name, 'utf8'), {
      resolve: () => ({ ok: true, address: { family: 'ipv4', host: '10.9.9.9' } }),
    });
  const active = of('04-active-inter.cfg');
  assert.is(active.plan?.backends[0].servers[0].check.interMs, 4);
  assert.ok(active.findings.list.some(({ text }) => text.includes("did you mean '4s'")));
  const passive = of('05-passive-observe.cfg').plan?.backends[0].servers[0].check;
  assert.equal([passive?.observe, passive?.errorLimit, passive?.onError], ['layer4', 10, 'mark-down']);
  const source = of('06-source-persistence.cfg');
  assert.is(source.plan?.backends[0].balance.algorithm, 'source');
  const cookies = source.findings.list.filter(({ text }) => text.includes('ignoring cookie'));
  assert.is(cookies.length, 2);
  const daemon = of('07-global-daemon.cfg').plan;
  assert.is(daemon?.process.life.daemon, true);
  assert.equal([daemon?.process.maxconn, daemon?.backends[0].servers[0].maxconn], [256, 32]);
  assert.is(daemon?.frontends[0].log.targets.length, 2);
});

test.run();
