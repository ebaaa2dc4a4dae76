/** A text as the contents that samples and headers are read from. */
import type { PayloadView } from '../../../src/proxy/samples/context.js';

/** A character for each byte. */
export function viewOf(text: string, complete = true): PayloadView {
  return {
    length: text.length,
    complete,
    read: (offset, length) => text.slice(offset, offset + length),
    byte: (offset) => (offset < text.length ? text.charCodeAt(offset) : -1),
  };
}
