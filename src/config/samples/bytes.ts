/** Texts of configurations in the form that samples have: one character for each byte of UTF-8. */

/** The bytes of a text as characters 0 to 255; ASCII stays as it is. */
export function bytesOf(text: string): string {
  return /^[\0-\x7f]*$/.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** The text that bytes are as UTF-8; what is none of it becomes U+FFFD. */
export function textOf(bytes: string): string {
  return /^[\0-\x7f]*$/.test(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString('utf8');
}
