/** The converter `language` (configuration manual, 7.3.1; RFC 9110 section 12.5.4): the preferred one of several. */
import { hasArgument, textArgument } from '../arguments.js';
import type { ConverterFactory, ConverterFamily } from '../context.js';
import { onText } from './conversions.js';

const ENTRY = /^\s*([A-Za-z0-9-]+|\*)\s*(?:;\s*q=([\d.]+))?\s*$/;

/** What a header names, by its quality; of the same quality the first comes first. */
function wanted(header: string): readonly string[] {
  const entries = header.split(',').flatMap((part) => {
    const [, name, quality = '1'] = ENTRY.exec(part) ?? [];
    return name === undefined || Number(quality) === 0 ? [] : [{ name, quality: Number(quality) }];
  });
  return entries.sort((a, b) => b.quality - a.quality).map(({ name }) => name);
}

/** `language(de;fr[,default])`. */
const language: ConverterFactory = (plan) => {
  const offered = new Set(textArgument(plan, 0).split(';'));
  const fallback = hasArgument(plan, 1) ? textArgument(plan, 1) : null;
  return onText((header) => {
    for (const name of wanted(header)) {
      if (offered.has(name)) return name;
      const base = name.split('-')[0];
      if (offered.has(base)) return base;
    }
    return fallback;
  });
};

/** Converters of HTTP headers that need no HTTP. */
export const LANGUAGE_CONVERTERS: ConverterFamily = { language };
