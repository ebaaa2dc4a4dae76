/** Numbers in few columns. */

const UNITS = ['', 'k', 'M', 'G', 'T', 'P', 'E'];

/**
 * A number that is not negative, in thousands and not 1024s: `9999`, `12.3k`, `4.56M`, `123G`.
 *
 * @param chars it may take, at least 4
 */
export function short(value: number, chars = 5): string {
  let scaled = value;
  let unit = 0;
  while (Math.round(scaled) >= (unit === 0 ? 10_000 : 1000) && unit < UNITS.length - 1) {
    scaled /= 1000;
    unit++;
  }
  const whole = unit === 0 && (Number.isInteger(value) || value >= 9.95);
  const integer = String(Math.round(scaled)).length;
  const decimals = whole ? 0 : Math.max(0, Math.min(unit === 0 ? 1 : 3 - integer, chars - UNITS[unit].length - integer - 1));
  return `${scaled.toFixed(decimals)}${UNITS[unit]}`;
}

/** Seconds as `59s`, `3m04s`, `5h06m`, `7d08h`. */
export function duration(seconds: number): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  if (seconds < 60) return `${Math.floor(seconds)}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${two(seconds % 60)}s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h${two((seconds % 3600) / 60)}m`;
  return `${Math.floor(seconds / 86_400)}d${two((seconds % 86_400) / 3600)}h`;
}
