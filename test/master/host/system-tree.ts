/** A directory laid out like the root of a system, for code that reads /proc and /sys. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { scratchFolder } from '../../harness.js';

/** Writes files below a new folder and answers the folder. */
export function systemTree(files: Readonly<Record<string, string>>): string {
  const root = scratchFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}
