/** Files of patterns and maps changed by command: beside HAProxy, and what rules find in them from then on. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { scratchFolder, withProcesses } from '../harness.js';
import { closeAll, dial, interop, named, serve } from './support/peers.js';
import { type Managed, manage, NUMBERED, runtimeConfig, sameAnswer, sideBySide } from './support/runtime.js';

const FOLDER = scratchFolder();
const MAP = join(FOLDER, 'names.map');
const ROUTES = join(FOLDER, 'routes.map');
const BLOCKED = join(FOLDER, 'blocked.lst');
writeFileSync(MAP, 'a 1\n# c\n\nb.com 2 x y\n  c   3 \n');
writeFileSync(ROUTES, '127.0.0.0/8 first\n10.0.0.1 second\n');
writeFileSync(BLOCKED, '10.0.0.0/8\n1.2.3.4\n');

const CONFIG = runtimeConfig(
  `
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
`,
  NUMBERED,
);

const M = MAP;
const B = BLOCKED;
const COMMANDS: readonly string[] = [
  ...['show map nope', 'show map #99', 'show acl #99', `show map ${M}`, `show acl ${B}`, `show map ${B}`],
  ...[`get map ${M} a`, `get map ${M} zzz`, `get map ${ROUTES} 127.0.0.1`, `get acl ${B} 10.1.1.1`, `get acl ${B} x`, 'get map'],
  ...[`get map ${M}`, `add map ${M} d 4;show map ${M}`, `add map ${M} a 11;show map ${M};get map ${M} a`, 'add map'],
  ...[`add map ${M}`, `add map ${M} x`, 'add map nope x y', `add map ${ROUTES} foo bar`, `set map ${M} a 99;show map ${M}`],
  ...[`set map ${M} nope 99`, `set map ${M}`, `set map ${M} a`, `set map ${M} #0x1f1 a`, `del map ${M} a;show map ${M}`],
  ...[`add map ${M} w one two;set map ${M} w three four;get map ${M} w x;show map ${M};del map ${M} w x;add acl ${B} 6.6.6.6 x`],
  ...[`show acl ${B};del acl ${B} 6.6.6.6 y;show acl ${B}`],
  ...[`del map ${M} nope`, `del map ${M}`, `del map ${M} #0x121`, `clear map ${M};show map ${M}`, 'clear map', 'clear map nope'],
  ...[`add acl ${B} 5.5.5.5;show acl ${B}`, 'add acl', `add acl ${B}`, `add acl ${B} foo`, `del acl ${B} 5.5.5.5`],
  ...[`add acl ${ROUTES} 1.1.1.1`, `clear acl ${B};show acl ${B}`, `prepare map ${M}`, 'prepare map nope', `prepare acl ${B}`],
  ...[`add map @1 ${M} k v;show map @1 ${M};show map ${M}`, `add map @7 ${M} k v`, `commit map ${M}`],
  ...[`commit map @1 ${M};show map ${M}`, `commit map @1 ${M}`, `show map @9 ${M}`, `add map ${M} <<\np1 v1 w\np2 v2\n`],
  ...[
    `show map ${M}`,
    `add map ${M} <<\np1\n`,
    'get map',
    'get acl',
    'get acl #0',
    'del acl',
    'del acl #0',
    'clear acl',
    'prepare acl',
  ],
  ...[`show acl ${ROUTES}`, `clear acl ${ROUTES};show map ${ROUTES}`, `prepare acl ${ROUTES}`, `commit acl @1 ${ROUTES}`],
  ...[`add map ${M} e \\<\\;\\\\ ;add map ${M} <<f\\; v;show map ${M}`],
  ...['commit acl', 'commit acl @1', 'set map', 'del map', 'prepare map', 'commit map', 'show map', 'show acl'],
];

/** Numbers of entries are ours, and so are their counts: HAProxy's go wrong when entries are added or removed. */
const comparable = (answer: string): string =>
  answer
    .replace(/entry_cnt=\d+/g, 'entry_cnt=')
    .replace(/^\d+ (.* used by map )/gm, '$1') // formats are read last: in HAProxy, after two lists of its own
    .replace(/^\d+ \(\) acl 'var' file 'httpclient' .*\n/gm, '')
    .replace(/ file '[^']*\/([^'/]*\.cfg)'/g, " file '$1'")
    .replace(/^0x[0-9a-f]+ /gm, '0x ')
    .replace(/^ {2}.*\n/gm, '')
    .replace(/Unknown command: '[^']*'/g, 'Unknown command');

test('every command, and what it leaves', () =>
  withProcesses(async () => {
    const both = await sideBySide(CONFIG, { first: 1, second: 1 });
    for (const command of COMMANDS) await sameAnswer(both, `${command}\n`, comparable);
  }));

/** Every kind of pattern that a line may hold. */
const INLINE = runtimeConfig(
  `
frontend f
  bind 127.0.0.1:{traffic}
  acl numbered src -u 7 1.1.1.1
  acl shared src -f ${BLOCKED} 2.2.2.2
  acl twice src 3.3.3.3 10.0.0.1/24 127.1 ::1
  acl twice dst_port 80 gt 1000 5:9 le 3
  acl beside src -u 2 -f ${BLOCKED}
  acl versions req.ssl_ver gt 3.1 3:4.2 3.5 3
  acl names req.ssl_sni -i -m beg Foo "a b" é
  acl expressions req.ssl_sni -m reg ^x.*$ [0-9]+
  acl bytes req.payload(0,4) -m bin 00fF
  acl converted src,ipmask(24) 4.4.4.0
  acl mapped src,map_ip(${MAP}.acl) -m str b c
  acl always always_true
  acl there src -m found
  tcp-request connection reject if { src 5.5.5.5 } or LOCALHOST { src 127.0.0.9 }
  tcp-request inspect-delay 1ms
  tcp-request content set-var(txn.x) src,map_ip(${ROUTES},a) if LOCALHOST { src -M -f ${ROUTES} }
  use_backend %[src,map_ip(${MAP}.ip)] if { src 6.6.6.6 }
  default_backend b
backend b
  acl one nbsrv(b) lt 1
  tcp-request content reject if one LOCALHOST
  server s 127.0.0.1:{first}
frontend g
  bind 127.0.0.1:{more}
  log-format "%[src,map_ip(${ROUTES}.log)]"
  tcp-request connection reject if LOCALHOST
`,
  NUMBERED,
);
writeFileSync(`${MAP}.ip`, '1.1.1.1 b\n');
writeFileSync(`${MAP}.acl`, '1.1.1.1 b\n');
writeFileSync(`${ROUTES}.log`, '1.1.1.1 b\n');

const NUMBERS = Array.from({ length: 24 }, (_, number) => `#${number}`);
const INLINE_COMMANDS: readonly string[] = [
  ...[
    'show acl',
    'show map',
    ...NUMBERS.map((number) => `show acl ${number}`),
    'show acl @3 #7',
    'show map #7',
    'get acl #7 1.1.1.1',
  ],
  ...['get acl #7 2.2.2.2', 'get acl #7 x', 'add acl #7 2.2.2.2;show acl #7;get acl #7 2.2.2.2', 'add acl #7', 'add acl #7 no'],
  ...['add acl #3 gt 4', 'add acl #3 4:9;show acl #3', 'del acl #7 1.1.1.1;show acl #7', 'del acl #7 1.1.1.1', 'del acl #7 #0x1'],
  ...[
    'clear acl #7;show acl #7',
    'prepare acl #7',
    'add acl @1 #7 9.9.9.9',
    'add acl @5 #7 9.9.9.9',
    'show acl @1 #7',
    'show acl #7',
  ],
  ...[
    'commit acl #7',
    'commit acl @1 #7;show acl #7',
    'commit acl @1 #7',
    'get acl #6 fooo',
    'get acl #6 xfoo',
    'get acl #8 x1',
    'show acl',
  ],
];

test('patterns of lines have their numbers, and are changed as those of files', () =>
  withProcesses(async () => {
    const both = await sideBySide(INLINE, { first: 1 });
    for (const command of INLINE_COMMANDS) await sameAnswer(both, `${command}\n`, comparable);
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
  assert.is(await replaced, '[6]: New version created: 1\n\n\n');
  assert.is(await own.ask(`commit map @1 ${ROUTES}\n`), '\n');
  assert.is(await served(own), 'two');
  running = false;
  for (const name of await traffic) assert.ok(name === 'one' || name === 'two', `"${name}"`);
  assert.match(await own.ask('show map\n'), /entry_cnt=100001$/m);
  await closeAll();
});

test.run();
