/** The plainest check: a server is well when it accepts a connection, which is then reset. */
import { createConnection, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { SocketAddress } from '../../kernel/address.js';
import { errnoName, systemText } from '../../kernel/errno.js';
import type { CheckResult, CheckStatus } from './result.js';

/** Errors of our own side of the connection: they say nothing of the server. */
const OWN_ERRORS: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL']);

/** Connects once; resolves with the result, never rejects. Ending `signal` ends the attempt without one. */
export function checkTcp(address: SocketAddress, timeoutMs: number, signal: AbortSignal): Promise<CheckResult> {
  const started = performance.now();
  return new Promise((resolve) => {
    const socket = connect(address);
    const end = (status: CheckStatus, info: string): void => {
      clearTimeout(late);
      signal.removeEventListener('abort', abort);
      socket.removeAllListeners();
      socket.on('error', () => undefined); // what still comes of a connection that is given up
      giveUp(socket, address);
      resolve({ status, info, durationMs: performance.now() - started });
    };
    const late = setTimeout(() => end('L4TOUT', ''), timeoutMs);
    const abort = (): void => {
      clearTimeout(late);
      socket.destroy();
    };
    signal.addEventListener('abort', abort);
    socket.once('connect', () => end('L4OK', ''));
    socket.once('error', (error: NodeJS.ErrnoException) =>
      end(OWN_ERRORS.has(error.code ?? '') ? 'SOCKERR' : 'L4CON', explain(error)),
    );
  });
}

function connect(address: SocketAddress): Socket {
  if (address.family !== 'unix') return createConnection({ host: address.host, port: address.port, noDelay: true });
  return createConnection({ path: address.abstract ? `\0${address.path}` : address.path });
}

/** A reset leaves nothing behind in TIME_WAIT; sockets of other kinds know none. */
function giveUp(socket: Socket, { family }: SocketAddress): void {
  if (family === 'unix' || socket.connecting) socket.destroy();
  else socket.resetAndDestroy();
}

function explain({ errno, message }: NodeJS.ErrnoException): string {
  return errno === undefined ? message : `${errnoName(errno)} returned by OS (${systemText(errno)})`;
}
