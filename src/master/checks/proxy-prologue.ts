/**
 * The header of the PROXY protocol that checks begin with (`check-send-proxy`): version 1 with the
 * connection's own addresses, version 2 as LOCAL, since it is the balancer itself that connects
 * (proxy-protocol.txt, section 2.2).
 */
import type { SocketAddress } from '../../kernel/address.js';
import { localAddress } from '../../kernel/listener.js';

/** Signature, version 2 and command LOCAL, no family, no addresses. */
const LOCAL_V2 = Buffer.from('\r\n\r\n\0\r\nQUIT\n\x20\0\0\0', 'latin1');

/** The header for a connected socket. */
export function proxyHeader(version: 1 | 2, fd: number, server: SocketAddress): Uint8Array {
  if (version === 2) return LOCAL_V2;
  const own = localAddress(fd);
  if (own.family === 'unix' || server.family === 'unix') return Buffer.from('PROXY UNKNOWN\r\n');
  const family = own.family === 'ipv6' ? 'TCP6' : 'TCP4';
  return Buffer.from(`PROXY ${family} ${own.host} ${server.host} ${own.port} ${server.port}\r\n`);
}
