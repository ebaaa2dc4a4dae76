/** Questions and conversations against sockets that answer late, in pieces, half, or not at all. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ask } from '../../../src/admin/client/ask.js';
import { Conversation } from '../../../src/admin/client/conversation.js';
import { type Endpoint, parseEndpoint } from '../../../src/admin/client/endpoint.js';
import { madeUpSocket } from './socket.js';

const SOON = { silenceMs: 20_000 };

function endpointOf(path: string): Endpoint {
  const endpoint = parseEndpoint(path);
  if (!endpoint.ok) throw new Error(endpoint.message);
  return endpoint.value;
}

async function rejection(promise: Promise<unknown>): Promise<string> {
  return await promise.then(
    (value) => `resolved: ${value}`,
    (error: Error) => `${error.name}: ${error.message}`,
  );
}

test('an answer ends where the balancer closes, and its last empty line is framing', async () => {
  const { path, server } = await madeUpSocket((line, socket) => {
    for (const piece of ['a\n', '\n', 'b', `:${line}\n`, '\n']) socket.write(piece);
    socket.end();
  });
  assert.is(await ask(endpointOf(path), 'show it', SOON), 'a\n\nb:show it\n');
  const pieces: string[] = [];
  assert.is(await ask(endpointOf(path), 'x', { ...SOON, onText: (text) => pieces.push(text) }), '');
  assert.is(pieces.join(''), 'a\n\nb:x\n');
  server.close();
});

test('an empty answer is empty', async () => {
  const { path, server } = await madeUpSocket((_line, socket) => void socket.end('\n'));
  assert.is(await ask(endpointOf(path), 'set weight app/s1 1', SOON), '');
  server.close();
});

test('who closes without an answer has not read the question, unless it was one that ends the connection', async () => {
  const { path, server } = await madeUpSocket((_line, socket) => void socket.end());
  const endpoint = endpointOf(path);
  assert.match(
    await rejection(ask(endpoint, 'disable server app/s1', SOON)),
    /without an answer: .*a longer line or payload than it takes/,
  );
  for (const command of ['quit', 'show info; quit', 'reload']) assert.is(await ask(endpoint, command, SOON), '');
  server.close();
});

test('an answer that breaks off is no answer', async () => {
  const { path, server } = await madeUpSocket(
    (line, socket) => void socket.end(line.endsWith('half') ? '# pxname\nap' : '# pxname\n'),
  );
  const endpoint = endpointOf(path);
  const said: string[] = [];
  const onText = (text: string): void => void said.push(text);
  for (const command of ['show half', 'show whole lines'])
    assert.match(await rejection(ask(endpoint, command, { ...SOON, onText })), 'the answer broke off');
  assert.is(said.join(''), '# pxname\nap# pxname\n', 'what came is passed on all the same');
  assert.is(await ask(endpoint, '@2 show what HAProxy answers without an empty line', SOON), '# pxname\n');
  server.close();
});

test('who does not answer is given up', async () => {
  const { path, server } = await madeUpSocket((line, socket) => void (line === 'half' && socket.write('# pxname')));
  const endpoint = endpointOf(path);
  assert.is(await rejection(ask(endpoint, 'show info', { silenceMs: 20 })), `Unreachable: ${path}: no answer within 20 ms`);
  const bounded = ask(endpoint, 'half', { silenceMs: 0, signal: AbortSignal.timeout(20) });
  assert.is(await rejection(bounded), `Unreachable: ${path}: no complete answer in time`);
  assert.match(await rejection(Conversation.open(endpoint, 20)), /no answer within 20 ms/);
  server.close();
});

test('a socket that is not there, and a file that is none', async () => {
  assert.match(await rejection(ask(endpointOf('/nonexistent/a.sock'), 'help', SOON)), /Unreachable: .*no such socket/);
  assert.match(await rejection(ask(endpointOf('/dev/null'), 'help', SOON)), /Unreachable: /);
});

/** Prompts as HAProxy: what a line is answered with, then `> `; nothing answers the line `prompt`. */
function prompting(name = ''): (line: string, socket: import('node:net').Socket) => void {
  return (line, socket) => {
    const answer = line === 'prompt' || line === 'silent' ? '' : line === 'many' ? 'one\n> two\n\nthree\n' : `<${line}>\n`;
    if (line === 'die') socket.destroy();
    else for (const piece of [answer, `\n${name}`, '> ']) socket.write(piece);
  };
}

test('a conversation keeps its connection, answer by answer', async () => {
  const { path, server } = await madeUpSocket(prompting());
  const conversation = await Conversation.open(endpointOf(path), 20_000);
  assert.is(await conversation.ask('show info'), '<show info>\n');
  assert.is(await conversation.ask('silent'), '');
  assert.is(await conversation.ask('many'), 'one\n> two\n\nthree\n');
  assert.is(conversation.prompt, '> ');
  assert.is(conversation.isOpen, true);
  assert.match(await rejection(conversation.ask('die')), 'the balancer has closed the connection');
  assert.is(conversation.isOpen, false);
  assert.match(await rejection(conversation.ask('show info')), 'the balancer has closed the connection');
  server.close();
});

const PROMPTS = ['master', '17641(xe)', 'master[ReloadFailed]', '[0:00:00:05]', '[12:23:59:59]master(e)[ReloadFailed]'];
for (const name of PROMPTS)
  test(`the prompt is kept for the person: ${name}`, async () => {
    const { path, server } = await madeUpSocket(prompting(name));
    const conversation = await Conversation.open(endpointOf(path), 20_000);
    assert.is(await conversation.ask('show proc'), '<show proc>\n');
    assert.is(conversation.prompt, `${name}> `);
    conversation.close();
    server.close();
  });

test.run();
