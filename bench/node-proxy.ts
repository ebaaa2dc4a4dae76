/**
 * The plainest TCP proxy that Node offers, as most would write it: net sockets and pipe(). It
 * shows what a balancer in Node costs without an engine of its own.
 * Arguments: HOST:PORT to listen on, then each server's HOST:PORT, taken in turn.
 */
import { connect, createServer, type Socket } from 'node:net';

function parse(text: string): { host: string; port: number } {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
}

const [bind, ...servers] = process.argv.slice(2).map(parse);
let turn = 0;

function relay(client: Socket): void {
  const server = connect({ ...servers[turn++ % servers.length], noDelay: true, allowHalfOpen: true });
  client.pipe(server).pipe(client);
  // Whatever ends one side for good ends the other: a proxy has no use for half a session.
  client.on('error', () => server.destroy());
  server.on('error', () => client.destroy());
}

createServer({ noDelay: true, allowHalfOpen: true }, relay).listen(bind);
