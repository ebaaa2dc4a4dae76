/**
 * The DNS server of servers that serve traffic fails: it dies, falls silent, answers that it cannot, or
 * rubbish. Service goes on for as long as `hold` says, ends as with HAProxy, comes back with DNS, and
 * nothing is left behind.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { eventually, withProcesses } from '../harness.js';
import { DnsServer } from './support/dns-server.js';
import { DNS_FAULTS, FaultyDns } from './support/faulty-dns.js';
import { closeReceivers } from './support/log-receiver.js';
import { closeAll, dial, echo, interop, serve } from './support/peers.js';
import { type Service, startService } from './support/service.js';
import { Run } from './support/twins.js';

/** Long enough for a client to come while it lasts, on a machine that is busy. */
const HOLD = ['nx', 'timeout', 'refused', 'other'].map((status) => `hold ${status} 1500ms`);
const SECTION = ['timeout resolve 100ms', 'timeout retry 100ms', 'resolve_retries 2', 'hold obsolete 0', ...HOLD];

/** What a client gets: its own words, or the end. */
async function fate(port: number): Promise<string> {
  const client = await dial(port);
  client.socket.write('hello');
  const heard = client.hears('hello').then(
    () => 'served',
    () => 'closed',
  );
  return heard.finally(() => client.socket.destroy());
}

/** What is no answer to the question is to us as if there was none: anybody could have sent it. */
function alike(what: string, line: string): string {
  return what === 'garbage' || what === 'short'
    ? line.replace(/DNS timeout status|unspecified DNS error/, 'no good answer')
    : line;
}

/** The line of each fault and of its end, and what clients had meanwhile. */
async function story(run: Run): Promise<readonly string[]> {
  const server = await serve(echo, { host: '127.0.0.2' });
  const dns = await FaultyDns.start('127.0.0.2');
  const port = await run.port('l');
  await run.start(`
global
  log 127.0.0.1:${run.log.port} len 1024 format raw local0
resolvers dns
  nameserver ns 127.0.0.1:${dns.port}
  ${SECTION.join('\n  ')}
defaults
  mode tcp
  log global
  timeout connect 1s
  timeout client 30s
  timeout server 30s
listen l
  bind 127.0.0.1:${port}
  server s app.test:${server.port} init-addr none resolvers dns resolve-prefer ipv4`);
  const told: string[] = [];
  let seen = 0;
  const until = async (what: string, end: RegExp): Promise<void> => {
    const lines = (): string[] => run.log.lines.slice(seen).filter((line) => /^(Server|proxy|l\/s)/.test(line));
    const found = await eventually(
      `${what}: ${end} in ${run.log.lines.join('\n')}`,
      () => lines().some((line) => end.test(line)) && lines(),
    );
    seen = run.log.lines.length;
    told.push(...found.map((line) => `${what}: ${alike(what, line.trimEnd())}`));
  };
  await until('start', /administratively READY/);
  const kept = await dial(port);
  await kept.echoes('first');
  for (const fault of DNS_FAULTS) {
    dns.fault = fault;
    const { asked } = dns;
    await eventually('it has been asked', () => dns.asked > asked);
    told.push(`${fault}: a client is ${await fate(port)}`);
    await until(fault, /has no server/);
    told.push(`${fault}: a client is ${await fate(port)}`);
    await kept.echoes(`through ${fault}`);
    dns.fault = null;
    await until(`after ${fault}`, /administratively READY/);
    told.push(`after ${fault}: a client is ${await fate(port)}`);
  }
  return told;
}

test('a DNS server that fails in many ways, with HAProxy and with turbo-lb', () =>
  withProcesses(async () => {
    const ways = [{ name: 'haproxy' }, { name: 'turbo-lb', engine: 'epoll', workers: 1 }] as const;
    const [theirs, ours] = await Promise.all(ways.map(async (way) => story(await Run.begin(way))));
    assert.equal(ours, theirs);
  })
    .finally(closeReceivers)
    .finally(closeAll));

/** Lines on standard error that match. */
const said = (service: Service, pattern: RegExp): number =>
  service.process.stderr.split('\n').filter((line) => pattern.test(line)).length;

interop('DNS dies and comes back: sessions stay, it is told once each time, and nothing is left behind', async (engine) => {
  const server = await serve(echo, { host: '127.0.0.2' });
  const dns = await DnsServer.start({ hosts: { 'app.test': ['127.0.0.2'] } });
  const line = `app.test:${server.port} init-addr none resolvers dns resolve-prefer ipv4`;
  const service = await startService(engine, {
    global: ['resolvers dns', `nameserver ns 127.0.0.1:${dns.port}`, ...SECTION],
    servers: [line, line, line].map((one, i) => `${one} resolve-opts allow-dup-ip weight ${i + 1} check inter 200ms`),
  });
  const down = /proxy 't' has no server available/;
  const ready = /Server t\/s\d administratively READY/;
  await eventually('all are there', () => said(service, ready) === 3);
  const kept = await dial(service.port);
  await kept.echoes('first');
  await fate(service.port);
  const before = await service.heldAtRest(1);
  for (let turn = 1; turn <= 2; turn++) {
    await dns.stop();
    assert.is(await fate(service.port), 'served', 'as long as addresses hold');
    await eventually('they are given up', () => said(service, down) === turn);
    assert.is(await fate(service.port), 'closed');
    await kept.echoes(`without DNS, ${turn}`);
    await dns.restart();
    await eventually('all are back', () => said(service, ready) === 3 * (1 + turn));
    await eventually('and serve', async () => (await fate(service.port)) === 'served');
    await service.holdsAgain(before);
    await kept.echoes(`with DNS, ${turn}`);
  }
  assert.is(said(service, /Server t\/s\d is going DOWN for maintenance \(DNS timeout status\)/), 6, service.process.stderr);
  kept.socket.end();
});

test.run();
