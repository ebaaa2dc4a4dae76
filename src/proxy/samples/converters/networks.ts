/** The converter `ipmask` (configuration manual, 7.3.1). */
import { mappedIpv4, parseIpv4, parseIpv6, prefixMask } from '../addresses.js';
import { hasArgument, textArgument } from '../arguments.js';
import type { ConverterFactory, ConverterFamily } from '../context.js';
import { TYPE_IPV4 } from '../sample.js';
import { fromAddress } from './conversions.js';

/** `24` or `255.255.255.0`, signed. */
function ipv4Mask(text: string): number {
  return text.includes('.') ? parseIpv4(text) | 0 : prefixMask(Number(text));
}

/** `64` or `ffff:ffff::`, as words. */
function ipv6Mask(text: string): readonly number[] {
  const words = parseIpv6(text);
  return words ?? [0, 1, 2, 3].map((index) => prefixMask(Number(text) - 32 * index));
}

/** `ipmask(mask4[,mask6])`: without a second mask only IPv4 addresses have a value. */
const ipmask: ConverterFactory = (plan) => {
  const short = ipv4Mask(textArgument(plan, 0));
  const long = hasArgument(plan, 1) ? ipv6Mask(textArgument(plan, 1)) : null;
  return fromAddress((sample) => {
    const ipv4 = sample.type === TYPE_IPV4 ? sample.integer : mappedIpv4(sample.words);
    if (ipv4 >= 0) sample.setIpv4(ipv4 & short);
    else if (long === null) return false;
    else for (let i = 0; i < 4; i++) sample.words[i] &= long[i];
    return true;
  });
};

/** Converters of addresses. */
export const ADDRESS_CONVERTERS: ConverterFamily = { ipmask };
