/** Addresses and networks in patterns (configuration manual, section 7.1.6), brought into one form. */
import { isIPv4, isIPv6 } from 'node:net';

/** `10.12` is 10.0.0.12: octets left out are zeros before the last one. The four octets, or null. */
export function parseIpv4(text: string): readonly number[] | null {
  if (!/^[0-9]{1,3}(\.[0-9]{1,3}){0,3}$/.test(text)) return null;
  const octets = text.split('.').map(Number);
  if (octets.some((octet) => octet > 255)) return null;
  const last = octets.pop() as number;
  while (octets.length < 3) octets.push(0);
  return [...octets, last];
}

/** `10.12/8` as `10.0.0.12/8`, `::1` as `::1/128`; null for what is neither address nor network. */
export function parseNetwork(text: string): string | null {
  const [, address, , mask] = /^([^/]*)(\/(.*))?$/s.exec(text) as RegExpExecArray;
  if (isIPv6(address) && !address.includes('%')) {
    return mask === undefined ? `${address}/128` : isBitCount(mask, 128) ? `${address}/${mask}` : null;
  }
  const octets = parseIpv4(address);
  if (octets === null) return null;
  const bits = mask === undefined ? '32' : isBitCount(mask, 32) ? mask : maskOf(mask);
  return bits === null ? null : `${octets.join('.')}/${bits}`;
}

function isBitCount(text: string, max: number): boolean {
  return /^[0-9]{1,3}$/.test(text) && Number(text) <= max;
}

/** A mask in dotted form, as its count of bits where its ones stand together. */
function maskOf(text: string): string | null {
  if (!isIPv4(text)) return null;
  const octets = text.split('.').map(Number);
  const ones = octets.map((octet) => octet.toString(2).padStart(8, '0')).join('');
  return /^1*0*$/.test(ones) ? String(ones.replace(/0/g, '').length) : octets.join('.');
}
