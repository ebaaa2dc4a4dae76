/**
 * A socket read by recv(2) itself, for tests that must tell a reset from an end of stream: Node and
 * socat take a reset that arrives together with data for an end.
 */
import { encodeAddresses, type SocketAddress } from '../../../src/kernel/address.js';
import { errnoName } from '../../../src/kernel/errno.js';
import { localAddress, openListener } from '../../../src/kernel/listener.js';
import { AF_INET, EAGAIN, EINPROGRESS, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_STREAM } from '../../../src/kernel/sys/constants.js';
import { sys } from '../../../src/kernel/sys/libc.js';
import { allocate } from '../../../src/kernel/sys/memory.js';
import { eventually } from '../../harness.js';

const BUFFER_BYTES = 1 << 16;

/** What a socket received until its stream ended or failed. */
export interface Received {
  readonly bytes: number;
  /** 'end', or the name of the error. */
  readonly end: string;
}

/** Connects to a port of 127.0.0.1 and receives everything. */
export async function receiveFrom(port: number): Promise<Received> {
  const { region, encoded } = encodeAddresses([{ family: 'ipv4', host: '127.0.0.1', port }]);
  const fd = sys.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  try {
    const result = sys.connect(fd, encoded[0].address, encoded[0].length);
    if (result !== -EINPROGRESS) throw new Error(`connect: ${errnoName(result)}`);
    return await receiveAll(fd);
  } finally {
    sys.close(fd);
    region.unmap();
  }
}

/** Listens on a port of 127.0.0.1; `received` resolves with what the first connection brings. */
export function listenRaw(): { address: string; received: Promise<Received> } {
  const listener = openListener({ address: { family: 'ipv4', host: '127.0.0.1', port: 0 }, backlog: 1, reusePort: false });
  const { port } = localAddress(listener) as SocketAddress & { family: 'ipv4' };
  const accept = async (): Promise<Received> => {
    let fd = -1;
    await eventually('a connection arrives', () => {
      fd = sys.accept4(listener, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
      return fd >= 0;
    });
    return receiveAll(fd).finally(() => sys.close(fd));
  };
  return { address: `127.0.0.1:${port}`, received: accept().finally(() => sys.close(listener)) };
}

async function receiveAll(fd: number): Promise<Received> {
  const buffer = allocate(BUFFER_BYTES);
  let bytes = 0;
  try {
    return await eventually('the stream ends', () => {
      const result = sys.recv(fd, buffer.address, BUFFER_BYTES, 0);
      if (result > 0) bytes += result;
      if (result > 0 || result === -EAGAIN) return false;
      return { bytes, end: result === 0 ? 'end' : errnoName(result) };
    });
  } finally {
    buffer.unmap();
  }
}
