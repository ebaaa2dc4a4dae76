/**
 * Opens connections, has each exchange 100 bytes once, and keeps it open and silent. Orders come
 * over the message channel of child_process: `open` keeps the connections, `churn` closes them
 * again; each is answered with 'done' when it is complete. Argument: the port on 127.0.0.1.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface IdleOrder {
  readonly kind: 'open' | 'churn';
  readonly connections: number;
}

const MESSAGE = Buffer.alloc(100, 'x');
/** Connections being opened at the same time: fewer than any contender's accept queue holds. */
const GROUP = 100;

const port = Number(process.argv[2]);

function fail(reason: string): never {
  process.stderr.write(`idle-client: ${reason}\n`);
  process.exit(1);
}

/** A connection that has had its one exchange. */
async function openOne(): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  socket.on('error', (error) => fail(error.message));
  socket.on('end', () => fail('a connection was closed'));
  await once(socket, 'connect');
  socket.write(MESSAGE);
  let received = 0;
  while (received < MESSAGE.length) received += ((await once(socket, 'data')) as [Buffer])[0].length;
  return socket;
}

async function closeOne(socket: Socket): Promise<void> {
  socket.removeAllListeners('end');
  const closed = once(socket, 'close');
  socket.end();
  await closed;
}

async function obey(order: IdleOrder): Promise<void> {
  for (let left = order.connections; left > 0; left -= GROUP) {
    const group = await Promise.all(Array.from({ length: Math.min(GROUP, left) }, openOne));
    if (order.kind === 'churn') await Promise.all(group.map(closeOne));
  }
  process.send?.('done');
}

process.on('message', (order: IdleOrder) => {
  obey(order).catch((error) => fail(String(error)));
});
process.once('disconnect', () => process.exit(0)); // the benchmark ended: so do its connections
