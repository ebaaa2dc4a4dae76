#!/usr/bin/env node
/**
 * The program. Only what must come first is imported here: everything else needs Linux, and is
 * loaded once that is certain.
 */
import './early.js';

if (process.platform === 'linux') {
  const { run } = await import('./run.js');
  process.exit(await run(process.argv.slice(2)));
} else {
  process.stderr.write(`turbo-lb: runs on Linux only, this is ${process.platform}\n`);
  process.exit(1);
}
