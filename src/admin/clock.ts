/** The clock that workers count with (CLOCK_MONOTONIC), in wrapping milliseconds. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n) | 0;
}
