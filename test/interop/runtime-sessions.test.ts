/** Sessions seen and ended through the runtime socket, limits changed, and what becomes of a worker's answers when it dies. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { eventually, freePort } from '../harness.js';
import { dial, echo, interop, serve, silent } from './support/peers.js';
import { startReloadable } from './support/reloading.js';
import { type Managed, manage, runtimeConfig, sameAnswer, sideBySide } from './support/runtime.js';

const CONFIG = runtimeConfig(
  `
frontend f
  bind 127.0.0.1:{traffic} name here
  default_backend b
backend b
  server s 127.0.0.1:{server}
`,
  { global: ['maxconn 500'] },
);

/** The lines of `show sess`, the ones of the runtime socket's own sessions in HAProxy apart. */
async function sessions({ ask }: Managed, command = 'show sess'): Promise<string[]> {
  return (await ask(`${command}\n`)).split('\n').filter((line) => line.startsWith('0x') && !line.includes('fe=GLOBAL'));
}

/** Numbers and addresses are each one's own. */
function shape(line: string): string {
  return line
    .replace(/0x[0-9a-f]+/g, '0x')
    .replace(/\d+/g, '0')
    .replace(/(calls|rate|lat|cpu|exp|rx)=\d*s?/g, '$1=');
}

interop('a session is shown, in HAProxy’s words, found by its number, and ended', async (engine) => {
  const server = await serve(echo);
  const both = await sideBySide(CONFIG, { server: server.port });
  const own = await manage({ name: 'turbo-lb', engine, workers: 2 }, CONFIG, { server: server.port });
  const lines: string[] = [];
  for (const balancer of [...both, own]) {
    const client = await dial(balancer.ports.traffic);
    client.socket.write('x');
    await eventually('it came back', () => client.bytes === 1);
    const [line] = await sessions(balancer);
    lines.push(shape(line).replace(/f=0?h?[^,]*,/g, 'f=,'));
    assert.match(line, / fe=f be=b srv=s /);
    const [id] = line.split(':');
    const details = (await balancer.ask(`show sess ${id}\n`))
      .replace(/\(id=\d+/g, '(id=N')
      .split('\n')
      .slice(2, 5);
    const [frontend, backend, its] = details;
    assert.is(frontend, `  frontend=f (id=N mode=tcp), listener=here (id=N) addr=127.0.0.1:${balancer.ports.traffic}`);
    assert.match(backend, /^ {2}backend=b \(id=N mode=tcp\) addr=127\.0\.0\.1:\d+$/);
    assert.is(its, `  server=s (id=N) addr=127.0.0.1:${server.port}`);
    assert.is(await balancer.ask(`shutdown session ${id}\n`), '\n');
    await eventually('the client sees its end', () => client.sawEnd);
    client.socket.destroy();
    await eventually('it is gone', async () => (await sessions(balancer)).length === 0);
    // HAProxy may have given the number to the very session that asks
    if (balancer !== both[0]) assert.is(await balancer.ask(`shutdown session ${id}\n`), "No such session (use 'show sess').\n\n");
  }
  assert.is(lines[1].split(' rq[')[0], lines[0].split(' rq[')[0]);
  assert.is(lines[2].split(' rq[')[0], lines[0].split(' rq[')[0]);
  for (const command of [
    'show sess 0x1',
    'show sess 12',
    'shutdown session 12',
    'shutdown session 0',
    'shutdown session 12x',
    'shutdown session',
    'shutdown session x',
    'shutdown session 0x12',
    'set maxconn frontend',
  ])
    await sameAnswer([both[0], both[1]], `${command}\n`);
  for (const command of ['set maxconn frontend f', 'set maxconn frontend f -1', 'set maxconn frontend x 1', 'set maxconn global'])
    await sameAnswer([both[0], both[1]], `${command}\n`);
  for (const command of ['set maxconn global 501', 'set rate-limit', 'set rate-limit sessions', 'set rate-limit sessions global'])
    await sameAnswer([both[0], both[1]], `${command}\n`);
  for (const command of [
    'shutdown frontend',
    'shutdown frontend x',
    'shutdown frontend f',
    'shutdown frontend f',
    'enable frontend f',
  ])
    await sameAnswer([both[0], both[1]], `${command}\n`);
  await sameAnswer([both[0], both[1]], 'disable frontend f\n');
});

interop('three hundred sessions come in pages, filtered', async (engine) => {
  const server = await serve(silent);
  const own = await manage({ name: 'turbo-lb', engine, workers: 2 }, CONFIG, { server: server.port });
  for (let i = 0; i < 300; i++) await dial(own.ports.traffic);
  await eventually('all are there', () => server.open === 300);
  const lines = await sessions(own);
  assert.is(lines.length, 300);
  assert.is(new Set(lines.map((line) => line.split(':')[0])).size, 300);
  assert.is((await sessions(own, 'show sess server b/s')).length, 300);
  assert.is((await sessions(own, 'show sess older 1h')).length, 0);
  assert.is((await sessions(own, 'show sess all')).length, 300);
  await own.ask('shutdown sessions server b/s\n');
  await eventually('none is left', async () => (await sessions(own)).length === 0 && server.open === 0);
  assert.match(await own.ask('show activity\n'), /^slots: 0 \[ 0 0 \]\n/m);
});

interop('limits changed at run time hold, and let go', async (engine) => {
  const server = await serve(echo);
  const own = await manage({ name: 'turbo-lb', engine, workers: 2 }, CONFIG, { server: server.port });
  const client = async (): Promise<{ readonly bytes: number }> => {
    const peer = await dial(own.ports.traffic);
    peer.socket.write('x');
    return peer;
  };
  for (const [set, unset] of [
    ['set maxconn frontend f 2', 'set maxconn frontend f 1000'],
    ['set maxconn global 2', 'set maxconn global 0'],
    ['set rate-limit sessions global 2', 'set rate-limit sessions global 0'],
  ]) {
    assert.is(await own.ask(`${set}\n`), '\n');
    const clients = [await client(), await client(), await client(), await client()];
    await eventually('the first are served', () => clients.filter(({ bytes }) => bytes === 1).length >= 2);
    if (!set.includes('rate')) assert.is(clients.filter(({ bytes }) => bytes === 1).length, 2, set);
    if (set.includes('frontend'))
      assert.match(await own.ask('set maxconn frontend f 0;show stat f 1 -1\n'), /^f,FRONTEND,,,2,2,0,/m);
    assert.is(await own.ask(`${unset}\n`), '\n');
    await eventually(`all are served after ${unset}`, () => clients.every(({ bytes }) => bytes === 1));
    await own.ask('shutdown sessions server b/s\n');
    await eventually('all are gone', () => server.open === 0);
  }
});

interop('who waits where nobody is taken any more does not keep a process from ending', async (engine) => {
  const server = await serve(echo);
  const own = await manage({ name: 'turbo-lb', engine, workers: 2 }, CONFIG, { server: server.port });
  const served = await dial(own.ports.traffic);
  await served.echoes('here');
  assert.is(await own.ask('set maxconn frontend f 0\n'), '\n');
  const waiting = [await dial(own.ports.traffic), await dial(own.ports.traffic)];
  for (const client of waiting) client.socket.write('is anybody there?');
  own.process.child.kill('SIGUSR1');
  await Promise.all(waiting.map((client) => client.over()));
  await served.echoes('still here');
  served.socket.end();
  assert.is((await own.process.exited).code, 0);
});

interop('sessions of a proxy are found by its name, also when a reload has put another one before it', async (engine) => {
  const server = await serve(echo);
  const ports = await Promise.all(['f', 'g', 'a'].map(freePort));
  const sections = (names: readonly string[]): string =>
    names.map((name, i) => `listen ${name}\n  bind 127.0.0.1:${ports[i]}\n  server s ${server.address}\n`).join('');
  const turbo = await startReloadable(engine, 2, ports.slice(0, 2), sections(['f', 'g']));
  for (const port of [ports[0], ports[1], ports[1]]) await (await dial(port)).echoes('hello');
  await turbo.reload(sections(['f', 'g', 'a']).replace(/^(.*)(listen a.*)$/s, '$2$1'));
  const found = async (which: string): Promise<string[]> =>
    [...(await turbo.ask(`show sess ${which}`)).matchAll(/ fe=(\w+) /g)].map(([, name]) => name);
  for (const what of ['frontend f', 'backend f', 'server f/s']) assert.equal(await found(what), ['f'], what);
  for (const what of ['frontend g', 'backend g', 'server g/s']) assert.equal(await found(what), ['g', 'g'], what);
  for (const what of ['frontend a', 'backend a', 'server a/s']) assert.equal(await found(what), [], what);
});

test.run();
