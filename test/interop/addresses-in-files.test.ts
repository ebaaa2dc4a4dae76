/** Addresses of binds and servers as files write them, in use, beside HAProxy: UNIX sockets, ranges, templates, inherited descriptors. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { freePort, isListening, scratchFolder, startProcess, withProcesses } from '../harness.js';
import { closeAll, dial, echo, serve } from './support/peers.js';
import { type Run, twins } from './support/twins.js';

const TURBO_LB = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

const DEFAULTS = `
defaults
  mode tcp
  timeout connect 5s
  timeout client 5s
  timeout server 5s
  log-format "%ft %b/%s %B %ts"`;

/** Sessions one after the other, and what each listen on the way logs. */
async function talk(run: Run, port: number, sessions: number, lines: number): Promise<string[]> {
  for (let i = 0; i < sessions; i++) {
    const client = await dial(port);
    await client.echoes(`session ${i}`);
    client.socket.end();
    await client.over();
    await run.log.traffic((i + 1) * lines);
  }
  return (await run.logged(sessions * lines)).sort();
}

twins('a chain over abstract and other UNIX sockets', async (run) => {
  const server = await serve(echo);
  const port = await run.port('outer');
  const name = `turbo-test-${port}`;
  const path = join(run.folder, 'middle.sock');
  const log = `log 127.0.0.1:${run.log.port} local0`;
  await run.start(`${DEFAULTS}
listen outer
  ${log}
  bind 127.0.0.1:${port}
  server s abns@${name} send-proxy-v2
listen middle
  ${log}
  bind abns@${name} accept-proxy
  server s unix@${path}
listen inner
  ${log}
  bind unix@${path} mode 600
  server s ${server.address}`);
  return talk(run, port, 3, 3);
});

twins('servers of a template', async (run) => {
  const server = await serve(echo);
  const port = await run.port('bind');
  await run.start(`${DEFAULTS}
listen t
  log 127.0.0.1:${run.log.port} local0
  bind 127.0.0.1:${port}
  balance roundrobin
  server-template web 2-4 ${server.address}
  server last ${server.address} weight 2`);
  return talk(run, port, 10, 1);
});

/** A session through a program that has a listening socket as its descriptor 3. */
async function inherits(command: string, words: readonly string[]): Promise<string> {
  const server = await serve(echo);
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as { port: number };
  const { fd } = (listener as unknown as { _handle: { fd: number } })._handle;
  const other = await freePort();
  const file = join(scratchFolder(), 'inherit.cfg');
  writeFileSync(
    file,
    `${DEFAULTS}\nlisten t\n  bind fd@\${INHERITED}\n  bind 127.0.0.1:${other}\n  server s ${server.address}\n`,
  );
  const readyWhen = (): boolean => isListening(other);
  const options = { inherits: [fd], env: { INHERITED: '3' }, readyWhen };
  const program = await startProcess(command, [...words, '-db', '-f', file], options);
  listener.close(); // from here on the program has it alone
  const client = await dial(port);
  await client.echoes('hello');
  client.socket.end();
  const seen = await client.over();
  await program.stop();
  return seen;
}

test('a descriptor that was inherited, by a variable of the environment', () =>
  withProcesses(async () => {
    const theirs = await inherits('haproxy', []);
    assert.is(await inherits(process.execPath, [TURBO_LB]), theirs);
    await closeAll();
  }));

test.run();
