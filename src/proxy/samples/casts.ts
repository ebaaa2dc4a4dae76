/**
 * Implicit conversions between types: before a converter that wants another type, before matching,
 * and before a value is written out (configuration manual, 7.1 and 7.3). Each changes the sample in
 * place and answers false where there is no such conversion.
 */
import { formatIpv4, formatIpv6, mappedIpv4, mapToIpv6, setAddress } from './addresses.js';
import { setParsed, wideOf } from './integers.js';
import { type Sample, TYPE_BINARY, TYPE_BOOL, TYPE_INTEGER, TYPE_IPV4, TYPE_IPV6, TYPE_STRING } from './sample.js';

/** A conversion to one type. */
export type Cast = (sample: Sample) => boolean;

/** Numbers as they are, addresses of IPv4 as numbers, texts by the digits they begin with; an empty text is none. */
export function castToInteger(sample: Sample): boolean {
  switch (sample.type) {
    case TYPE_INTEGER:
      return true;
    case TYPE_BOOL:
    case TYPE_IPV4:
      sample.setInteger(sample.integer);
      return true;
    case TYPE_STRING:
      if (sample.text === '') return false;
      setParsed(sample, sample.text);
      return true;
    default:
      return false;
  }
}

/** What is not 0 is true; a text is as its number. Addresses and binary data are neither. */
export function castToBool(sample: Sample): boolean {
  if (sample.type === TYPE_IPV4 || !castToInteger(sample)) return false;
  sample.setBool(sample.integer !== 0);
  return true;
}

/** Everything has a text; that of binary data ends at the first NUL. */
export function castToString(sample: Sample): boolean {
  if (sample.type !== TYPE_STRING) sample.setString(textOf(sample));
  return true;
}

/** The text of a sample, which stays as it is. */
export function textOf(sample: Sample): string {
  switch (sample.type) {
    case TYPE_STRING:
      return sample.text;
    case TYPE_BINARY:
      return untilNul(sample.text);
    case TYPE_IPV4:
      return formatIpv4(sample.integer);
    case TYPE_IPV6:
      return formatIpv6(sample.words);
    case TYPE_INTEGER:
      return sample.wide === null ? String(sample.integer) : String(sample.wide);
    default:
      return String(sample.integer);
  }
}

function untilNul(text: string): string {
  const nul = text.indexOf('\0');
  return nul < 0 ? text : text.slice(0, nul);
}

/** The bytes: of integers eight in network order, of addresses four or sixteen. */
export function castToBinary(sample: Sample): boolean {
  sample.setBinary(bytesOf(sample));
  return true;
}

function bytesOf(sample: Sample): string {
  switch (sample.type) {
    case TYPE_STRING:
    case TYPE_BINARY:
      return sample.text;
    case TYPE_IPV4:
      return word(sample.integer);
    case TYPE_IPV6:
      return word(sample.words[0]) + word(sample.words[1]) + word(sample.words[2]) + word(sample.words[3]);
    default: {
      const value = sample.type === TYPE_INTEGER ? wideOf(sample) : BigInt(sample.integer);
      return word(Number(BigInt.asIntN(32, value >> 32n))) + word(Number(BigInt.asIntN(32, value)));
    }
  }
}

/** Four bytes in network order. */
export function word(value: number): string {
  return String.fromCharCode(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
}

/** An address of either family; a number is one of IPv4. */
export function castToAddress(sample: Sample): boolean {
  switch (sample.type) {
    case TYPE_IPV4:
    case TYPE_IPV6:
      return true;
    case TYPE_INTEGER:
      sample.setIpv4(Number(BigInt.asUintN(32, wideOf(sample))));
      return true;
    case TYPE_STRING:
      return setAddress(sample, sample.text);
    default:
      return false;
  }
}

/** An IPv4 address; of those of IPv6 only `::ffff:a.b.c.d` is one, and texts of IPv6 are none. */
export function castToIpv4(sample: Sample): boolean {
  const isText = sample.type === TYPE_STRING;
  if (!castToAddress(sample)) return false;
  if (sample.type === TYPE_IPV4) return true;
  if (isText) return false;
  const address = mappedIpv4(sample.words);
  if (address >= 0) sample.setIpv4(address);
  return address >= 0;
}

/** An IPv6 address; those of IPv4 become `::ffff:a.b.c.d`, but their texts are none. */
export function castToIpv6(sample: Sample): boolean {
  const isText = sample.type === TYPE_STRING;
  if (!castToAddress(sample)) return false;
  if (sample.type === TYPE_IPV4 && isText) return false;
  if (sample.type === TYPE_IPV4) mapToIpv6(sample);
  return true;
}
