/** The version of this package, and its date: both stand in package.json, so that who makes a release changes one file. */
import { readFileSync } from 'node:fs';

// Read when the code is loaded: behind a chroot the file is out of reach.
const PACKAGE = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
  readonly released: string;
};

/** `version` of package.json, which lies beside `dist/`. */
export function packageVersion(): string {
  return PACKAGE.version;
}

/** `released` of package.json: the day of that version, `2026/11/29`, as HAProxy writes it. */
export const RELEASE_DATE = PACKAGE.released;
