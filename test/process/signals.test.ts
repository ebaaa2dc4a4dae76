/** What the process does on signals, under which name it is found, and that Node's debugger stays closed. */
import { readdirSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  eventually,
  freePort,
  isListening,
  type RunningProcess,
  runProcess,
  scratchFolder,
  startTurbo,
  withProcesses,
} from '../harness.js';
import { argumentsOf, balance } from '../interop/support/balancers.js';
import { dial, echo, interop, serve } from '../interop/support/peers.js';

/** Where Node's debugger listens unless told otherwise. */
const DEBUGGER_PORT = 9229;

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  interop(`${signal} ends the process by that signal at once, sessions or not`, async (engine) => {
    const server = await serve(echo);
    const { port, process } = await balance(engine, [server.address], { workers: 2 });
    const client = await dial(port);
    await client.echoes('hello');
    assert.equal(await process.stop(signal), { code: null, signal });
    await client.over();
    assert.not(isListening(port));
  });
}

/** Nobody listens any more; a connection is refused. */
async function refuses(port: number): Promise<void> {
  await eventually('it has stopped listening', () => !isListening(port));
  const outcome = await dial(port).then(
    () => 'accepted',
    (error) => error.code,
  );
  assert.is(outcome, 'ECONNREFUSED');
}

/** It has said nothing but that its proxies have stopped. */
function onlyStopped({ output }: RunningProcess): void {
  const lines = output.split('\n').filter((line) => line !== '' && !line.includes(' : listening on '));
  for (const line of lines)
    assert.match(line, /^\[WARNING\] +\(\d+\) : Proxy \S+ stopped \(cumulated conns: FE: \d+, BE: \d+\)\.$/);
  assert.ok(lines.length > 0);
}

interop('SIGUSR1 refuses new clients, lets sessions go on, and ends with exit code 0 after the last', async (engine) => {
  const server = await serve(echo);
  const { port, process } = await balance(engine, [server.address], { workers: 2 });
  const clients = await Promise.all(Array.from({ length: 10 }, () => dial(port)));
  for (const client of clients) await client.echoes('before');
  process.child.kill('SIGUSR1');
  await refuses(port);
  for (const client of clients) {
    assert.ok(process.running);
    await client.echoes('after');
    client.socket.end();
    assert.is(await client.closed, 'end');
  }
  assert.equal(await process.exited, { code: 0, signal: null });
  onlyStopped(process);
});

interop('SIGUSR1 while connections pour in loses none that was accepted, and says nothing strange', async (engine) => {
  const server = await serve(echo);
  const { port, process } = await balance(engine, [server.address], { workers: 2 });
  const idle = await dial(port);
  await idle.echoes('here');
  let refused = false;
  const pour = async (): Promise<void> => {
    while (!refused) {
      const client = await dial(port).catch(() => undefined);
      if (client === undefined) refused = true;
      else {
        await client.echoes('x').catch(() => undefined); // it was in the accept queue when that was closed
        client.socket.destroy();
      }
    }
  };
  const pouring = Promise.all(Array.from({ length: 16 }, pour));
  await server.peer(200);
  process.child.kill('SIGUSR1');
  await pouring;
  await idle.echoes('still here');
  idle.socket.end();
  assert.equal(await process.exited, { code: 0, signal: null });
  onlyStopped(process);
});

interop('SIGUSR1 without a session ends at once; a second one and SIGTERM do no harm', async (engine) => {
  const server = await serve(echo);
  const first = await balance(engine, [server.address]);
  first.process.child.kill('SIGUSR1');
  assert.equal(await first.process.exited, { code: 0, signal: null });
  const second = await balance(engine, [server.address]);
  const client = await dial(second.port);
  await client.echoes('hello');
  second.process.child.kill('SIGUSR1');
  await refuses(second.port);
  second.process.child.kill('SIGUSR1');
  await client.echoes('still here');
  assert.equal(await second.process.stop('SIGTERM'), { code: null, signal: 'SIGTERM' });
});

interop('SIGTTOU stops listening and sessions go on; SIGTTIN listens again', async (engine) => {
  const server = await serve(echo);
  const { port, process } = await balance(engine, [server.address], { workers: 2 });
  const client = await dial(port);
  for (let round = 0; round < 3; round++) {
    process.child.kill('SIGTTOU');
    await refuses(port);
    await client.echoes('still here');
    process.child.kill('SIGTTIN');
    await eventually('it listens again', () => isListening(port));
    const others = await Promise.all(Array.from({ length: 10 }, () => dial(port)));
    for (const other of others) await other.echoes('here as well');
    for (const other of others) other.socket.end(); // the end of the process would wait for their timeouts
    for (const other of others) assert.is(await other.closed, 'end');
  }
  await eventually('all is said', () => process.stderr.split('Resumed frontend').length === 4);
  assert.match(process.stderr, /\[WARNING\] +\(\d+\) : Paused frontend \S+\.\n/);
  process.child.kill('SIGTTOU');
  await refuses(port);
  process.child.kill('SIGUSR1');
  client.socket.end();
  assert.equal(await process.exited, { code: 0, signal: null });
});

interop('what paused cannot go on where somebody else has taken the address', async (engine) => {
  const server = await serve(echo);
  const { port, process } = await balance(engine, [server.address]);
  process.child.kill('SIGTTOU');
  await refuses(port);
  const other = await serve(echo, { port });
  process.child.kill('SIGTTIN');
  await eventually('it says so', () => process.stderr.includes('Failed to resume frontend'));
  assert.match(process.stderr, 'address already in use (EADDRINUSE)');
  await other.close();
  process.child.kill('SIGTTIN');
  await eventually('it listens again', () => isListening(port));
  await (await dial(port)).echoes('hello');
});

interop('SIGHUP says how servers are; SIGQUIT and SIGPIPE end nothing', async (engine) => {
  const server = await serve(echo);
  const { port, process } = await balance(engine, [server.address], { workers: 2 });
  const client = await dial(port);
  await client.echoes('hello');
  for (const signal of ['SIGPIPE', 'SIGQUIT', 'SIGHUP'] as const) process.child.kill(signal);
  await eventually('it has said so', () => process.stderr.includes('tot(FE+BE)'));
  assert.match(process.stderr, /\[WARNING\] +\(\d+\) : SIGHUP received, dumping servers states\.\n/);
  assert.match(process.stderr, / : SIGHUP: Server \S+\/srv1 is UP\. Conn: 1 act, 0 pend, 1 tot\.\n/);
  await client.echoes('still here');
});

/** The commands by which operators find a process, and what they print for this one. */
async function findings(process: RunningProcess): Promise<Record<string, boolean>> {
  const { pid } = process;
  const found = async (command: string, ...args: string[]): Promise<boolean> => {
    const { code, stdout } = await runProcess(command, args);
    return code === 0 && stdout.split(/\s+/).includes(String(pid));
  };
  const { stdout: comm } = await runProcess('ps', ['-o', 'comm=', '-p', String(pid)]);
  return {
    ps: comm.trim() === 'turbo-lb',
    pgrep: await found('pgrep', '-x', 'turbo-lb'),
    pidof: await found('pidof', 'turbo-lb'),
    killall: (await runProcess('killall', ['-0', 'turbo-lb'])).code === 0,
  };
}

interop('ps, pgrep, pidof and killall find it as turbo-lb', async (engine) => {
  const server = await serve(echo);
  const { process } = await balance(engine, [server.address], { workers: 2 });
  assert.equal(await findings(process), { ps: true, pgrep: true, pidof: true, killall: true });
});

interop('SIGUSR1 as soon as the process has its name does not open the debugger', async (engine) => {
  const server = await serve(echo);
  const named = async (pid: number): Promise<boolean> =>
    (await runProcess('ps', ['-o', 'comm=', '-p', String(pid)])).stdout.trim() === 'turbo-lb';
  const bind = `127.0.0.1:${await freePort()}`;
  const process = await startTurbo(argumentsOf(bind, [server.address]), { engine, readyWhen: () => true });
  await eventually('it has its name', () => named(process.pid));
  process.child.kill('SIGUSR1');
  assert.equal(await process.exited, { code: 0, signal: null });
  assert.not.match(process.output, /Debugger listening/);
  assert.not(isListening(DEBUGGER_PORT));
});

test('signals that come before the start is over do not end or stop it', () =>
  withProcesses(async () => {
    const port = await freePort();
    const config = join(scratchFolder(), 'f.cfg');
    const times = ['connect', 'client', 'server'].map((name) => `timeout ${name} 1s`);
    writeFileSync(
      config,
      ['global', 'maxconn 100', 'defaults', 'mode tcp', ...times, 'listen l', `bind 127.0.0.1:${port}`, ''].join('\n'),
    );
    const process = await startTurbo(['-f', config], { readyWhen: () => true });
    await eventually('it has its name', async () =>
      (await runProcess('ps', ['-o', 'comm=', '-p', String(process.pid)])).stdout.startsWith('turbo-lb'),
    );
    for (const signal of ['SIGHUP', 'SIGUSR2', 'SIGQUIT', 'SIGTTOU', 'SIGTTIN'] as const) process.child.kill(signal);
    await eventually('it listens', () => isListening(port));
  }));

test('SIGTERM as soon as a socket has a file leaves no file behind', () =>
  withProcesses(async () => {
    const folder = scratchFolder();
    const config = join(folder, 'f.cfg');
    const sockets = ['admin.sock', 'web.sock'].map((name) => join(folder, name));
    const text = ['global', 'maxconn 100', `stats socket ${sockets[0]}`, 'listen l', 'mode tcp', `bind ${sockets[1]}`, ''];
    writeFileSync(config, text.join('\n'));
    const process = await startTurbo(['-f', config], { readyWhen: () => true });
    const watcher = watch(folder, () => process.child.kill('SIGTERM')); // at once: the files are there for some milliseconds
    assert.equal(await process.exited, { code: null, signal: 'SIGTERM' });
    watcher.close();
    assert.equal(readdirSync(folder), ['f.cfg']);
  }));

interop('an address in use is named as it was asked for, and the exit code is 1', async (engine) => {
  const server = await serve(echo);
  const process = await startTurbo(argumentsOf(server.address, [server.address]), { engine, readyWhen: () => true });
  assert.equal(await process.exited, { code: 1, signal: null });
  assert.match(process.stderr, `--bind ${server.address}`);
  assert.match(process.stderr, 'EADDRINUSE');
  assert.is(process.stderr.trim().split('\n').length, 1, process.stderr);
});

test.run();
