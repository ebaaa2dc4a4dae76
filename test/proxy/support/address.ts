/** Addresses as the data plane holds them, from text. */
import { ipv6Bytes } from '../../../src/kernel/address.js';
import { HostAddress } from '../../../src/kernel/host-address.js';

/** The address of a client, at any port. */
export function hostAddress(text: string): HostAddress {
  const address = new HostAddress();
  if (text.includes(':')) {
    const view = new DataView(ipv6Bytes(text).buffer);
    address.setIpv6(view.getInt32(0), view.getInt32(4), view.getInt32(8), view.getInt32(12), 1024);
  } else {
    address.setIpv4(Buffer.from(text.split('.').map(Number)).readInt32BE(), 1024);
  }
  return address;
}
