/** Dates as HAProxy's log lines and answers write them, in local time. */

import { MONTHS } from '../proxy/log/dates.js';

/** `29/Nov/2026:11:51:09.672` */
export function formatLogDate(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${two(date.getDate())}/${MONTHS[date.getMonth()]}/${date.getFullYear()}`;
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return `${day}:${time}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}
