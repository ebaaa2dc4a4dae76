/**
 * Which types of samples become which others without being asked (configuration manual, section
 * 7.3): an address becomes a string where a string is needed, bytes never become a number.
 */
import type { SampleType } from './syntax.js';

const TO_TEXT: readonly SampleType[] = ['str', 'bin'];
const ADDRESSES: readonly SampleType[] = ['addr', 'ipv4', 'ipv6'];

/** From a type to the others that it becomes; every type becomes `any`. */
const CASTS: Readonly<Record<SampleType, readonly SampleType[]>> = {
  bool: ['bool', 'sint', ...TO_TEXT],
  sint: ['bool', 'sint', ...ADDRESSES, ...TO_TEXT],
  ipv4: ['sint', ...ADDRESSES, ...TO_TEXT],
  addr: ['sint', ...ADDRESSES, ...TO_TEXT],
  ipv6: [...ADDRESSES, ...TO_TEXT],
  str: ['bool', 'sint', ...ADDRESSES, ...TO_TEXT, 'meth'],
  bin: TO_TEXT,
  meth: [...TO_TEXT, 'meth'],
  any: ['bool', 'sint', ...ADDRESSES, ...TO_TEXT, 'meth'],
};

/** Whether a sample of one type can be used where another one is needed. */
export function canCast(from: SampleType, to: SampleType): boolean {
  return to === 'any' || from === to || CASTS[from].includes(to);
}
