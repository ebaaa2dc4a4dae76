/** Converters between bytes and their written forms: hexadecimal, base64, URL, JSON, numbers (configuration manual, 7.3.1). */
import { numberArgument, textArgument } from '../arguments.js';
import { word } from '../casts.js';
import type { ConverterFactory, ConverterFamily } from '../context.js';
import { wideOf } from '../integers.js';
import { fromInteger, fromText, onBytes, onText, textToBinary } from './conversions.js';
import { escapeJson } from './json-escape.js';

function hexOf(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('hex').toUpperCase();
}

const HEX = /^[0-9A-Fa-f]*$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const BASE64_URL = /^[A-Za-z0-9_-]*$/;

function decodeBase64(text: string): string | null {
  return text.length % 4 === 0 && BASE64.test(text) ? Buffer.from(text, 'base64').toString('latin1') : null;
}

/** Without padding, or with it. */
function decodeBase64Url(text: string): string | null {
  const bare = text.replace(/={1,2}$/, '');
  return bare.length % 4 !== 1 && BASE64_URL.test(bare) ? Buffer.from(bare, 'base64url').toString('latin1') : null;
}

/** `be2dec(separator,chunk size,[truncate])`, `be2hex(...)`: numbers of so many bytes each. */
function chunks(sizeDefault: number, write: (bytes: string) => string): ConverterFactory {
  return (plan) => {
    const separator = textArgument(plan, 0);
    const asked = numberArgument(plan, 1, sizeDefault);
    const truncate = numberArgument(plan, 2) !== 0;
    return onBytes((bytes) => {
      const size = asked > 0 ? asked : Math.max(1, bytes.length);
      const parts: string[] = [];
      for (let at = 0; at < bytes.length && !(truncate && at + size > bytes.length); at += size)
        parts.push(write(bytes.slice(at, at + size)));
      return parts.join(separator);
    }, false);
  };
}

function decimal(bytes: string): string {
  let value = 0n;
  for (let i = 0; i < bytes.length; i++) value = value * 256n + BigInt(bytes.charCodeAt(i));
  return String(value);
}

/** `url_dec([in form])`: '+' is a space behind the '?', or everywhere in a form. */
const urlDec: ConverterFactory = (plan) => {
  const inForm = numberArgument(plan, 0) !== 0;
  return onText((text) => (/%(?![0-9A-Fa-f]{2})/.test(text) ? null : decodeUrl(text, inForm)));
};

function decodeUrl(text: string, inForm: boolean): string {
  const query = inForm ? 0 : text.indexOf('?');
  return text.replace(/%..|\+/g, (found, at: number) => {
    if (found === '+') return query >= 0 && at >= query ? ' ' : '+';
    return String.fromCharCode(Number.parseInt(found.slice(1), 16));
  });
}

/** All but letters, digits and `-._~` (RFC 3986 section 2.3). */
function encodeUrl(text: string): string {
  return text.replace(/[^A-Za-z0-9._~-]/g, (character) => `%${hexOf(character)}`);
}

const hex2i: ConverterFactory = () =>
  fromText((text, sample) => {
    if (!HEX.test(text)) return false;
    sample.setWide(BigInt.asIntN(64, text === '' ? 0n : BigInt(`0x${text}`)));
    return true;
  });

const htonl: ConverterFactory = () =>
  fromInteger((sample) => {
    sample.setBinary(word(Number(BigInt.asIntN(32, wideOf(sample)))));
    return true;
  });

/** Converters between bytes and their written forms. */
export const ENCODING_CONVERTERS: ConverterFamily = {
  hex: () => onBytes(hexOf, false),
  hex2i,
  base64: () => onBytes((bytes) => Buffer.from(bytes, 'latin1').toString('base64'), false),
  b64dec: () => textToBinary(decodeBase64),
  ub64enc: () => onBytes((bytes) => Buffer.from(bytes, 'latin1').toString('base64url'), false),
  ub64dec: () => textToBinary(decodeBase64Url),
  be2dec: chunks(1, decimal),
  be2hex: chunks(0, hexOf),
  htonl,
  url_dec: urlDec,
  url_enc: () => onText(encodeUrl),
  json: (plan) => {
    const encoding = textArgument(plan, 0, 'ascii') || 'ascii';
    return onText((text) => escapeJson(text, encoding));
  },
};
