/**
 * What a value parser answers: a value, or the reason why the text is none. The reason is a phrase
 * without the name of the keyword or flag, which the caller puts before it.
 */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };

/** A text that was understood. */
export const parsed = <T>(value: T): Parsed<T> => ({ ok: true, value });

/** A text that was not understood, and why, as half a sentence. */
export const refused = (message: string): Parsed<never> => ({ ok: false, message });
