/** How many connections a server takes at a time: `maxconn`, `minconn`, `fullconn` and `slowstart` together. */

/**
 * The connections that a server takes at the moment. Below `fullconn` sessions in its backend, a
 * server with a lower `minconn` takes its share of maxconn in proportion to them, though never less
 * than minconn; after a start, `throttle` percent of it, though never less than one (configuration
 * manual, `minconn`, `fullconn`, `slowstart`; the rounding was confirmed by comparison).
 *
 * @param fullconn 0: no ramp, maxconn holds at once
 * @param throttle percent, 100 for a server that is not just starting
 * @returns 0 when maxconn is 0: no limit
 */
export function dynamicLimit(maxconn: number, minconn: number, sessions: number, fullconn: number, throttle: number): number {
  if (maxconn === 0) return 0;
  const ramps = sessions < fullconn && minconn < maxconn && minconn > 0;
  const limit = ramps ? Math.max(minconn, Math.trunc((sessions * maxconn) / fullconn)) : maxconn;
  return throttle >= 100 ? limit : Math.max(1, Math.trunc((limit * throttle) / 100));
}
