/** The built program, run to its end. */
import { fileURLToPath } from 'node:url';
import { runProcess } from '../harness.js';

/** The program's entry point. */
export const TURBO_LB = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

/** Runs turbo-lb with these words. `before` is shell code that runs first, as `ulimit -n 50`. */
export function turbo(
  words: readonly string[],
  env: Record<string, string> = {},
  before = 'true',
): ReturnType<typeof runProcess> {
  return runProcess('sh', ['-c', `${before} && exec "$@"`, 'sh', process.execPath, TURBO_LB, ...words], { env });
}
