/** Converters of bytes: encodings and hashes (configuration manual, section 7.3.1). */
import type { ArgumentCheck, ConverterSignature } from '../signature.js';
import type { SampleType } from '../syntax.js';
import { parseVariable } from '../variables.js';

const truncation = (truncate: string | number | null | undefined): string | null =>
  [0, 1].includes(Number(truncate ?? 0)) ? null : `Unsupported truncate value (${truncate})`;

const checkChunk: ArgumentCheck = ([, size, truncate]) =>
  Number(size ?? 0) >= 1 && Number(size) <= 8 ? truncation(truncate) : `chunk_size out of [1..8] range (${size ?? 0})`;

/** Without a separator there is no need of a size. */
const checkHexChunk: ArgumentCheck = ([separator, size, truncate]) =>
  Number(size ?? 0) <= 0 && (String(separator ?? '') !== '' || Number(truncate ?? 0) !== 0)
    ? `chunk_size needs to be positive (${size ?? 0})`
    : truncation(truncate);

const checkBits: ArgumentCheck = ([bits]) =>
  bits === null || bits === undefined || [224, 256, 384, 512].includes(Number(bits))
    ? null
    : `Unsupported number of bits: '${bits}'`;

const DIGESTS = /^(md5|sha1|sha224|sha256|sha384|sha512|sha512-224|sha512-256|sha3-224|sha3-256|sha3-384|sha3-512)$/i;
const checkDigest: ArgumentCheck = ([name]) =>
  DIGESTS.test(String(name ?? '')) ? null : 'algorithm must be a valid OpenSSL message digest name.';

/** What holds a secret: base64, or the variable that has it. */
const BASE64 = /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const checkSecrets = (names: readonly string[], values: readonly (string | number | null)[]): string | null => {
  const wrong = names.find((_, i) => !parseVariable(String(values[i] ?? '')).ok && !BASE64.test(String(values[i] ?? '')));
  return wrong === undefined
    ? null
    : `failed to parse ${wrong} : argument needs to be base64 encoded, and can either be a string or a variable`;
};
const checkVariable: ArgumentCheck = ([name]) => {
  if (name === null || name === '') return 'missing variable name';
  return parseVariable(String(name)).ok ? null : `failed to register variable name '${name}'`;
};
const checkHmac: ArgumentCheck = (values) => checkDigest(values) ?? checkSecrets(['key'], values.slice(1));
const checkAesGcm: ArgumentCheck = ([bits, ...secrets]) =>
  [128, 192, 256].includes(Number(bits))
    ? checkSecrets(['nonce', 'key', 'aead_tag'], secrets)
    : 'key size must be 128, 192 or 256 (bits).';

const plain = (
  rows: readonly (readonly [name: string, input: SampleType, output: SampleType, help: string])[],
): ConverterSignature[] => rows.map(([name, input, output, help]) => ({ name, input, arguments: [], output, help }));

/** Hashes to numbers; the argument mixes the result once more, or is the seed. */
const hashes = (names: readonly string[], argument: string): ConverterSignature[] =>
  names.map((name) => ({ name, input: 'bin', arguments: ['integer?'], output: 'sint', help: `Hash ${name}, ${argument}.` }));

/** All of them. */
export const BINARY_CONVERTERS: readonly ConverterSignature[] = [
  ...plain([
    ['b64dec', 'str', 'bin', 'Decoded from Base64.'],
    ['base64', 'bin', 'str', 'In Base64.'],
    ['ub64dec', 'str', 'bin', "Decoded from URLs' Base64."],
    ['ub64enc', 'bin', 'str', "In URLs' Base64."],
    ['hex', 'bin', 'str', 'In hexadecimal digits.'],
    ['hex2i', 'str', 'sint', 'The number that hexadecimal digits say.'],
    ['sha1', 'bin', 'bin', 'Hash SHA-1.'],
  ]),
  {
    name: 'bytes',
    input: 'bin',
    arguments: ['integer', 'integer?'],
    output: 'bin',
    help: 'Bytes from an offset, so many at most.',
  },
  {
    name: 'be2dec',
    input: 'bin',
    arguments: ['string', 'integer?', 'integer?'],
    output: 'str',
    check: checkChunk,
    help: 'Chunks of bytes as decimal numbers with separators.',
  },
  {
    name: 'be2hex',
    input: 'bin',
    arguments: ['string', 'integer?', 'integer?'],
    output: 'str',
    check: checkHexChunk,
    help: 'Chunks of bytes as hexadecimal digits with separators.',
  },
  ...hashes(['crc32', 'djb2', 'sdbm', 'wt6'], 'with avalanche where the argument is 1'),
  ...hashes(['crc32c'], 'with avalanche where the argument is 1'),
  ...hashes(['xxh3', 'xxh32', 'xxh64'], 'with a seed'),
  {
    name: 'sha2',
    input: 'bin',
    arguments: ['integer?'],
    output: 'bin',
    check: checkBits,
    help: 'Hash SHA-2 of 224, 256, 384 or 512 bits.',
  },
  {
    name: 'digest',
    input: 'bin',
    arguments: ['string'],
    output: 'bin',
    check: checkDigest,
    help: 'A message digest by its name.',
  },
  {
    name: 'hmac',
    input: 'bin',
    arguments: ['string', 'string'],
    output: 'bin',
    check: checkHmac,
    help: 'A message authentication code, from the name of a digest and a key in base64.',
  },
  {
    name: 'aes_gcm_dec',
    input: 'bin',
    arguments: ['integer', 'string', 'string', 'string'],
    output: 'bin',
    check: checkAesGcm,
    help: 'Decrypted by AES-GCM: bits of the key, nonce, key and tag in base64.',
  },
  {
    name: 'secure_memcmp',
    input: 'bin',
    arguments: ['variable'],
    output: 'bool',
    check: checkVariable,
    help: 'Whether it equals a variable, in a time that does not tell how much of it does.',
  },
];
