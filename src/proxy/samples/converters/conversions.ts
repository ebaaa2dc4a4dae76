/** What converters are made of: the conversion of what comes in, and the setting of what goes out. */
import { castToAddress, castToBinary, castToBool, castToInteger, castToString } from '../casts.js';
import type { Convert, SampleContext } from '../context.js';
import { FOUND, MISSING, type Sample } from '../sample.js';

/** Of a text; null: cannot be converted. */
export function onText(change: (text: string, context: SampleContext) => string | null): Convert {
  return (context, sample) => {
    if (!castToString(sample)) return MISSING;
    const text = change(sample.text, context);
    if (text === null) return MISSING;
    sample.setString(text);
    return FOUND;
  };
}

/** Of the bytes of whatever comes in; null: cannot be converted. */
export function onBytes(change: (bytes: string, sample: Sample) => string | null, binary: boolean): Convert {
  return (_context, sample) => {
    if (!castToBinary(sample)) return MISSING;
    const text = change(sample.text, sample);
    if (text === null) return MISSING;
    if (binary) sample.setBinary(text);
    else sample.setString(text);
    return FOUND;
  };
}

/** Of a text to binary data; null: cannot be converted. */
export function textToBinary(change: (text: string) => string | null): Convert {
  return (_context, sample) => {
    if (!castToString(sample)) return MISSING;
    const bytes = change(sample.text);
    if (bytes === null) return MISSING;
    sample.setBinary(bytes);
    return FOUND;
  };
}

/** Of a text to whatever `change` makes of the sample; false: cannot be converted. */
export function fromText(change: (text: string, sample: Sample, context: SampleContext) => boolean): Convert {
  return (context, sample) => (castToString(sample) && change(sample.text, sample, context) ? FOUND : MISSING);
}

/** Of bytes to whatever `change` makes of the sample; false: cannot be converted. */
export function fromBytes(change: (bytes: string, sample: Sample, context: SampleContext) => boolean): Convert {
  return (context, sample) => (castToBinary(sample) && change(sample.text, sample, context) ? FOUND : MISSING);
}

/** Of an integer, in place; false: cannot be converted. */
export function fromInteger(change: (sample: Sample, context: SampleContext) => boolean): Convert {
  return (context, sample) => (castToInteger(sample) && change(sample, context) ? FOUND : MISSING);
}

/** Of a boolean, in place. */
export function fromBool(change: (sample: Sample) => void): Convert {
  return (_context, sample) => {
    if (!castToBool(sample)) return MISSING;
    change(sample);
    return FOUND;
  };
}

/** Of an address of either family, in place; false: cannot be converted. */
export function fromAddress(change: (sample: Sample) => boolean): Convert {
  return (_context, sample) => (castToAddress(sample) && change(sample) ? FOUND : MISSING);
}
