/** Texts of configurations in the form that samples have: one character for each byte of UTF-8. */

/** The bytes of a text as characters 0 to 255; ASCII stays as it is. */
export function bytesOf(text: string): string {
  return /^[\0-\x7f]*$/.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}
