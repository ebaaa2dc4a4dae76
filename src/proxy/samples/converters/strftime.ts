/** strftime(3) in the C locale: what `utime` and `ltime` write dates with. */

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
];
const DAY_MS = 86400000;

/** A date taken apart in some time zone. */
export interface BrokenDownTime {
  readonly year: number;
  /** 0 to 11. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** East of Greenwich, in minutes. */
  readonly offset: number;
  readonly zone: string;
  /** Seconds since 1970. */
  readonly seconds: number;
}

/** A date in UTC, whose zone strftime(3) calls GMT. */
export function inUtc(seconds: number): BrokenDownTime {
  return takeApart(seconds, 0, 'GMT');
}

/** A date in the time zone of the process. */
export function inLocalTime(seconds: number): BrokenDownTime {
  const date = new Date(seconds * 1000);
  const zone = date.toLocaleTimeString('en-US', { timeZoneName: 'short' }).split(' ').at(-1) ?? '';
  return takeApart(seconds, -date.getTimezoneOffset(), zone);
}

function takeApart(seconds: number, offset: number, zone: string): BrokenDownTime {
  const date = new Date((seconds + offset * 60) * 1000);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth(),
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    offset,
    zone,
    seconds,
  };
}

function pad(value: number, width = 2, fill = '0'): string {
  return String(value).padStart(width, fill);
}

/** 0 is Sunday. */
function weekday(time: BrokenDownTime): number {
  return new Date(Date.UTC(time.year, time.month, time.day)).getUTCDay();
}

/** 1 is the first of January. */
function yearDay(time: BrokenDownTime): number {
  return (Date.UTC(time.year, time.month, time.day) - Date.UTC(time.year, 0, 1)) / DAY_MS + 1;
}

/** Weeks of the year that begin on a day; the days before the first of them are in week 0. */
function week(time: BrokenDownTime, firstDay: number): number {
  return Math.floor((yearDay(time) + 6 - ((weekday(time) - firstDay + 7) % 7)) / 7);
}

/** Year and week by ISO 8601: week 1 has the first Thursday. */
function isoWeek(time: BrokenDownTime): { year: number; week: number } {
  const thursday = new Date(Date.UTC(time.year, time.month, time.day + 4 - (weekday(time) || 7)));
  const year = thursday.getUTCFullYear();
  return { year, week: Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / DAY_MS / 7) + 1 };
}

function offsetOf({ offset }: BrokenDownTime): string {
  const minutes = Math.abs(offset);
  return `${offset < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60))}${pad(minutes % 60)}`;
}

function hour12({ hour }: BrokenDownTime): number {
  return hour % 12 === 0 ? 12 : hour % 12;
}

/** The conversions by their letters. */
const CONVERSIONS: Readonly<Record<string, (time: BrokenDownTime) => string>> = {
  a: (time) => DAYS[weekday(time)].slice(0, 3),
  A: (time) => DAYS[weekday(time)],
  b: (time) => MONTHS[time.month].slice(0, 3),
  B: (time) => MONTHS[time.month],
  c: (time) => strftime('%a %b %e %H:%M:%S %Y', time),
  C: (time) => pad(Math.floor(time.year / 100)),
  d: (time) => pad(time.day),
  D: (time) => strftime('%m/%d/%y', time),
  e: (time) => pad(time.day, 2, ' '),
  F: (time) => strftime('%Y-%m-%d', time),
  g: (time) => pad(isoWeek(time).year % 100),
  G: (time) => String(isoWeek(time).year),
  h: (time) => MONTHS[time.month].slice(0, 3),
  H: (time) => pad(time.hour),
  I: (time) => pad(hour12(time)),
  j: (time) => pad(yearDay(time), 3),
  k: (time) => pad(time.hour, 2, ' '),
  l: (time) => pad(hour12(time), 2, ' '),
  m: (time) => pad(time.month + 1),
  M: (time) => pad(time.minute),
  n: () => '\n',
  p: (time) => (time.hour < 12 ? 'AM' : 'PM'),
  P: (time) => (time.hour < 12 ? 'am' : 'pm'),
  r: (time) => strftime('%I:%M:%S %p', time),
  R: (time) => strftime('%H:%M', time),
  s: (time) => String(time.seconds),
  S: (time) => pad(time.second),
  t: () => '\t',
  T: (time) => strftime('%H:%M:%S', time),
  u: (time) => String(weekday(time) || 7),
  U: (time) => pad(week(time, 0)),
  V: (time) => pad(isoWeek(time).week),
  w: (time) => String(weekday(time)),
  W: (time) => pad(week(time, 1)),
  x: (time) => strftime('%m/%d/%y', time),
  X: (time) => strftime('%H:%M:%S', time),
  y: (time) => pad(time.year % 100),
  Y: (time) => String(time.year),
  z: offsetOf,
  Z: (time) => time.zone,
  '%': () => '%',
};

/** Writes a date; what is no conversion stays as it stands. The modifiers E and O change nothing in the C locale. */
export function strftime(format: string, time: BrokenDownTime): string {
  return format.replace(/%[EO]?([a-zA-Z%])/g, (whole, letter: string) => CONVERSIONS[letter]?.(time) ?? whole);
}
