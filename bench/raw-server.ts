/**
 * The peer of the raw clients: accepts, answers what it receives with the same bytes, and holds
 * every connection until the other side ends it. Argument: the port on 127.0.0.1.
 */
import { createServer } from 'node:net';

const BACKLOG = 4096;

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('data', (chunk) => socket.write(chunk));
  socket.on('error', () => socket.destroy()); // a reset by the balancer is the balancer's affair
});
server.listen({ host: '127.0.0.1', port: Number(process.argv[2]), backlog: BACKLOG });
