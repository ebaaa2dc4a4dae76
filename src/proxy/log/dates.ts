/**
 * Dates as log lines have them, written digit by digit: no Date object is made for a line, also not
 * when sessions of several days end in turn. The time zone is asked for once per quarter of an hour,
 * since no zone changes its offset in between.
 */
import type { Line } from './line.js';

/** As log lines and answers have them. */
export const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAY_S = 86_400;
/** Seconds in which a time zone's offset stays the same. */
const ZONE_STEP_S = 900;
/** Quarters of an hour remembered: ten days. A prime, so that the same time on two days has two places. */
const ZONE_SLOTS = 1021;

/** Days of 400 years, after which the Gregorian calendar repeats itself. */
const ERA_DAYS = 146_097;
/** Days from 0000-03-01 to 1970-01-01. */
const EPOCH_DAY = 719_468;

const SPACE = 32;
const PLUS = 43;
const MINUS = 45;
const SLASH = 47;
const COLON = 58;

/** Writes dates; `seconds` are whole ones since 1970. */
export class DateWriter {
  private readonly zoneSteps = new Float64Array(ZONE_SLOTS).fill(-1);
  private readonly zoneOffsets = new Int32Array(ZONE_SLOTS);
  private day = Number.NaN;
  private year = 0;
  private month = 0;
  private dayOfMonth = 0;

  /** `21/Nov/2026:02:49:57`, followed by `.182`: local time (`%t`). */
  withMilliseconds(line: Line, seconds: number, milliseconds: number): void {
    this.slashed(line, seconds + this.offset(seconds));
    line.byte(46);
    line.padded(milliseconds, 3);
  }

  /** `21/Nov/2026:02:49:57 +0000` (`%T`). */
  gmt(line: Line, seconds: number): void {
    this.slashed(line, seconds);
    line.text(' +0000');
  }

  /** `21/Nov/2026:02:49:57 +0100`: local time (`%Tl`). */
  local(line: Line, seconds: number): void {
    const offset = this.offset(seconds);
    this.slashed(line, seconds + offset);
    line.byte(SPACE);
    zone(line, offset, false);
  }

  /** `Nov 21 02:49:57`: local time, RFC 3164 section 4.1.2. */
  syslog(line: Line, seconds: number): void {
    const local = seconds + this.offset(seconds);
    this.turnTo(local);
    line.text(MONTHS[this.month]);
    line.byte(SPACE);
    if (this.dayOfMonth < 10) line.byte(SPACE);
    line.integer(this.dayOfMonth);
    line.byte(SPACE);
    timeOfDay(line, local);
  }

  /** `2026-11-21T02:49:57.123456+00:00`: local time, RFC 5424 section 6.2.3. */
  iso(line: Line, seconds: number, microseconds: number): void {
    const offset = this.offset(seconds);
    const local = seconds + offset;
    this.turnTo(local);
    line.padded(this.year, 4);
    line.byte(MINUS);
    line.padded(this.month + 1, 2);
    line.byte(MINUS);
    line.padded(this.dayOfMonth, 2);
    line.byte(84);
    timeOfDay(line, local);
    line.byte(46);
    line.padded(microseconds, 6);
    zone(line, offset, true);
  }

  private slashed(line: Line, local: number): void {
    this.turnTo(local);
    line.padded(this.dayOfMonth, 2);
    line.byte(SLASH);
    line.text(MONTHS[this.month]);
    line.byte(SLASH);
    line.padded(this.year, 4);
    line.byte(COLON);
    timeOfDay(line, local);
  }

  /** Seconds by which local time is ahead of UTC. */
  private offset(seconds: number): number {
    const step = Math.floor(seconds / ZONE_STEP_S);
    const slot = step % ZONE_SLOTS;
    if (this.zoneSteps[slot] !== step) {
      this.zoneSteps[slot] = step;
      this.zoneOffsets[slot] = -60 * new Date(seconds * 1000).getTimezoneOffset();
    }
    return this.zoneOffsets[slot];
  }

  /**
   * Finds year, month and day of a time; most of the time it is the day that it was before. Years
   * are counted from March on, so that the leap day is their last one and all months before it have
   * their usual place: month m begins on day (153 m + 2) / 5.
   */
  private turnTo(local: number): void {
    const day = Math.floor(local / DAY_S);
    if (day === this.day) return;
    this.day = day;
    const era = Math.floor((day + EPOCH_DAY) / ERA_DAYS);
    const dayOfEra = day + EPOCH_DAY - era * ERA_DAYS;
    const leapDays = ((dayOfEra / 1460) | 0) - ((dayOfEra / 36_524) | 0) + ((dayOfEra / 146_096) | 0);
    const yearOfEra = ((dayOfEra - leapDays) / 365) | 0;
    const dayOfYear = dayOfEra - (365 * yearOfEra + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0));
    const monthFromMarch = ((5 * dayOfYear + 2) / 153) | 0;
    this.dayOfMonth = dayOfYear - (((153 * monthFromMarch + 2) / 5) | 0) + 1;
    this.month = (monthFromMarch + 2) % 12;
    this.year = era * 400 + yearOfEra + (this.month < 2 ? 1 : 0);
  }
}

function timeOfDay(line: Line, local: number): void {
  const second = local - Math.floor(local / DAY_S) * DAY_S;
  line.padded((second / 3600) | 0, 2);
  line.byte(COLON);
  line.padded(((second / 60) | 0) % 60, 2);
  line.byte(COLON);
  line.padded(second % 60, 2);
}

function zone(line: Line, offset: number, withColon: boolean): void {
  const minutes = Math.abs(offset) / 60;
  line.byte(offset < 0 ? MINUS : PLUS);
  line.padded((minutes / 60) | 0, 2);
  if (withColon) line.byte(COLON);
  line.padded(minutes % 60, 2);
}
