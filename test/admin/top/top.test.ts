/** The live view against a balancer that takes its time. */
import type { Socket } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseEndpoint } from '../../../src/admin/client/endpoint.js';
import { textOf } from '../../../src/admin/top/screen.js';
import { type Screen, Top } from '../../../src/admin/top/top.js';
import { eventually } from '../../harness.js';
import { madeUpSocket } from '../client/socket.js';
import { answer, farm } from './support.js';

/** A screen of 24 lines, and a keyboard. */
class Terminal implements Screen {
  readonly columns = 80;
  readonly rows = 24;
  lines: readonly string[] = [];
  press: (key: string) => void = () => undefined;

  readonly enter = (): void => undefined;
  readonly leave = (): void => undefined;
  readonly clear = (): void => undefined;

  draw(lines: Parameters<Screen['draw']>[0]): void {
    this.lines = lines.map(textOf);
  }

  onKey(take: (key: string) => void): void {
    this.press = take;
  }
}

test('a key that is pressed while the balancer has not answered yet is not forgotten when it does', async () => {
  const asked: Socket[] = [];
  const { path, server } = await madeUpSocket((_line, socket) => void asked.push(socket));
  const endpoint = parseEndpoint(path);
  if (!endpoint.ok) throw new Error(endpoint.message);
  const terminal = new Terminal();
  const top = new Top({ endpoint: endpoint.value, intervalMs: 1, timeoutMs: 20_000 }, terminal);
  const over = top.run();
  const reply = async (look: number): Promise<void> => {
    await eventually('it looks', () => asked.length === look);
    asked[look - 1].end(`${answer(farm(look))}\n`);
    await eventually('it looks again', () => asked.length === look + 1);
  };
  try {
    await reply(1);
    for (const key of ['down', 'down', 'd']) terminal.press(key);
    assert.match(terminal.lines[23], /^Drain app\/s1\? /);
    await reply(2);
    assert.match(terminal.lines[23], /^Drain app\/s1\? /);
    terminal.press('n');
    await reply(3);
    assert.match(terminal.lines[23], /^app\/s1 is left as it is\./);
  } finally {
    top.stop();
    await over;
    for (const socket of asked) socket.destroy();
    server.close();
  }
});

test.run();
