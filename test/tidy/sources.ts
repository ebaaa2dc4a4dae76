/**
 * Reads the repository's own text for the checks beside this file: which files there are, and what
 * each imports. Imports are found by pattern, not by a parser: the formatter puts every import
 * statement at the start of a line, which makes the patterns exact.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's top folder; the tests run from `dist/test/tidy`. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

/** A text file of the repository, or one made up by a test. */
export interface SourceFile {
  /** From the top folder, with slashes: `src/kernel/engine.ts`. */
  readonly path: string;
  readonly text: string;
}

/** One thing that a file loads. */
export interface Import {
  /** As written: `./ring.js`, `node:net`, `koffi`; null when it is computed at run time. */
  readonly specifier: string | null;
  /** Erased by the compiler: `import type` or `export type`. */
  readonly typeOnly: boolean;
  /** Imported names as the other module calls them; `*` for all of them, empty when none is bound. */
  readonly names: readonly string[];
  /** Counted from 1. */
  readonly line: number;
}

const STATEMENT = /^(?:import|export)\s+(type\s+)?([\w$*{},\s]+?)\s+from\s*['"]([^'"]+)['"]/gm;
const SIDE_EFFECT = /^import\s*['"]([^'"]+)['"]/gm;
const CALL = /\b(?:import|require)\(\s*(?:['"]([^'"]+)['"]\s*\))?/g;
/** How workers and programs beside a module are named. */
const BESIDE = /new URL\(\s*['"](\.[^'"]+\.js)['"],\s*import\.meta\.url/g;

/** Everything that a file imports, re-exports, loads on demand or starts as a worker. */
export function importsOf(text: string): Import[] {
  const found: Import[] = [];
  for (const match of text.matchAll(STATEMENT)) {
    found.push({ specifier: match[3], typeOnly: match[1] !== undefined, names: boundNames(match[2]), line: lineAt(text, match) });
  }
  for (const match of text.matchAll(SIDE_EFFECT)) {
    found.push({ specifier: match[1], typeOnly: false, names: [], line: lineAt(text, match) });
  }
  for (const match of [...text.matchAll(CALL), ...text.matchAll(BESIDE)]) {
    if (inCommentOrText(text, match.index)) continue;
    const specifier = match[1] === undefined || match[1].includes('${') ? null : match[1];
    found.push({ specifier, typeOnly: false, names: ['*'], line: lineAt(text, match) });
  }
  return found;
}

/** `{ a, type b as c }` to [a, b]; `* as x` to [*]; `x` to [default]. */
function boundNames(clause: string): string[] {
  const braces = /\{([^}]*)\}/.exec(clause);
  const names = (braces?.[1] ?? '')
    .split(',')
    .map((part) => part.trim().replace(/^type\s+/, ''))
    .filter((part) => part !== '')
    .map((part) => part.split(/\s+/)[0]);
  const rest = clause.replace(/\{[^}]*\}/, '');
  if (rest.includes('*')) names.push('*');
  else if (/\w/.test(rest)) names.push('default');
  return names;
}

function lineAt(text: string, match: RegExpExecArray): number {
  return text.slice(0, match.index).split('\n').length;
}

/** Double quotes are enough: the formatter uses them for a text that holds single ones, as a path's. */
function inCommentOrText(text: string, index: number): boolean {
  const before = text.slice(text.lastIndexOf('\n', index - 1) + 1, index);
  return /^\s*(?:\*|\/\/|\/\*)/.test(before) || before.split('"').length % 2 === 0;
}

/** The source file that a relative specifier names: `../kernel/engine.js` to `src/kernel/engine.ts`. */
export function resolveRelative(importer: string, specifier: string): string {
  return posix.normalize(posix.join(posix.dirname(importer), specifier)).replace(/\.js$/, '.ts');
}

/** The files below some top-level folders whose names end in one of `endings`, sorted by path. */
export function readSources(folders: readonly string[], endings: readonly string[]): SourceFile[] {
  return folders
    .filter((folder) => existsSync(join(ROOT, folder)))
    .flatMap((folder) => pathsBelow(folder))
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

function pathsBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? pathsBelow(path) : [path];
  });
}

/** Fails with the faults, one on each line, when there are any. */
export function assertNone(faults: readonly string[]): void {
  if (faults.length === 0) return;
  const error = new Error(['', ...faults].join('\n    '));
  error.stack = 'where it was thrown says nothing, and would repeat the list';
  throw error;
}
