/** Converters of dates: `utime`, `ltime`, `http_date` (configuration manual, 7.3.1). */
import { numberArgument, textArgument } from '../arguments.js';
import type { ConverterFactory, ConverterFamily } from '../context.js';
import { fromInteger } from './conversions.js';
import { type BrokenDownTime, inLocalTime, inUtc, strftime } from './strftime.js';

/** Seconds either side of 1970 that a Date can hold. */
const SECONDS_MAX = 8.64e12;
/** Parts of a second that a unit counts. */
const UNITS: Readonly<Record<string, number>> = { s: 1, ms: 1000, us: 1000000 };

/** `utime(format[,offset])`, `ltime(...)`. */
function dateIn(takeApart: (seconds: number) => BrokenDownTime): ConverterFactory {
  return (plan) => {
    const format = textArgument(plan, 0);
    const offset = numberArgument(plan, 1);
    return fromInteger((sample) => {
      const seconds = sample.integer + offset;
      if (Math.abs(seconds) > SECONDS_MAX) return false;
      sample.setString(strftime(format, takeApart(seconds)));
      return true;
    });
  };
}

/** `http_date([offset],[unit])`: with ms and us their number within the second is written too. */
const httpDate: ConverterFactory = (plan) => {
  const offset = numberArgument(plan, 0);
  const parts = UNITS[textArgument(plan, 1) || 's'];
  return fromInteger((sample) => {
    const value = sample.integer + offset;
    const seconds = Math.floor(value / parts);
    if (Math.abs(seconds) > SECONDS_MAX) return false;
    const fraction = parts === 1 ? '' : `.${value - seconds * parts}`;
    sample.setString(`${strftime('%a, %d %b %Y %H:%M:%S', inUtc(seconds))}${fraction} GMT`);
    return true;
  });
};

/** Converters of dates. */
export const DATE_CONVERTERS: ConverterFamily = { utime: dateIn(inUtc), ltime: dateIn(inLocalTime), http_date: httpDate };
