/** A runtime socket made up for a test: it answers as told, cut where it is told. */
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { scratchFolder } from '../../harness.js';

/** A socket that calls `answer` with each line of each connection. */
export async function madeUpSocket(answer: (line: string, socket: Socket) => void): Promise<{ path: string; server: Server }> {
  const path = join(scratchFolder(), 'made-up.sock');
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let text = '';
    socket.setEncoding('utf8').on('error', () => socket.destroy());
    socket.on('data', (chunk: string) => {
      text += chunk;
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        const line = text.slice(0, end);
        text = text.slice(end + 1);
        answer(line, socket);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return { path, server };
}
