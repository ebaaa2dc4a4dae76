/**
 * The header of the PROXY protocol that checks begin with (`check-send-proxy`): version 1 with the
 * connection's own addresses, version 2 as LOCAL, since it is the balancer itself that connects
 * (proxy-protocol.txt, section 2.2), with what `proxy-v2-options` ask for and a check can have.
 */
import { type SocketAddress, setHostAddress } from '../../kernel/address.js';
import { HostAddress } from '../../kernel/host-address.js';
import { localAddress } from '../../kernel/listener.js';
import type { ServerPlan } from '../../plan/plan.js';
import { headerForm, ProxyHeaderWriter } from '../../proxy/proxy-header.js';

/** Bytes of the longest header: of version 1, with addresses of IPv6. */
const HEADER_MAX = 256;

const bytes = new Uint8Array(HEADER_MAX);
const space = { region: { u8: bytes, view: new DataView(bytes.buffer) }, size: HEADER_MAX, length: new Int32Array(1) };
const writer = new ProxyHeaderWriter(space);

/** The header for a connected socket. */
export function proxyHeader({ sendProxy, proxyV2Options }: ServerPlan, fd: number, server: SocketAddress): Uint8Array {
  const version = sendProxy === 2 ? 2 : 1;
  const [source, destination] = [new HostAddress(), new HostAddress()];
  const own = version === 1 ? localAddress(fd) : null;
  if (own !== null && own.family !== 'unix' && server.family !== 'unix') {
    setHostAddress(source, own);
    setHostAddress(destination, server);
  }
  writer.write(0, { ...headerForm(version, proxyV2Options), uniqueId: false }, source, destination, '');
  return bytes.slice(0, space.length[0]);
}
