/** Ports on loopback, and who listens on them, without connecting: a probe would be a client like any other. */
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { createServer } from 'node:net';

// Below the ports that the kernel hands out for outgoing connections (ip_local_port_range, from 32768).
const FIRST = 10_000;
const COUNT = 22_000;
/** st of /proc/net/tcp: TCP_LISTEN of include/net/tcp_states.h. */
const STATE_LISTEN = '0A';
/** Read at once. */
const CHUNK_BYTES = 16_384;

// Test files run side by side: each begins somewhere else.
let next = (process.pid * 61) % COUNT;

/** A TCP port of 127.0.0.1 that nobody listens on; never the same one twice in a test file. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < COUNT; tries++) {
    const port = FIRST + (next++ % COUNT);
    if (!isListening(port) && (await canBind(port))) return port;
  }
  throw new Error(`no free port within ${FIRST}..${FIRST + COUNT - 1}`);
}

function canBind(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1' }, () => server.close(() => resolve(true)));
  });
}

/** Whether a TCP socket of any process listens on this port, whatever its address. */
export function isListening(port: number): boolean {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return ['/proc/net/tcp', '/proc/net/tcp6']
    .filter((file) => existsSync(file))
    .some((file) => listeningIn(file).some((address) => address.endsWith(local)));
}

/**
 * Local addresses of the sockets that listen. The kernel names these first, so that the thousands
 * of connections there may be on a busy machine are not read.
 */
function listeningIn(file: string): string[] {
  const fd = openSync(file, 'r');
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    const found: string[] = [];
    let text = '';
    for (;;) {
      const length = readSync(fd, chunk);
      const lines = (text + chunk.toString('latin1', 0, length)).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) {
        const [number, local, , state] = line.trim().split(/\s+/);
        if (number === 'sl') continue; // the head
        if (state !== STATE_LISTEN) return found;
        found.push(local);
      }
      if (length === 0) return found;
    }
  } finally {
    closeSync(fd);
  }
}
