/** How a connection to the runtime API ends when its client leaves. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Answer, newSession, type ProcessControl } from '../../../src/admin/command.js';
import { Connection, type Respond } from '../../../src/admin/runtime/connection.js';
import { scratchFolder } from '../../harness.js';

const PIECE = 'x'.repeat(256 * 1024);

/** An answer that takes more than a socket does, and waits until the client has left. */
async function* longAnswer(left: Promise<unknown>): AsyncGenerator<string> {
  yield PIECE;
  await left;
  for (let i = 0; i < 64; i++) yield PIECE;
}

async function accept(server: Server, path: string): Promise<{ client: Socket; socket: Socket }> {
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = connect(path);
  await once(client, 'connect');
  const [socket] = await accepted;
  return { client, socket };
}

for (const moment of ['while it waits for room', 'while more is made'])
  test(`a client that leaves in the middle of an answer, ${moment}, is no defect`, async () => {
    const path = join(scratchFolder(), 'socket');
    const server = createServer({ allowHalfOpen: true }).listen(path);
    await once(server, 'listening');
    const { client, socket } = await accept(server, path);
    const left = once(client, 'close');
    const connection = new Connection(socket, newSession({ level: 'admin', timeoutMs: 5000 }), {
      respond: () => longAnswer(moment === 'while more is made' ? left : Promise.resolve()),
      lineMax: 1024,
      uptimeMs: () => 0,
      control: {} as ProcessControl,
    });
    client.write('show all\n');
    client.once('readable', () => client.destroy());
    await connection.serve().finally(() => server.close());
    assert.ok(socket.destroyed);
  });

test('a client that has left when a command begins to wait is no defect', async () => {
  const path = join(scratchFolder(), 'socket');
  const server = createServer({ allowHalfOpen: true }).listen(path);
  await once(server, 'listening');
  const { client, socket } = await accept(server, path);
  const unheard: unknown[] = [];
  const listen = (reason: unknown): number => unheard.push(reason);
  process.on('unhandledRejection', listen);
  const waits = (_: unknown, __: unknown, left: AbortSignal): Promise<string> => {
    socket.destroy();
    return new Promise((_resolve, reject) => left.addEventListener('abort', () => reject(new Error('nobody waits'))));
  };
  let asked = 0;
  const respond: Respond = (...asking) => (asked++ === 0 ? 'text that was not sent yet\n' : waits(...asking));
  const options = { respond, lineMax: 1024, uptimeMs: () => 0, control: {} as ProcessControl };
  client.write('show info;wait 1s\n');
  await new Connection(socket, newSession({ level: 'user', timeoutMs: 5000 }), options).serve().finally(() => server.close());
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', listen);
  client.destroy();
  assert.equal([asked, unheard], [2, []]);
});

/** Keeps the thread for a while, as a command that has much to do. */
function work(): string {
  const end = performance.now() + 1;
  while (performance.now() < end);
  return '';
}

function* pieces(): Iterable<string> {
  for (let i = 0; i < 300; i++) yield work();
}

const GREED: Readonly<Record<string, { readonly asked: string; readonly respond: () => Answer }>> = {
  'hundreds of commands at once': { asked: 'a;'.repeat(300), respond: work },
  'an answer of hundreds of pieces': { asked: 'a', respond: pieces },
};

for (const [what, { asked, respond }] of Object.entries(GREED))
  test(`others have their turns during ${what}`, async () => {
    const path = join(scratchFolder(), 'socket');
    const server = createServer({ allowHalfOpen: true }).listen(path);
    await once(server, 'listening');
    const { client, socket } = await accept(server, path);
    client.resume().end(`${asked}\n`);
    await once(socket, 'readable');
    let turns = 0;
    let over = false;
    const other = (): void => {
      turns++;
      if (!over) setImmediate(other);
    };
    setImmediate(other);
    const options = { respond, lineMax: 1024, uptimeMs: () => 0, control: {} as ProcessControl };
    const served = new Connection(socket, newSession({ level: 'admin', timeoutMs: 5000 }), options).serve();
    await served.finally(() => server.close());
    over = true;
    assert.ok(turns > 10, `${turns} turns`);
  });

test('a thousand answers that take their time leave nothing behind', async () => {
  const path = join(scratchFolder(), 'socket');
  const server = createServer({ allowHalfOpen: true }).listen(path);
  await once(server, 'listening');
  const { client, socket } = await accept(server, path);
  const warnings: Error[] = [];
  const listen = (warning: Error): number => warnings.push(warning);
  process.on('warning', listen);
  client.resume().end(`${'a;'.repeat(500)}\n`.repeat(2));
  const respond = (): Promise<string> => new Promise((resolve) => setImmediate(resolve, ''));
  const options = { respond, lineMax: 1024, uptimeMs: () => 0, control: {} as ProcessControl };
  await new Connection(socket, newSession({ level: 'admin', timeoutMs: 5000 }), options).serve().finally(() => server.close());
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', listen);
  assert.equal(warnings, []);
});

test.run();
