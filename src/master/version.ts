/** The version of this package. */
import { readFileSync } from 'node:fs';

// Read when the code is loaded: behind a chroot the file is out of reach.
const TEXT = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');

/** `version` of package.json, which lies beside `dist/`. */
export function packageVersion(): string {
  return (JSON.parse(TEXT) as { version: string }).version;
}

/** When that version was made; it moves with it. */
export const RELEASE_DATE = '2026/11/29';
