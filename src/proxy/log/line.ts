/**
 * Where log lines are written, byte by byte: a position and an end in memory that the kernel can
 * read. What does not fit is cut off. It knows how to write texts, numbers and addresses, and
 * nothing of what they mean.
 */
import { FAMILY_IPV4, FAMILY_IPV6, type HostAddress } from '../../kernel/host-address.js';
import { writeIpv4, writeIpv6 } from '../address-text.js';

const ZERO = 48;
const HEX_UPPER = Uint8Array.from(Buffer.from('0123456789ABCDEF'));
const MINUS = 45;
/** Bytes of an IPv6 address as text at most (INET6_ADDRSTRLEN, inet_ntop(3)). */
const ADDRESS_MAX = 46;
/** Decimal digits of the largest number that is exact, 2^53. */
const DIGITS_MAX = 16;
/** Numbers below are written with 32-bit arithmetic. */
const SMALL = 0x4000_0000;

/** Bytes of a text: a character below 256 is one, others are written in UTF-8. */
export function bytesOf(text: string): Uint8Array {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 255) return Buffer.from(text, 'utf8');
  return Buffer.from(text, 'latin1');
}

/** A piece of memory that is being written to. */
export class Line {
  /** Where the next byte goes; bytes from `end` on are not written. */
  at = 0;
  end = 0;
  private readonly digits = new Uint8Array(DIGITS_MAX);
  private readonly addressText = new Uint8Array(ADDRESS_MAX);

  constructor(readonly u8: Uint8Array) {}

  /** Begins to write at a place; at most `room` bytes. */
  begin(at: number, room: number): void {
    this.at = at;
    this.end = at + room;
  }

  byte(value: number): void {
    if (this.at < this.end) this.u8[this.at++] = value;
  }

  bytes(values: Uint8Array): void {
    const { u8, at } = this;
    const count = Math.min(values.length, this.end - at);
    for (let i = 0; i < count; i++) u8[at + i] = values[i];
    this.at = at + count;
  }

  /** A text of one character for each byte. */
  text(value: string): void {
    const { u8, at } = this;
    const count = Math.min(value.length, this.end - at);
    for (let i = 0; i < count; i++) u8[at + i] = value.charCodeAt(i);
    this.at = at + count;
  }

  /** A text in which quotes, backslashes and closing brackets follow a backslash (flag E). */
  escaped(value: string): void {
    for (let i = 0; i < value.length; i++) {
      const char = value.charCodeAt(i);
      if (char === 34 || char === 92 || char === 93) this.byte(92);
      this.byte(char);
    }
  }

  /** A text in which what is not printable becomes `#` and two hexadecimal digits (manual, 8.6). */
  encoded(value: string): void {
    for (let i = 0; i < value.length; i++) {
      const char = value.charCodeAt(i);
      if (isCaptureByte(char)) this.byte(char);
      else {
        this.byte(35);
        this.hex(char, 2);
      }
    }
  }

  /** A whole number in decimal. */
  integer(value: number): void {
    if (value < 0) this.byte(MINUS);
    const { digits } = this;
    let rest = Math.abs(value);
    let count = 0;
    while (rest >= SMALL) {
      digits[count++] = rest % 10;
      rest = Math.floor(rest / 10);
    }
    rest |= 0;
    do {
      const next = (rest / 10) | 0;
      digits[count++] = rest - next * 10;
      rest = next;
    } while (rest > 0);
    while (count > 0) this.byte(ZERO + digits[--count]);
  }

  /** A small number in decimal with leading zeros. */
  padded(value: number, width: number): void {
    let scale = 1;
    for (let i = 1; i < width; i++) scale *= 10;
    for (let rest = value; scale >= 1; scale = (scale / 10) | 0) {
      const digit = (rest / scale) | 0;
      this.byte(ZERO + digit);
      rest -= digit * scale;
    }
  }

  /** A number of up to 32 bits in upper-case hexadecimal, of `width` digits at least. */
  hex(value: number, width: number): void {
    let count = 8;
    while (count > width && value >>> ((count - 1) * 4) === 0) count--;
    for (let i = count - 1; i >= 0; i--) this.byte(HEX_UPPER[(value >>> (i * 4)) & 15]);
  }

  /** An address without its port; nothing when there is none. */
  address(address: HostAddress): void {
    const { family, word0, word1, word2, word3 } = address;
    const { addressText } = this;
    let length = 0;
    if (family === FAMILY_IPV4) length = writeIpv4(addressText, 0, word0);
    else if (family === FAMILY_IPV6) length = writeIpv6(addressText, 0, word0, word1, word2, word3);
    for (let i = 0; i < length; i++) this.byte(addressText[i]);
  }

  /** An address in hexadecimal digits only. */
  hexAddress(address: HostAddress): void {
    this.hex(address.word0, 8);
    if (address.family === FAMILY_IPV4) return;
    this.hex(address.word1, 8);
    this.hex(address.word2, 8);
    this.hex(address.word3, 8);
  }
}

/** What a capture may hold as it is: printable, and none of `"`, `#`, `{`, `|`, `}`. */
function isCaptureByte(char: number): boolean {
  return char >= 32 && char < 127 && char !== 34 && char !== 35 && (char < 123 || char > 125);
}
