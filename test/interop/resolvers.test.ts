/** Names of servers against a real DNS server whose answers change: what is told beside HAProxy, and what becomes of traffic. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LoadBalancer } from '../../src/master/balancer.js';
import { loadConfiguration } from '../../src/master/configuration/configuration.js';
import { Log } from '../../src/master/log.js';
import { eventually, freePort, scratchFolder } from '../harness.js';
import { DnsServer, type Zone } from './support/dns-server.js';
import { dial, interop, named, serve } from './support/peers.js';
import { type Run, twins } from './support/twins.js';

const SECTION = `
  timeout resolve 100ms
  timeout retry 100ms
  hold nx 300ms
  hold timeout 2s
  hold refused 2s
  hold other 2s
  hold obsolete 0`;
const SERVICE = '_http._tcp.test';

const ZONE: Zone = {
  hosts: {
    'one.test': ['127.0.0.11'],
    'two.test': ['127.0.0.12', '127.0.0.13'],
    'n1.test': ['127.0.0.21'],
    'n2.test': ['127.0.0.22'],
  },
  aliases: { 'alias.test': 'one.test' },
  services: { [SERVICE]: ['n1.test,8001,0,10'] },
};
const without = (zone: Zone, name: string): Zone => ({
  ...zone,
  hosts: Object.fromEntries(Object.entries(zone.hosts).filter(([key]) => key !== name)),
});

/**
 * The lines about servers since the last call, each once, in order of their texts. What depends on the
 * order of events that nobody ordered is alike: addresses of `two.test`, and how many servers are left.
 */
class Told {
  private seen = 0;

  constructor(private readonly run: Run) {}

  async until(...ends: readonly RegExp[]): Promise<string[]> {
    const lines = (): string[] => this.run.log.lines.slice(this.seen).map((line) => line.trim().replace(/^(<\d+>).*?\]: /, '$1'));
    const found = await eventually(`lines like ${ends.join(' and ')} in ${lines().join('\n')}`, () => {
      const now = lines();
      return ends.every((end) => now.some((line) => end.test(line))) && now;
    });
    this.seen += found.length;
    const alike = (line: string): string => line.replace(/127\.0\.0\.1[23]\b/g, 'TWO').replace(/ \d+ active/, ' N active');
    return [...new Set(found.map(alike))].sort();
  }
}

async function story(run: Run): Promise<Record<string, readonly string[]>> {
  const dns = await DnsServer.start(ZONE);
  const told = new Told(run);
  await run.start(`
global
  log 127.0.0.1:${run.log.port} len 4096 local0
resolvers dns
  nameserver ns 127.0.0.1:${dns.port}
  ${SECTION}
defaults
  mode tcp
  log global
  timeout connect 1s
  timeout client 1s
  timeout server 1s
  default-server init-addr none resolvers dns
listen l
  bind 127.0.0.1:${await run.port('l')}
  server one one.test:80
  server alias alias.test:80 resolve-prefer ipv4
  server off one.test:80 disabled resolve-opts allow-dup-ip
backend t
  server-template t 3 two.test:8000 resolve-prefer ipv4
backend s
  server-template s 2 ${SERVICE} resolve-prefer ipv4`);
  const steps: Record<string, readonly string[]> = {};
  const resolved = [/l\/alias admin/, /l\/one admin/, /l\/off .*remains in maint/, /l\/off admin/];
  steps.start = await told.until(...resolved, /t\/t1 admin/, /t\/t2 admin/, /s\/s1 .*resolves/);
  const moved = { ...ZONE, hosts: { ...ZONE.hosts, 'one.test': ['127.0.0.14'] } };
  await dns.serve(moved);
  steps.moved = await told.until(/l\/one changed/, /l\/off changed/, /l\/alias changed/);
  await dns.serve(without(moved, 'one.test'));
  steps.gone = await told.until(/proxy l has no server/);
  await dns.serve(ZONE);
  steps.back = await told.until(...resolved);
  await dns.serve({ ...ZONE, services: { [SERVICE]: ['n1.test,8001,0,10', 'n2.test,8002,0,700'] } });
  steps.grown = await told.until(/s\/s2 .*resolves/);
  await dns.serve({ ...ZONE, services: { [SERVICE]: ['n2.test,8002,0,700'] } });
  steps.shrunk = await told.until(/s\/s1 is going/);
  await dns.stop();
  steps.dead = await told.until(/backend t has no/, /backend s has no/, /proxy l has no/);
  await dns.restart();
  steps.alive = await told.until(...resolved, /t\/t1 admin/, /t\/t2 admin/, /s\/s\d .*resolves/);
  return steps;
}

twins('names that come, move, go and come back', story, { workers: [1] });

/** A balancer on a configuration of one `listen` in front of servers by name. */
async function balance(config: string): Promise<{ balancer: LoadBalancer; port: number }> {
  const file = join(scratchFolder(), 'f.cfg');
  const port = await freePort();
  writeFileSync(file, config.replace('BIND', String(port)));
  const { plan, findings } = await loadConfiguration({ paths: [file], environment: {} });
  assert.ok(plan, JSON.stringify(findings.list));
  const balancer = new LoadBalancer(plan, { log: new Log({ write: () => true }) });
  await balancer.start();
  return { balancer, port };
}

const config = (engine: string, workers: number, nameserver: string, server: string): string => `
global
  tune.io-engine ${engine}
  nbthread ${workers}
  maxconn 200
resolvers dns
  nameserver ns ${nameserver}
  ${SECTION}
defaults
  mode tcp
  timeout connect 2s
  timeout client 20s
  timeout server 20s
listen l
  bind 127.0.0.1:BIND
  ${server} init-addr none resolvers dns resolve-prefer ipv4
`;

for (const workers of [1, 2]) {
  interop(`traffic follows a server that moves, and nobody is lost, with ${workers} workers`, async (engine) => {
    const old = await serve(named('a'), { host: '127.0.0.2' });
    const next = await serve(named('b'), { host: '127.0.0.3', port: old.port });
    const dns = await DnsServer.start({ hosts: { 'app.test': ['127.0.0.2'] } });
    const text = config(engine, workers, `127.0.0.1:${dns.port}`, `server s app.test:${old.port}`);
    const { balancer, port } = await balance(text);
    try {
      await eventually('the server is there', () => balancer.serverAddresses.ip({ backend: 0, server: 0 }) !== null);
      const first = await dial(port);
      await first.echoes('kept');
      await dns.serve({ hosts: { 'app.test': ['127.0.0.3'] } });
      let names = '';
      await eventually('clients reach the other server', async () => {
        const client = await dial({ host: '127.0.0.1', port, localAddress: `127.0.${names.length % 200}.9` });
        await client.hears('\n');
        names += client.heard.trim();
        client.socket.destroy();
        return names.endsWith('bbbb');
      });
      assert.match(names, /^a*b+$/);
      await first.echoes('still here');
      assert.is(next.peers.length, names.replaceAll('a', '').length);
    } finally {
      await balancer.stop();
    }
  });
}

const LARGE = { hosts: { 'app.test': Array.from({ length: 40 }, (_, i) => `127.0.1.${i + 1}`) } };

interop('an answer that is too large for a datagram is counted, and had by TCP', async (engine) => {
  const dns = await DnsServer.start(LARGE);
  const server = 'server-template t 40 app.test:80';
  const byDatagram = await balance(config(engine, 1, `127.0.0.1:${dns.port}`, server));
  const counters = (balancer: LoadBalancer) => balancer.serverNames.sections[0].statistics[0].counters;
  const resolved = (balancer: LoadBalancer): number =>
    balancer.serverAddresses.places.filter((place) => balancer.serverAddresses.ip(place) !== null).length;
  try {
    await eventually('answers are cut', () => counters(byDatagram.balancer).truncated > 3);
    assert.is(resolved(byDatagram.balancer), 0);
  } finally {
    await byDatagram.balancer.stop();
  }
  const size = '\n  accepted_payload_size 4096';
  for (const nameserver of [`127.0.0.1:${dns.port}${size}`, `tcp@127.0.0.1:${dns.port}${size}`]) {
    const { balancer } = await balance(config(engine, 1, nameserver, server));
    try {
      await eventually(`all servers have an address from ${nameserver}`, () => resolved(balancer) === 40);
      await dns.stop();
      await eventually('nobody answers', () => counters(balancer).snd_error > 2);
      await dns.restart();
      const { valid } = counters(balancer);
      await eventually('it is asked again', () => counters(balancer).valid > valid + 1);
      assert.is(resolved(balancer), 40);
    } finally {
      await balancer.stop();
    }
  }
});

/** Loads the file that `balance` was given, changed, and has the balancer take it up. */
async function reload(balancer: LoadBalancer, text: string): Promise<void> {
  const file = join(scratchFolder(), 'f.cfg');
  writeFileSync(file, text);
  const { plan, findings } = await loadConfiguration({ paths: [file], environment: {} });
  assert.ok(plan, JSON.stringify(findings.list));
  await balancer.reload(plan);
}

interop('a reload keeps what names are known to mean, and whom they have left', async (engine) => {
  const port = await freePort();
  await serve(named('a'), { host: '127.0.0.2', port });
  await serve(named('b'), { host: '127.0.0.3', port });
  const service = '_app._tcp.test';
  const zone: Zone = {
    hosts: {
      'app.test': ['127.0.0.2', '127.0.0.3'],
      'n1.test': ['127.0.0.2'],
      'n2.test': ['127.0.0.3'],
      'lost.test': ['127.0.0.9'],
    },
    services: { [service]: [`n1.test,${port},0,10`, `n2.test,${port},0,10`] },
  };
  const dns = await DnsServer.start(zone);
  const own = ' init-addr none resolvers dns resolve-prefer ipv4';
  const servers = `server-template t 2 app.test:${port}${own}\n  server lost lost.test:80`;
  const base = config(engine, 2, `127.0.0.1:${dns.port}`, servers);
  const bind = await freePort();
  const textOf = (more: string): string =>
    `${base.replace('BIND', String(bind))}  ${more}\nbackend s\n  server-template s 3 ${service}${own}\n`;
  const { balancer } = await balance(textOf(''));
  const stateOf = (): string =>
    balancer.serverAddresses.places
      .map((place) => {
        const { serverAddresses: addresses, serverStates } = balancer;
        const { ip, fqdn, up } = { ip: addresses.ip(place), fqdn: addresses.fqdn(place), up: serverStates.state(place) === 0 };
        return `${ip?.host} ${addresses.port(place).port} ${fqdn} ${up}`;
      })
      .join('\n');
  try {
    await eventually('all but one have an address', () => balancer.serverStates.state({ backend: 1, server: 1 }) === 0);
    await eventually('the last name is found', () => balancer.serverAddresses.ip({ backend: 0, server: 2 }) !== null);
    await dns.serve({ ...zone, hosts: { ...zone.hosts, 'lost.test': ['::2'] }, services: zone.services ?? {} });
    await eventually('it has moved', () => balancer.serverAddresses.ip({ backend: 0, server: 2 })?.host === '::2');
    await dns.stop();
    const before = stateOf();
    for (let i = 0; i < 5; i++) {
      await reload(balancer, textOf(`retries ${i}`));
      assert.is(stateOf(), before, 'with no DNS server at all');
    }
    const client = await dial({ host: '127.0.0.1', port: bind });
    await client.hears('\n');
    await dns.restart();
    await eventually('DNS is back', () => balancer.serverNames.sections[0].statistics[0].counters.valid > 0);
    assert.is(stateOf(), before);
    await reload(balancer, textOf('balance leastconn'));
    const { valid } = balancer.serverNames.sections[0].statistics[0].counters;
    assert.ok(valid > 0, 'counters go on');
    await eventually('answers have come', () => balancer.serverNames.sections[0].statistics[0].counters.valid > valid + 10);
    assert.is(stateOf(), before, 'nobody has moved');
  } finally {
    await balancer.stop();
  }
});

test.run();
