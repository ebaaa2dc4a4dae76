/** Converters that hash: for spreading (djb2, crc32 ...), digests, message authentication (configuration manual, 7.3.1). */
import { createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { avalanche, crc32, crc32c, djb2, type HashBytes, sdbm, wt6 } from '../../hashes.js';
import { numberArgument, textArgument } from '../arguments.js';
import { castToBinary } from '../casts.js';
import type { ConverterFactory, ConverterFamily, SampleContext } from '../context.js';
import { FOUND, MISSING, Sample } from '../sample.js';
import { readVariable } from '../variables.js';
import { xxh3 } from '../xxh3.js';
import { xxh32, xxh64 } from '../xxhash.js';
import { fromBytes, onBytes } from './conversions.js';

/** What an argument may be besides a literal text. */
const VARIABLE = /^(?:proc|sess|txn|req|res|check)\.[\w.]+$/;

/** `djb2([avalanche])` and its like. */
function spreading(hash: HashBytes): ConverterFactory {
  return (plan) => {
    const mixed = numberArgument(plan, 0) !== 0;
    return fromBytes((text, sample) => {
      const bytes = Buffer.from(text, 'latin1');
      const number = hash(bytes, 0, bytes.length);
      sample.setInteger(mixed ? avalanche(number) : number);
      return true;
    });
  };
}

const shortXxhash: ConverterFactory = (plan) => {
  const seed = numberArgument(plan, 0);
  return fromBytes((bytes, sample) => {
    sample.setInteger(xxh32(bytes, seed));
    return true;
  });
};

function longXxhash(hash: (bytes: string, seed: bigint) => bigint): ConverterFactory {
  return (plan) => {
    const seed = BigInt.asUintN(64, BigInt(Math.trunc(numberArgument(plan, 0))));
    return fromBytes((bytes, sample) => {
      sample.setWide(BigInt.asIntN(64, hash(bytes, seed)));
      return true;
    });
  };
}

function digestOf(algorithm: string, bytes: string): string {
  return createHash(algorithm).update(bytes, 'latin1').digest('binary');
}

/** Reads an argument that is the text itself or a variable that holds it; null: the variable is not set. */
function textOrVariable(argument: string): (context: SampleContext) => string | null {
  if (!VARIABLE.test(argument)) return () => argument;
  const scratch = new Sample();
  return (context) => {
    const stored = readVariable(context, argument);
    if (stored === null) return null;
    scratch.load(stored);
    castToBinary(scratch);
    return scratch.text;
  };
}

const hmac: ConverterFactory = (plan) => {
  const algorithm = textArgument(plan, 0);
  const readKey = textOrVariable(textArgument(plan, 1));
  return fromBytes((bytes, sample, context) => {
    const key = readKey(context);
    if (key === null) return false;
    sample.setBinary(createHmac(algorithm, Buffer.from(key, 'base64')).update(bytes, 'latin1').digest('binary'));
    return true;
  });
};

/** `secure_memcmp(variable)`: takes the same time wherever the difference is. */
const secureMemcmp: ConverterFactory = (plan) => {
  const read = textOrVariable(textArgument(plan, 0));
  return fromBytes((bytes, sample, context) => {
    const other = read(context);
    if (other === null) return false;
    const [a, b] = [Buffer.from(bytes, 'latin1'), Buffer.from(other, 'latin1')];
    sample.setBool(a.length === b.length && timingSafeEqual(a, b));
    return true;
  });
};

/** `aes_gcm_dec(bits,nonce,key,tag)`: what was not encrypted with that key, nonce and tag has no value. */
const aesGcmDec: ConverterFactory = (plan) => {
  const bits = numberArgument(plan, 0);
  const readers = [1, 2, 3].map((index) => textOrVariable(textArgument(plan, index)));
  return (context, sample) => {
    const texts = readers.map((read) => read(context));
    if (!castToBinary(sample) || texts.includes(null)) return MISSING;
    const [nonce, key, tag] = texts.map((text) => Buffer.from(text ?? '', 'base64'));
    const clear = decrypt(bits, nonce, key, tag, sample.text);
    if (clear === null) return MISSING;
    sample.setBinary(clear);
    return FOUND;
  };
};

function decrypt(bits: number, nonce: Buffer, key: Buffer, tag: Buffer, bytes: string): string | null {
  if (key.length * 8 !== bits || nonce.length === 0 || tag.length < 12 || tag.length > 16) return null;
  const decipher = createDecipheriv(`aes-${bits as 128 | 192 | 256}-gcm`, key, nonce, { authTagLength: tag.length });
  decipher.setAuthTag(tag);
  try {
    return decipher.update(bytes, 'latin1', 'latin1') + decipher.final('latin1');
  } catch {
    return null; // the tag does not fit: that is an answer, not a failure
  }
}

/** Converters that hash, and those that compare or decrypt with keys. */
export const HASH_CONVERTERS: ConverterFamily = {
  djb2: spreading(djb2),
  sdbm: spreading(sdbm),
  wt6: spreading(wt6),
  crc32: spreading(crc32),
  crc32c: spreading(crc32c),
  xxh32: shortXxhash,
  xxh64: longXxhash(xxh64),
  xxh3: longXxhash(xxh3),
  sha1: () => onBytes((bytes) => digestOf('sha1', bytes), true),
  sha2: (plan) => {
    const algorithm = `sha${numberArgument(plan, 0, 256)}`;
    return onBytes((bytes) => digestOf(algorithm, bytes), true);
  },
  digest: (plan) => {
    const algorithm = textArgument(plan, 0);
    return onBytes((bytes) => digestOf(algorithm, bytes), true);
  },
  hmac,
  secure_memcmp: secureMemcmp,
  aes_gcm_dec: aesGcmDec,
};
