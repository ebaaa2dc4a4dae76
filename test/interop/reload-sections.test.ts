/** Parts of a file that come, change and go while a process runs: what goes on does, and nothing of the former file lingers. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openListener } from '../../src/kernel/listener.js';
import { sys } from '../../src/kernel/sys/libc.js';
import { eventually, freePort, isListening, runProcess, scratchFolder, startProcess, withProcesses } from '../harness.js';
import { Receiver } from '../proxy/log/support/lab.js';
import { DnsServer } from './support/dns-server.js';
import { closeAll, dial, echo, interop, named, serve } from './support/peers.js';
import { type Reloadable, startReloadable } from './support/reloading.js';
import { Load } from './support/replacing.js';

test.after.each(closeAll);

/** A test of a process of its own. */
function alone(name: string, body: () => Promise<void>): void {
  test(name, () => withProcesses(body));
}

/** Length of the accept queue that a socket asks for. */
async function backlogOf(port: number): Promise<number> {
  const { stdout } = await runProcess('ss', ['-Hltn', `sport = :${port}`]);
  return Number(stdout.trim().split(/\s+/)[2]);
}

/** The columns of one row of `show stat` by their names. */
async function rowOf({ ask }: Reloadable, row: string): Promise<Record<string, string>> {
  const lines = (await ask('show stat')).trim().split('\n');
  const columns = lines[0].replace(/^# /, '').split(',');
  const found = lines.map((line) => line.split(',')).find(([proxy, server]) => `${proxy}/${server}` === row) ?? [];
  return Object.fromEntries(columns.map((column, i) => [column, found[i]]));
}

interop('sockets of all kinds go on, whatever order, names and options they have now', async (engine) => {
  const server = await serve(named('served'));
  const folder = scratchFolder();
  const [port, inherited] = [await freePort(), await freePort()];
  const path = join(folder, 'front.sock');
  const name = `turbo-lb-test-${process.pid}-${engine}`;
  const fd = openListener({ address: { family: 'ipv4', host: '127.0.0.1', port: inherited }, backlog: 64, reusePort: false });
  const back = `backend b\n  server a ${server.address}\n`;
  const one = (tcp: string, unix: string): string =>
    `frontend f\n  bind 127.0.0.1:${port} ${tcp}\n  bind unix@${path} ${unix}\n  bind abns@${name}\n  bind fd@3\n  default_backend b\n${back}`;
  const several = `frontend u\n  bind abns@${name} maxconn 90\n  bind unix@${path} mode 600\n  default_backend b\nfrontend f\n  bind fd@3 name x\n  bind 127.0.0.1:${port} tfo defer-accept\n  default_backend b\n${back}`;
  const turbo = await startReloadable(engine, 2, [port], one('backlog 50', 'mode 666'), [fd]);
  sys.close(fd);
  const loads = [port, inherited, path].map((target) => new Load(target, 2));
  const more = async (): Promise<void> => {
    await Promise.all(loads.map((load) => load.more(20)));
    const { stdout } = await runProcess('socat', ['-', `ABSTRACT-CONNECT:${name},unix-tightsocklen=0`]);
    assert.is(stdout, 'served\n');
  };
  await more();
  assert.is(await backlogOf(port), 50);
  assert.is(statSync(path).mode & 0o777, 0o666);
  const texts: readonly (readonly [text: string, backlog: number | null, mode: number])[] = [
    [one('backlog 70 tcp-ut 5s', 'mode 640'), 70, 0o640],
    [several, null, 0o600],
    [one('backlog 60 mss 1000 maxconn 100', 'mode 644 maxconn 100'), 60, 0o644],
  ];
  for (const [text, backlog, mode] of texts) {
    assert.not.match(await turbo.reload(text), /ALERT|WARNING/);
    await more();
    if (backlog !== null) assert.is(await backlogOf(port), backlog);
    assert.is(statSync(path).mode & 0o777, mode);
  }
  assert.equal(await Promise.all(loads.map((load) => load.stop())), ['', '', '']);
  await turbo.reload(`frontend f\n  bind 127.0.0.1:${port}\n  default_backend b\n${back}`);
  assert.is(existsSync(path), false, 'the path goes with its bind');
  assert.not.match(await turbo.reload(one('', 'mode 666')), /ALERT/);
  await (await dial(path)).hears('served');
  await turbo.process.stop();
  assert.is(existsSync(path), false);
});

alone('a server without checks any more is up, and one with new ones is checked', async () => {
  const [server, port, dead] = [await serve(echo), await freePort(), await freePort()];
  const text = (check: string): string =>
    `listen f\n  bind 127.0.0.1:${port}\n  server s 127.0.0.1:${dead} ${check}\n  server t ${server.address}\n`;
  const turbo = await startReloadable('epoll', 1, [port], text('check inter 100ms fall 1'));
  const status = async (): Promise<string> => (await rowOf(turbo, 'f/s')).status;
  await eventually('it is down', async () => (await status()) === 'DOWN');
  await turbo.reload(text(''));
  assert.is(await status(), 'no check');
  await turbo.reload(text('check inter 100ms fall 1'));
  await eventually('it is down again', async () => (await status()) === 'DOWN');
  await turbo.reload(text(`check inter 100ms rise 1 port ${server.port}`));
  await eventually('its checks go elsewhere', async () => (await status()) === 'UP');
  await turbo.reload(text(`check inter 100ms fall 1 port ${dead} agent-check agent-port ${dead}`));
  await eventually('and back', async () => (await status()) === 'DOWN');
  await turbo.reload(text('disabled'));
  assert.is(await status(), 'MAINT');
  await turbo.reload(text(''));
  assert.is(await status(), 'no check');
});

alone('sections of resolvers come, change and go', async () => {
  const [server, port] = [await serve(named('served')), await freePort()];
  const dns = [
    await DnsServer.start({ hosts: { 'app.test': ['127.0.0.1'] } }),
    await DnsServer.start({ hosts: { 'app.test': ['127.0.0.5'] } }),
  ];
  const section = (name: string, { port: at }: DnsServer): string =>
    `resolvers ${name}\n  nameserver one 127.0.0.1:${at}\n  timeout resolve 100ms\n  timeout retry 100ms\n  hold valid 100ms\n`;
  const text = (sections: string, server_: string): string =>
    `${sections}listen f\n  bind 127.0.0.1:${port}\n  server s ${server_}\n`;
  const byName = (name: string): string => `app.test:${server.port} resolvers ${name} init-addr none resolve-prefer ipv4`;
  const turbo = await startReloadable('epoll', 1, [port], text('', server.address));
  const address = async (): Promise<string> => (await rowOf(turbo, 'f/s')).addr;
  await turbo.reload(text(section('d', dns[0]), byName('d')));
  await eventually('the name is found', async () => (await address()) === server.address);
  await (await dial(port)).hears('served');
  await turbo.reload(text(section('d', dns[1]), byName('d')));
  await eventually('by another server of names', async () => (await address()) === `127.0.0.5:${server.port}`);
  await turbo.reload(text(section('d', dns[1]) + section('e', dns[0]), byName('e')));
  await eventually('by another section', async () => (await address()) === server.address);
  assert.match(await turbo.ask('show resolvers'), /section d[\s\S]*section e|Resolvers section d[\s\S]*Resolvers section e/);
  await turbo.reload(text('', server.address));
  assert.not.match(await turbo.ask('show resolvers'), /section [de]\n/);
  await (await dial(port)).hears('served');
});

alone('a stick table of another shape begins anew, of another lifetime it goes on', async () => {
  const [server, port] = [await serve(echo), await freePort()];
  const text = (table: string): string =>
    `listen f\n  bind 127.0.0.1:${port}\n  stick-table ${table}\n  tcp-request connection track-sc0 src\n  server s ${server.address}\n`;
  const turbo = await startReloadable('epoll', 2, [port], text('type ip size 100 expire 1m store conn_cnt'));
  const visit = async (): Promise<string> => {
    const peer = await dial(port);
    await peer.echoes('hello');
    peer.socket.destroy();
    return await turbo.ask('show table f');
  };
  assert.match(await visit(), /type: ip, size:100, used:1[\s\S]*conn_cnt=1/);
  const client = await dial(port);
  await client.echoes('stays');
  await turbo.reload(text('type ip size 100 expire 2m store conn_cnt'));
  assert.match(await visit(), /used:1[\s\S]*conn_cnt=3/);
  await turbo.reload(text('type ip size 200 expire 2m store conn_cnt,bytes_in_cnt'));
  assert.match(await visit(), /size:200, used:1[\s\S]*bytes_in_cnt=\d+ conn_cnt=1|size:200, used:1[\s\S]*conn_cnt=1/);
  await turbo.reload(text('type string len 32 size 100 expire 2m store conn_cnt'));
  assert.match(await visit(), /type: string, size:100, used:1[\s\S]*key=127\.0\.0\.1.*conn_cnt=1/);
  await client.echoes('a session of the first table');
  client.socket.end();
  await client.over();
  assert.match(await visit(), /conn_cnt=2/);
});

alone('log lines go where the file says now; a syslog that is not there holds no reload up', async () => {
  const [server, port] = [await serve(echo), await freePort()];
  const receivers = [await Receiver.open(), await Receiver.open()];
  const socket = join(scratchFolder(), 'log.sock');
  const text = (target: string): string =>
    `listen f\n  bind 127.0.0.1:${port}\n  log ${target} format raw local0\n  log-format "%ci done"\n  server s ${server.address}\n`;
  const turbo = await startReloadable('epoll', 1, [port], text(`127.0.0.1:${receivers[0].port}`));
  const visit = async (): Promise<void> => {
    const peer = await dial(port);
    await peer.echoes('hello');
    peer.socket.end();
    await peer.over();
  };
  try {
    await visit();
    assert.equal(await receivers[0].take(1), ['127.0.0.1 done\n']);
    await turbo.reload(text(`127.0.0.1:${receivers[1].port}`));
    await visit();
    assert.ok((await receivers[1].take(1)).length > 0);
    assert.match(await turbo.reload(text(socket)), /Loading success/);
    await visit();
    await eventually('it is said', () => turbo.process.stderr.includes('are dropped'));
    const syslog = await startProcess('socat', ['-u', `UNIX-RECV:${socket}`, '-'], { readyWhen: () => existsSync(socket) });
    await eventually('it is spoken to again', async () => {
      await visit();
      return syslog.stdout.includes('done');
    });
    assert.is(turbo.process.stderr.split('are dropped').length - 1, 1);
  } finally {
    for (const receiver of receivers) receiver.close();
  }
});

interop('a storm of signals and of commands is a few reloads, the last of which reads the last file', async (engine) => {
  const [server, port] = [await serve(named('served')), await freePort()];
  const text = (maxconn: number): string =>
    `listen f\n  bind 127.0.0.1:${port}\n  maxconn ${maxconn}\n  server s ${server.address}\n`;
  const turbo = await startReloadable(engine, 2, [port], text(10));
  const load = new Load(port, 4);
  await load.more(20);
  const answers: Promise<string>[] = [];
  for (let i = 0; i < 100; i++) {
    turbo.write(text(20 + i));
    turbo.process.child.kill(i % 2 === 0 ? 'SIGUSR2' : 'SIGHUP');
    if (i % 10 === 9) answers.push(turbo.ask('reload'));
  }
  for (const answer of await Promise.all(answers)) assert.match(answer, /^Success=1\n/);
  assert.match(await turbo.ask('reload'), /^Success=1\n/);
  assert.is((await rowOf(turbo, 'f/FRONTEND')).slim, '119');
  const reloads = turbo.process.stderr.split('Loading success.').length - 2;
  assert.ok(reloads >= 1 && reloads <= 60, `${reloads} reloads`);
  await load.more(20);
  assert.is(await load.stop(), '');
});

alone('with -W a port of root alone can be added after the rights of root are given up, and goes again', async () => {
  const [server, port] = [await serve(echo), await freePort()];
  const own =
    'global\n  user nobody\n  group nogroup\ndefaults\n  timeout connect 1s\n  timeout client 1m\n  timeout server 1m\n';
  const text = (more: string): string => `${own}listen f\n  bind 127.0.0.1:${port}\n${more}  server s ${server.address}\n`;
  const turbo = await startReloadable('epoll', 1, [port], text(''));
  assert.match(await turbo.reload(text('  bind 127.0.0.1:81\n')), /Loading success/);
  await (await dial(81)).echoes('at the new port');
  await (await dial(port)).echoes('as before');
  assert.match(await turbo.reload(text('  maxconn 7\n')), /Loading success/);
  await eventually('nobody listens there', () => !isListening(81));
});

test.run();
