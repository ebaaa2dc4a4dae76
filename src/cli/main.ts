#!/usr/bin/env node
/**
 * The program. Only what must come first is imported here: everything else needs Linux, and is
 * loaded once that is certain.
 */
import './early.js';
import { descriptorShortage } from './shortage.js';

if (process.platform === 'linux') {
  process.exit(await whole());
} else {
  process.stderr.write(`turbo-lb: runs on Linux only, this is ${process.platform}\n`);
  process.exit(1);
}

/** The exit code, once all is said. */
async function whole(): Promise<number> {
  try {
    const code = (await quickly()) ?? (await (await import('./run.js')).run(process.argv.slice(2)));
    await (await import('./standard-output.js')).STANDARD_OUTPUT.written();
    return code;
  } catch (error) {
    const shortage = descriptorShortage(error);
    if (shortage === null) throw error;
    process.stderr.write(`turbo-lb: ${shortage}\n`);
    return 1;
  }
}

/** The command that is called every second or two, without loading the rest; null: it is another one. */
async function quickly(): Promise<number | null> {
  const [command, ...words] = process.argv.slice(2);
  if (command !== 'alive') return null;
  const [{ aliveQuickly }, { STANDARD_OUTPUT }] = await Promise.all([import('./alive.js'), import('./standard-output.js')]);
  return await aliveQuickly(words, STANDARD_OUTPUT);
}
