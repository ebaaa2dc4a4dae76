/** Dates written without Date objects are those that Date tells, in any time zone. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DateWriter } from '../../../src/proxy/log/dates.js';
import { Line } from '../../../src/proxy/log/line.js';

const u8 = new Uint8Array(128);

function written(write: (line: Line) => void): string {
  const line = new Line(u8);
  line.begin(0, u8.length);
  write(line);
  return Buffer.from(u8.subarray(0, line.at)).toString();
}

const two = (value: number): string => String(value).padStart(2, '0');
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** Local date and time as Date knows them. */
function slashed(date: Date): string {
  const day = `${two(date.getDate())}/${MONTHS[date.getMonth()]}/${date.getFullYear()}`;
  return `${day}:${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

function zone(date: Date, between: string): string {
  const ahead = -date.getTimezoneOffset();
  const minutes = Math.abs(ahead);
  return `${ahead < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${between}${two(minutes % 60)}`;
}

/** Whole seconds: around changes of the clock, ends of years, and all over. */
const MOMENTS = [
  ...[0, 1795256060, 2147483647, 2147483648, 4102444799].flatMap((at) => [at, at + 1]),
  ...Array.from({ length: 400 }, (_, i) => 1792881000 + i * 900), // weeks in which Europe and America change
  ...Array.from({ length: 200 }, (_, i) => 1700000000 + i * 7_654_321),
  ...[2000, 2024, 2096, 2100, 2400].flatMap((year) => [27, 28, 29, 30].map((day) => Date.UTC(year, 1, day) / 1000)),
  ...[1970, 2000, 2099].flatMap((year) => Array.from({ length: 367 }, (_, i) => Date.UTC(year, 0, 1 + i) / 1000)),
];

for (const name of ['UTC', 'Europe/Berlin', 'America/St_Johns', 'Asia/Kathmandu', 'Pacific/Auckland'])
  test(`in ${name}`, () => {
    const before = process.env.TZ;
    process.env.TZ = name;
    try {
      const dates = new DateWriter();
      for (const seconds of MOMENTS) {
        const date = new Date(seconds * 1000);
        assert.is(
          written((line) => dates.withMilliseconds(line, seconds, 7)),
          `${slashed(date)}.007`,
        );
        assert.is(
          written((line) => dates.local(line, seconds)),
          `${slashed(date)} ${zone(date, '')}`,
        );
        const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
        const day = String(date.getDate()).padStart(2, ' ');
        assert.is(
          written((line) => dates.syslog(line, seconds)),
          `${MONTHS[date.getMonth()]} ${day} ${time}`,
        );
        const iso = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${time}.000042${zone(date, ':')}`;
        assert.is(
          written((line) => dates.iso(line, seconds, 42)),
          iso,
        );
        const [, dd, mon, yyyy, at] = /^\w+, (\d+) (\w+) (\d+) (\S+) GMT$/.exec(date.toUTCString()) as string[];
        assert.is(
          written((line) => dates.gmt(line, seconds)),
          `${dd}/${mon}/${yyyy}:${at} +0000`,
        );
      }
    } finally {
      if (before === undefined) delete process.env.TZ;
      else process.env.TZ = before;
    }
  });

test.run();
