/** Writes docs/keywords.md from the keyword tables of the built program. */
import { writeFileSync } from 'node:fs';
import { keywordsPage } from '../dist/src/cli/keywords.js';

writeFileSync(new URL('../docs/keywords.md', import.meta.url), keywordsPage());
