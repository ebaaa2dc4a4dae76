/**
 * The address of one end of a connection, in place: reading another one into it allocates nothing.
 * For what is written or configured there is SocketAddress.
 */

/** No address: not read yet, or the socket has none (UNIX). */
export const FAMILY_NONE = 0;
export const FAMILY_IPV4 = 4;
export const FAMILY_IPV6 = 6;

/** An IP address and port; the words are 32 bits each in network order, signed. */
export class HostAddress {
  /** One of FAMILY_*. */
  family = FAMILY_NONE;
  /** The whole of an IPv4 address, or the first quarter of an IPv6 one. */
  word0 = 0;
  word1 = 0;
  word2 = 0;
  word3 = 0;
  port = 0;

  clear(): void {
    this.family = FAMILY_NONE;
    this.word0 = 0;
    this.word1 = 0;
    this.word2 = 0;
    this.word3 = 0;
    this.port = 0;
  }

  setIpv4(address: number, port: number): void {
    this.clear();
    this.family = FAMILY_IPV4;
    this.word0 = address;
    this.port = port;
  }

  setIpv6(word0: number, word1: number, word2: number, word3: number, port: number): void {
    this.family = FAMILY_IPV6;
    this.word0 = word0;
    this.word1 = word1;
    this.word2 = word2;
    this.word3 = word3;
    this.port = port;
  }

  copyFrom(other: HostAddress): void {
    this.family = other.family;
    this.word0 = other.word0;
    this.word1 = other.word1;
    this.word2 = other.word2;
    this.word3 = other.word3;
    this.port = other.port;
  }
}
