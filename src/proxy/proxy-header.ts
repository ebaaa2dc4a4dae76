/**
 * Writes the header of the PROXY protocol with which connections to servers begin (`send-proxy`,
 * `send-proxy-v2`; proxy-protocol.txt, section 2) into a buffer of the pool. Clients without an IP
 * address are UNKNOWN (version 1) or LOCAL (version 2).
 */
import { FAMILY_IPV4, FAMILY_NONE, type HostAddress } from '../kernel/host-address.js';
import { writeIpv4, writeIpv6, writeNumber } from './address-text.js';
import { crc32c } from './hashes.js';

const TEXT = new TextEncoder();
const PREFIX_TCP4 = TEXT.encode('PROXY TCP4 ');
const PREFIX_TCP6 = TEXT.encode('PROXY TCP6 ');
const UNKNOWN = TEXT.encode('PROXY UNKNOWN\r\n');
const SPACE = 0x20;
const CR = 0x0d;
const LF = 0x0a;

const SIGNATURE = TEXT.encode('\r\n\r\n\0\r\nQUIT\n');
const VERSION_LOCAL = 0x20;
const VERSION_PROXY = 0x21;
const FAMILY_UNSPEC = 0;
const FAMILY_TCP4 = 0x11;
const FAMILY_TCP6 = 0x21;
const LENGTH_AT = 14;
const FIXED = 16;
const TYPE_CRC32C = 0x03;
const TYPE_UNIQUE_ID = 0x05;
const TYPE_SSL = 0x20;
/** A unique id is cut after this many bytes (proxy-protocol.txt, section 2.2.5). */
const UNIQUE_ID_MAX = 128;
/** The second word of an IPv4 address mapped into IPv6 (RFC 4291, section 2.5.5.2). */
const MAPPED = 0xffff;

/** What a server's header is to contain. */
export interface HeaderForm {
  readonly version: 1 | 2;
  /** `proxy-v2-options`. */
  readonly crc32c: boolean;
  readonly uniqueId: boolean;
  /** Any of those that tell about TLS; without TLS there is nothing to tell but that. */
  readonly ssl: boolean;
}

/** `proxy-v2-options` that add what is known of a TLS connection. */
const SSL_OPTIONS: ReadonlySet<string> = new Set(['ssl', 'cert-cn', 'cert-key', 'cert-sig', 'ssl-cipher']);

/** The form that a server's plan asks for. */
export function headerForm(version: 1 | 2, options: readonly string[]): HeaderForm {
  return {
    version,
    crc32c: options.includes('crc32c'),
    uniqueId: options.includes('unique-id'),
    ssl: options.some((option) => SSL_OPTIONS.has(option)),
  };
}

/** Where headers are written: buffers of that size, one behind the other, and how much of each is filled. */
export interface HeaderSpace {
  readonly region: { readonly u8: Uint8Array; readonly view: DataView };
  readonly size: number;
  readonly length: { [buffer: number]: number };
}

/** Writes headers into the buffers of one pool. */
export class ProxyHeaderWriter {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  /** Where the next byte goes. */
  private at = 0;

  constructor(private readonly buffers: HeaderSpace) {
    this.bytes = buffers.region.u8;
    this.view = buffers.region.view;
  }

  /**
   * Fills a buffer with the header.
   * @param uniqueId of the session; '' when it has none
   */
  write(buffer: number, form: HeaderForm, source: HostAddress, destination: HostAddress, uniqueId: string): void {
    const begin = buffer * this.buffers.size;
    this.at = begin;
    const isKnown = source.family !== FAMILY_NONE && destination.family !== FAMILY_NONE;
    if (form.version === 2) this.writeBinary(begin, form, isKnown, source, destination, uniqueId);
    else if (isKnown) this.writeLine(source, destination);
    else this.put(UNKNOWN);
    this.buffers.length[buffer] = this.at - begin;
  }

  private writeLine(source: HostAddress, destination: HostAddress): void {
    const { bytes } = this;
    const both4 = source.family === FAMILY_IPV4 && destination.family === FAMILY_IPV4;
    this.put(both4 ? PREFIX_TCP4 : PREFIX_TCP6);
    this.at = writeHost(bytes, this.at, source, both4);
    bytes[this.at++] = SPACE;
    this.at = writeHost(bytes, this.at, destination, both4);
    bytes[this.at++] = SPACE;
    this.at = writeNumber(bytes, this.at, source.port);
    bytes[this.at++] = SPACE;
    this.at = writeNumber(bytes, this.at, destination.port);
    bytes[this.at++] = CR;
    bytes[this.at++] = LF;
  }

  private writeBinary(
    begin: number,
    form: HeaderForm,
    isKnown: boolean,
    source: HostAddress,
    destination: HostAddress,
    uniqueId: string,
  ): void {
    const both4 = source.family === FAMILY_IPV4 && destination.family === FAMILY_IPV4;
    this.put(SIGNATURE);
    this.bytes[this.at++] = isKnown ? VERSION_PROXY : VERSION_LOCAL;
    this.bytes[this.at++] = isKnown ? (both4 ? FAMILY_TCP4 : FAMILY_TCP6) : FAMILY_UNSPEC;
    this.at = begin + FIXED;
    if (isKnown) this.putAddresses(source, destination, both4);
    const crcAt = form.crc32c ? this.putValue(TYPE_CRC32C, 4) : 0;
    if (form.uniqueId) this.putUniqueId(uniqueId);
    if (form.ssl) this.putValue(TYPE_SSL, 5);
    this.view.setUint16(begin + LENGTH_AT, this.at - begin - FIXED, false);
    if (crcAt > 0) this.view.setUint32(crcAt, crc32c(this.bytes, begin, this.at), false);
  }

  private putAddresses(source: HostAddress, destination: HostAddress, both4: boolean): void {
    this.putAddress(source, both4);
    this.putAddress(destination, both4);
    this.view.setUint16(this.at, source.port, false);
    this.view.setUint16(this.at + 2, destination.port, false);
    this.at += 4;
  }

  private putAddress({ family, word0, word1, word2, word3 }: HostAddress, both4: boolean): void {
    if (both4) this.putWord(word0);
    else if (family === FAMILY_IPV4) this.putWords(0, 0, MAPPED, word0);
    else this.putWords(word0, word1, word2, word3);
  }

  private putWords(word0: number, word1: number, word2: number, word3: number): void {
    this.putWord(word0);
    this.putWord(word1);
    this.putWord(word2);
    this.putWord(word3);
  }

  private putWord(word: number): void {
    this.view.setInt32(this.at, word, false);
    this.at += 4;
  }

  /** Type, length, and as many zeros, which may be overwritten: where they begin. */
  private putValue(type: number, length: number): number {
    this.bytes[this.at] = type;
    this.view.setUint16(this.at + 1, length, false);
    const at = this.at + 3;
    this.at = at + length;
    this.bytes.fill(0, at, this.at);
    return at;
  }

  private putUniqueId(id: string): void {
    const length = Math.min(id.length, UNIQUE_ID_MAX);
    const at = this.putValue(TYPE_UNIQUE_ID, length);
    for (let i = 0; i < length; i++) this.bytes[at + i] = id.charCodeAt(i);
  }

  private put(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }
}

/** An address as text; one of IPv4 beside one of IPv6 is mapped. */
function writeHost(bytes: Uint8Array, at: number, { family, word0, word1, word2, word3 }: HostAddress, both4: boolean): number {
  if (both4) return writeIpv4(bytes, at, word0);
  if (family === FAMILY_IPV4) return writeIpv6(bytes, at, 0, 0, MAPPED, word0);
  return writeIpv6(bytes, at, word0, word1, word2, word3);
}
