/**
 * The process of the demo's servers: each says who it is and how many requests it has had. Ctrl-C
 * reaches this process too, but it stays until the balancer is gone, so that requests under way
 * get their answers.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DemoServersReady } from './demo-servers.js';

const NAMES = ['app1', 'app2', 'app3'];
const HOST = '127.0.0.1';

process.title = 'demo-servers';
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => undefined); // the balancer's end, not the signal, ends this process
}
process.once('disconnect', () => process.exit());

/** Starts one server on a port that the system chooses. */
function startServer(name: string): Promise<{ name: string; port: number }> {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    request.resume();
    response.setHeader('content-type', 'text/plain; charset=utf-8');
    response.end(`This is ${name}, and this is its request number ${requests}.\n`);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, HOST, () => resolve({ name, port: (server.address() as AddressInfo).port }));
  });
}

const ready: DemoServersReady = { servers: await Promise.all(NAMES.map(startServer)) };
process.send?.(ready);
