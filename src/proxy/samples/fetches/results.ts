/** Small fetches are made of these: a value that is always there, or that may be missing. */
import type { FetchFactory, SampleContext } from '../context.js';
import { FOUND, MISSING, Sample } from '../sample.js';

/** A value that never changes; `set` puts it into a sample, once. */
export function constant(set: (sample: Sample) => void): ReturnType<FetchFactory> {
  const made = new Sample();
  set(made);
  const stored = made.store();
  return (_context, sample) => {
    sample.load(stored);
    return FOUND;
  };
}

/** A fetch without arguments that finds a number; -1: there is none. */
export function count(read: (context: SampleContext) => number): FetchFactory {
  return () => (context, sample) => {
    const value = read(context);
    if (value < 0) return MISSING;
    sample.setInteger(value);
    return FOUND;
  };
}

/** A fetch without arguments that finds a number of any sign. */
export function integer(read: (context: SampleContext) => number): FetchFactory {
  return () => (context, sample) => {
    sample.setInteger(read(context));
    return FOUND;
  };
}

/** A fetch without arguments that finds a text; null: there is none. */
export function text(read: (context: SampleContext) => string | null | undefined): FetchFactory {
  return () => (context, sample) => {
    const value = read(context) ?? null;
    if (value === null) return MISSING;
    sample.setString(value);
    return FOUND;
  };
}

/** A fetch without arguments that is true or false. */
export function flag(read: (context: SampleContext) => boolean): FetchFactory {
  return () => (context, sample) => {
    sample.setBool(read(context));
    return FOUND;
  };
}

/** Whether an evaluation of this session is the last one: nothing more is waited for. */
export function isFinal({ request, response }: SampleContext): boolean {
  return request.complete && response.complete;
}
