/** Sections `resolvers`: what they become, and what is refused of them, in HAProxy's words. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { findingsOf, planOf } from '../../harness/plans.js';
import { read, said } from '../support/reading.js';

const TIMEOUTS = 'defaults\n timeout client 1s\n timeout connect 2s\n timeout server 3s\n';

test('a section in full', () => {
  const { config, findings } = read(
    'resolvers dns\n nameserver a 10.0.0.1:53\n nameserver b tcp@[::1]:54\n nameserver c udp4@127.0.0.1:55\n parse-resolv-conf\n' +
      ' hold nx 5\n hold obsolete 2s\n resolve_retries 7\n timeout resolve 4s\n timeout retry 300\n accepted_payload_size 8192',
  );
  assert.equal(said(findings), []);
  const [{ nameservers, holdMs, ...rest }] = config.resolvers;
  assert.equal(
    nameservers.map((one) => (one === 'system' ? one : [one.name, one.family, one.host, one.port, one.stream])),
    [['a', 'ipv4', '10.0.0.1', 53, false], ['b', 'ipv6', '::1', 54, true], ['c', 'ipv4', '127.0.0.1', 55, false], 'system'],
  );
  assert.equal(
    [...holdMs],
    [
      ['nx', 5],
      ['obsolete', 2000],
    ],
  );
  const { name, resolveRetries, timeoutResolveMs, timeoutRetryMs, acceptedPayloadSize } = rest;
  assert.equal([name, resolveRetries, timeoutResolveMs, timeoutRetryMs, acceptedPayloadSize], ['dns', 7, 4000, 300, 8192]);
});

for (const [lines, fault] of [
  ['nameserver n', "'nameserver' expects <name> and <addr>[:<port>] as arguments."],
  ['nameserver n 1.2.3.4', "'nameserver n' : missing port specification in '1.2.3.4'"],
  ['nameserver n dns.test:53', "'nameserver n' : invalid address: 'dns.test' in 'dns.test:53'"],
  ['nameserver n udp@1.2.3.4:53-55', "'nameserver n' : port range not permitted here in '1.2.3.4:53-55'"],
  ['hold foo 3s', "'hold' unknown <event>: 'foo', expects either 'nx', 'timeout', 'valid', 'obsolete' or 'other'."],
  ['resolve_retries', "'resolve_retries' expects <nb> as argument."],
  ['resolve_retries 0', "'resolve_retries' : 0 is not within 1..1000."],
  ['timeout', "'timeout' expects 'retry' or 'resolve' and <time> as arguments."],
  ['timeout foo 3', "'timeout' expects 'retry' or 'resolve' and <time> as arguments got 'foo'."],
  ['timeout retry', "'timeout retry' expects <time> as argument."],
  ['accepted_payload_size 70000', "'accepted_payload_size' must be between 12 and 65535 inclusive (was 70000)."],
  ['parse-resolv-conf x', "'parse-resolv-conf' cannot handle unexpected argument 'x'."],
  ['foo', "unknown keyword 'foo' in 'resolvers' section"],
] as const) {
  test(`'${lines}' is refused`, () => {
    assert.equal(said(read(`resolvers d\n ${lines}`).findings), [`alert [2] : ${fault}`]);
  });
}

test('sections without a name, with a bad one, or one that is there, and bad times', () => {
  assert.equal(said(read('resolvers').findings), ['alert [1] : missing name for resolvers section.']);
  assert.equal(said(read('resolvers a!b').findings), ["alert [1] : character '!' is not permitted in 'resolvers' name 'a!b'."]);
  assert.equal(
    read('resolvers d\nresolvers d').findings.list.map(({ text }) => text),
    ["config : Parsing [f.cfg:2]: resolvers 'd' has same name as another resolvers (declared at f.cfg:1)."],
  );
  assert.equal(
    read('resolvers d\n nameserver n 1.2.3.4:53\n nameserver n 1.2.3.4:54').findings.list.map(({ text }) => text),
    ["config : Parsing [f.cfg:3]: nameserver 'n' has same name as another nameserver (declared at f.cfg:2)."],
  );
  assert.equal(said(read('resolvers d\n hold nx 3x').findings), ["alert [2]: unexpected character 'x' in argument to <hold>."]);
});

test('a section that nobody has, and one that asks nobody', () => {
  const wanted = `${TIMEOUTS}listen l\n bind :80\n server s a.test:80 resolvers dnz\nresolvers dns\n nameserver n 1.2.3.4:53`;
  assert.equal(findingsOf(wanted), ["alert config : proxy 'l', server 's': unable to find required resolvers 'dnz'"]);
  assert.equal(findingsOf('resolvers e'), ["warning config : resolvers 'e' [f.cfg:1] has no nameservers configured!"]);
});

const SECTION = 'resolvers d\n nameserver n 127.0.0.1:53\n';
const server = (line: string) => planOf(`${SECTION}${TIMEOUTS}listen l\n bind :80\n server s ${line}`).backends[0].servers[0];

test('a server by name, with all that is said of its resolution', () => {
  const { resolution, fqdn, unresolved, address } = server(
    'a.test:80 resolvers d resolve-prefer ipv4 resolve-net 10.0.0.0/8,fd00::/8 resolve-opts allow-dup-ip,ignore-weight',
  );
  assert.equal(resolution, {
    resolvers: 0,
    service: null,
    prefer: 'ipv4',
    networks: ['10.0.0.0/8', 'fd00::/8'],
    allowDuplicateIp: true,
    ignoreWeight: true,
  });
  assert.equal([fqdn, unresolved, address], ['a.test', false, { family: 'ipv4', host: '127.0.0.1', port: 80 }]);
});

test('a service has no host yet, and needs a section', () => {
  const { resolution, fqdn, unresolved } = server('_http._tcp.test check resolvers d');
  assert.equal([resolution?.service, fqdn, unresolved], ['_http._tcp.test', null, true]);
  const alone = `${TIMEOUTS}listen l\n bind :80\n server s _http._tcp.test`;
  assert.equal(findingsOf(alone), ["alert [f.cfg:7] : 'server l/s' : no method found to resolve address '_http._tcp.test'."]);
});

test('a server that is resolved while it runs may start without an address, and that is told', () => {
  const text = (options: string) => `${SECTION}${TIMEOUTS}listen l\n bind :80\n server s nobody.invalid:80 ${options}`;
  const warning = ["warning [f.cfg:9] : 'server l/s' : could not resolve address 'nobody.invalid', disabling server."];
  assert.equal(findingsOf(text('resolvers d')), warning);
  assert.equal(findingsOf(text('resolvers d init-addr libc,none')), warning);
  assert.equal(findingsOf(text('init-addr none')), []);
  assert.equal(findingsOf(text('init-addr last,127.0.0.8')), []);
  assert.equal(findingsOf(text('init-addr libc,127.0.0.8')), [
    "warning [f.cfg:9] : 'server l/s' : could not resolve address 'nobody.invalid', falling back to configured address.",
  ]);
  assert.equal(findingsOf(text('init-addr last')), [
    "alert [f.cfg:9] : 'server l/s' : no method found to resolve address 'nobody.invalid'.",
  ]);
});

const RESOLV_CONF = '# the system\nnameserver 10.1.1.1\nsearch test\n nameserver\tfd00::53 # second\nnameserver nonsense\n';
const sections = (text: string, resolvConf?: string) =>
  planOf(text, resolvConf === undefined ? {} : { resolvConf }).process.resolvers.map(({ name, nameservers }) => [
    name,
    ...nameservers.map((one) => one.name),
  ]);

test('DNS servers of the system, where they are asked for and by the name default', () => {
  assert.equal(sections('resolvers d\n parse-resolv-conf', RESOLV_CONF), [
    ['d', '10.1.1.1', 'fd00::53'],
    ['default', '10.1.1.1', 'fd00::53'],
  ]);
  assert.equal(sections('resolvers default\n nameserver n 1.2.3.4:53', RESOLV_CONF), [['default', 'n']]);
  assert.equal(sections(''), []);
  assert.equal(findingsOf('resolvers d\n parse-resolv-conf'), [
    'alert config : parsing [f.cfg:1] : failed to open /etc/resolv.conf.',
  ]);
  assert.equal(findingsOf('resolvers d\n nameserver 10.1.1.1 10.1.1.1:53\n parse-resolv-conf', { resolvConf: RESOLV_CONF }), [
    "warning config : parsing [/etc/resolv.conf:5] : address 'nonsense' could not be recognized, nameserver will be excluded.",
    "warning config : Parsing [f.cfg:1]: generated name for /etc/resolv.conf nameserver '10.1.1.1' conflicts with another nameserver, it appears to be a duplicate and will be excluded",
  ]);
  const used = `${TIMEOUTS}listen l\n bind :80\n server s a.test:80 resolvers default`;
  assert.equal(findingsOf(used), ["alert config : proxy 'l', server 's': unable to find required resolvers 'default'"]);
});

test.run();
