/**
 * What a reader may rely on in every file of this repository, as functions from text to a list of
 * faults. `tidy.test.ts` applies them to the repository, and to planted faults.
 */
import { importsOf, resolveRelative, type SourceFile } from './sources.js';

/** Lines a file may have; most have 80 to 300. */
const LINES_MAX = 600;

/** Everything that lies at the top of the repository. */
const TOP_LEVEL: ReadonlySet<string> = new Set([
  ...['src', 'native-notes', 'bench', 'scripts', 'test', 'docs', 'examples', '.ci'],
  ...['README.md', 'LICENSE', 'CHANGELOG.md', 'sysctl.conf.example'],
  ...['package.json', 'package-lock.json', 'tsconfig.json', 'biome.json', '.gitignore', '.editorconfig'],
]);
/** Beside them, made by tools and never committed; see MADE_ENDS, too. */
const TOP_LEVEL_MADE: ReadonlySet<string> = new Set(['node_modules', 'dist', '.git']);
/** Profiles and logs, and what `npm pack` leaves. */
const MADE_ENDS = /\.(?:log|tgz)$/;

/** Their names are the kernel's own, explained in its headers. */
const UNDOCUMENTED: ReadonlySet<string> = new Set(['src/kernel/sys/constants.ts']);

// The patterns below are spelled so that they do not match themselves.
const UNFINISHED = /\b(?:TO[D]O|FIX[M]E|X[X]X|HA[C]K)\b/;
const LEFT_OUT = /\.(?:onl[y]|ski[p])\(/;
const MACHINE_PATH = /(?<![\w.-])\/(?:home|root|work|Users)\//;
/** Configurations of others, as they were published. */
const VERBATIM = 'test/golden/guides/';
const EXPORTED = /^export (?:declare )?(?:abstract |async )?(function\*?|class|interface|const|type) (\w+)/;

/** Names at the top of the repository that do not belong there. */
export function topLevelFaults(names: readonly string[]): string[] {
  return names
    .filter((name) => !TOP_LEVEL.has(name) && !TOP_LEVEL_MADE.has(name) && !MADE_ENDS.test(name))
    .map((name) => `${name}: does not belong at the top of the repository; move it into a folder`);
}

/** Files too long to be read in one go. */
export function lengthFaults({ path, text }: SourceFile): string[] {
  const lines = text.split('\n').length - 1;
  if (lines <= LINES_MAX) return [];
  return [`${path}: ${lines} lines, at most ${LINES_MAX}; split it where one half can be explained without the other`];
}

/** Notes to do it later: it is done now, or it is not in the source. */
export function unfinishedFaults(file: SourceFile): string[] {
  return linesMatching(file, UNFINISHED, 'finish it, or delete the note');
}

/** Tests that would not run. */
export function leftOutFaults(file: SourceFile): string[] {
  return linesMatching(file, LEFT_OUT, 'every test runs, always: mend it or delete it');
}

/** Paths that exist on one machine only; a guide that is kept word for word may name its author's. */
export function machinePathFaults(file: SourceFile): string[] {
  if (file.path.startsWith(VERBATIM)) return [];
  return linesMatching(file, MACHINE_PATH, 'a path of one machine; make it relative, or temporary');
}

function linesMatching({ path, text }: SourceFile, pattern: RegExp, advice: string): string[] {
  return text
    .split('\n')
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => pattern.test(line))
    .map(({ line, number }) => `${path}:${number}: ${line.trim()}: ${advice}`);
}

/** Files that do not open by saying what they are for. */
export function headFaults({ path, text }: SourceFile): string[] {
  if (/^(?:#!.*\n)?\/\*\*(?:\s|\*(?!\/))*[^\s*]/.test(text)) return [];
  return [`${path}:1: open with a doc comment: what the file is for and what it does not do`];
}

/**
 * Exported things without a doc comment above them. Constants of one line each, without an empty
 * line between them, share the comment of the first, which may then be a plain one.
 */
export function documentationFaults({ path, text }: SourceFile): string[] {
  if (UNDOCUMENTED.has(path)) return [];
  const lines = text.split('\n');
  const documented = new Set<string>();
  const faults: string[] = [];
  for (const [index, line] of lines.entries()) {
    const [, kind, name] = EXPORTED.exec(line) ?? [];
    if (name === undefined || documented.has(name)) continue;
    if (isDocumented(lines, index, kind))
      documented.add(name); // overloads follow
    else faults.push(`${path}:${index + 1}: ${kind} ${name} has no doc comment: meaning, units, what it throws, source`);
  }
  return faults;
}

function isDocumented(lines: readonly string[], index: number, kind: string): boolean {
  let above = index - 1;
  if (kind === 'const') while (above >= 0 && /^export const \w+.*;/.test(lines[above])) above--;
  const line = lines[above] ?? '';
  return line.trimEnd().endsWith('*/') || (kind === 'const' && line.startsWith('//'));
}

/** Relative imports of files that are not there. `paths` holds every source file. */
export function missingImportFaults(file: SourceFile, paths: ReadonlySet<string>): string[] {
  return importsOf(file.text).flatMap(({ specifier, line }) => {
    if (specifier === null || !specifier.startsWith('.')) return [];
    const target = resolveRelative(file.path, specifier);
    return paths.has(target) ? [] : [`${file.path}:${line}: imports ${target}, which does not exist`];
  });
}

/** Files of `src` that no entry point loads, neither directly nor through others; and entry points that are not there. */
export function deadFileFaults(files: readonly SourceFile[], entries: readonly string[]): string[] {
  const targets = new Map(files.map((file) => [file.path, relativeTargets(file)]));
  const alive = new Set<string>();
  const waiting = [...entries];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (alive.has(path)) continue;
    alive.add(path);
    waiting.push(...(targets.get(path) ?? []));
  }
  const missing = entries.filter((path) => !targets.has(path));
  const dead = [...targets.keys()].filter((path) => path.startsWith('src/') && !alive.has(path));
  return [
    ...missing.map((path) => `${path}: package.json names it as an entry point, but it does not exist`),
    ...dead.map((path) => `${path}: no entry point (${entries.join(', ')}) loads it; delete it or use it`),
  ];
}

function relativeTargets({ path, text }: SourceFile): string[] {
  return importsOf(text).flatMap(({ specifier }) => (specifier?.startsWith('.') ? [resolveRelative(path, specifier)] : []));
}
