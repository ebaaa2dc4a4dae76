/** Files of patterns and maps changed by command: beside HAProxy, and what rules find in them from then on. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { scratchFolder, withProcesses } from '../harness.js';
import { closeAll, dial, interop, named, serve } from './support/peers.js';
import { type Managed, manage, sameAnswer, sideBySide } from './support/runtime.js';

const FOLDER = scratchFolder();
const MAP = join(FOLDER, 'names.map');
const ROUTES = join(FOLDER, 'routes.map');
const BLOCKED = join(FOLDER, 'blocked.lst');
writeFileSync(MAP, 'a 1\n# c\n\nb.com 2 x y\n  c   3 \n');
writeFileSync(ROUTES, '127.0.0.0/8 first\n10.0.0.1 second\n');
writeFileSync(BLOCKED, '10.0.0.0/8\n1.2.3.4\n');

const CONFIG = `
global
  stats socket {socket} level admin
defaults
  mode tcp
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend f
  bind 127.0.0.1:{traffic}
  tcp-request connection reject if { src -f ${BLOCKED} }
  tcp-request inspect-delay 1ms
  tcp-request content set-var(txn.x) req.ssl_sni,map_str(${MAP},none)
  use_backend %[src,map_ip(${ROUTES})]
backend first
  server s 127.0.0.1:{first}
backend second
  server s 127.0.0.1:{second}
`;

const M = MAP;
const B = BLOCKED;
const COMMANDS: readonly string[] = [
  ...['show map nope', 'show map #99', 'show acl #99', `show map ${M}`, `show acl ${B}`, `show map ${B}`],
  ...[`get map ${M} a`, `get map ${M} zzz`, `get map ${ROUTES} 127.0.0.1`, `get acl ${B} 10.1.1.1`, `get acl ${B} x`, 'get map'],
  ...[`get map ${M}`, `add map ${M} d 4;show map ${M}`, `add map ${M} a 11;show map ${M};get map ${M} a`, 'add map'],
  ...[`add map ${M}`, `add map ${M} x`, 'add map nope x y', `add map ${ROUTES} foo bar`, `set map ${M} a 99;show map ${M}`],
  ...[`set map ${M} nope 99`, `set map ${M}`, `set map ${M} a`, `set map ${M} #0x1f1 a`, `del map ${M} a;show map ${M}`],
  ...[`del map ${M} nope`, `del map ${M}`, `del map ${M} #0x121`, `clear map ${M};show map ${M}`, 'clear map', 'clear map nope'],
  ...[`add acl ${B} 5.5.5.5;show acl ${B}`, 'add acl', `add acl ${B}`, `add acl ${B} foo`, `del acl ${B} 5.5.5.5`],
  ...[`add acl ${ROUTES} 1.1.1.1`, `clear acl ${B};show acl ${B}`, `prepare map ${M}`, 'prepare map nope', `prepare acl ${B}`],
  ...[`add map @1 ${M} k v;show map @1 ${M};show map ${M}`, `add map @7 ${M} k v`, `commit map ${M}`],
  ...[`commit map @1 ${M};show map ${M}`, `commit map @1 ${M}`, `show map @9 ${M}`, `add map ${M} <<\np1 v1 w\np2 v2\n`],
  ...[`show map ${M}`, `add map ${M} <<\np1\n`],
];

const comparable = (answer: string): string =>
  answer
    .replace(/^0x[0-9a-f]+ /gm, '0x ')
    .replace(/^ {2}.*\n/gm, '')
    .replace(/Unknown command: '[^']*'/g, 'Unknown command');

test('every command, and what it leaves', () =>
  withProcesses(async () => {
    const both = await sideBySide(CONFIG, { first: 1, second: 1 });
    for (const command of COMMANDS) await sameAnswer(both, `${command}\n`, comparable);
  }));

/** The name of the server that a new client gets; '' when it is turned away. */
async function served({ ports }: Managed): Promise<string> {
  const client = await dial(ports.traffic);
  client.socket.write('x');
  await client.hears('\n').catch(() => undefined); // it is turned away
  client.socket.destroy();
  return client.heard.split('\n')[0];
}

interop('rules find what was added, changed, removed and committed, in every worker', async (engine) => {
  const [first, second] = [await serve(named('one')), await serve(named('two'))];
  const ports = { first: first.port, second: second.port };
  const own = await manage({ name: 'turbo-lb', engine, workers: 2 }, CONFIG, ports);
  const everybody = async (): Promise<string[]> => [...new Set(await Promise.all(Array.from({ length: 8 }, () => served(own))))];
  assert.equal(await everybody(), ['one']);
  await own.ask(`set map ${ROUTES} 127.0.0.0/8 second\n`);
  assert.equal(await everybody(), ['two']);
  await own.ask(`add acl ${BLOCKED} 127.0.0.0/8\n`);
  assert.equal(await everybody(), ['']);
  await own.ask(`del acl ${BLOCKED} 127.0.0.0/8;add map ${ROUTES} 127.0.0.1 first\n`);
  assert.equal(await everybody(), ['one'], 'the longest prefix wins');
  await own.ask(`prepare map ${ROUTES};add map @1 ${ROUTES} 0.0.0.0/0 second\n`);
  assert.equal(await everybody(), ['one']);
  await own.ask(`commit map @1 ${ROUTES}\n`);
  assert.equal(await everybody(), ['two']);
  await own.ask(`clear map ${ROUTES}\n`);
  assert.equal(await everybody(), ['']);
});

interop('a map of a hundred thousand entries is replaced while clients come and go', async (engine) => {
  const [first, second] = [await serve(named('one')), await serve(named('two'))];
  const ports = { first: first.port, second: second.port };
  const own = await manage({ name: 'turbo-lb', engine, workers: 1 }, CONFIG, ports);
  const keys = Array.from({ length: 100_000 }, (_, i) => `11.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255} first`).join('\n');
  const replaced = own.ask(`prepare map ${ROUTES};add map @1 ${ROUTES} <<\n127.0.0.1 second\n${keys}\n\n`);
  let running = true;
  const traffic = (async () => {
    const seen = new Set<string>();
    while (running) seen.add(await served(own));
    return seen;
  })();
  assert.is(await replaced, 'New version created: 1\n\n\n');
  assert.is(await own.ask(`commit map @1 ${ROUTES}\n`), '\n');
  assert.is(await served(own), 'two');
  running = false;
  for (const name of await traffic) assert.ok(name === 'one' || name === 'two', `"${name}"`);
  assert.match(await own.ask('show map\n'), /entry_cnt=100001$/m);
  await closeAll();
});

test.run();
