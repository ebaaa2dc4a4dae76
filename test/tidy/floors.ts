/**
 * Who may import whom. The folders of `src` are floors and imports go down: the command line sees
 * everything, the kernel floor sees nothing above it, the data plane never sees text. This table is
 * the rule itself; `imports.test.ts` holds every file against it. It is a check of its own because
 * a linter's import patterns match what is written, not what it resolves to, and cannot tell a
 * type from a value.
 */
import { importsOf, resolveRelative, type SourceFile } from './sources.js';

/**
 * Folder to what it may import besides itself: a folder, or one file of it as `kernel/address`.
 * Behind `type`, with `import type` only. `index` is src/index.ts, the entry for embedding.
 */
const FLOORS: Readonly<Record<string, readonly string[]>> = {
  index: ['master', 'admin', 'capacity', 'config', 'plan', 'proxy', 'tls', 'shared', 'kernel'],
  cli: ['master', 'admin', 'capacity', 'config', 'plan', 'proxy', 'tls', 'shared', 'kernel'],
  capacity: ['plan', 'config', 'shared', 'kernel'],
  admin: ['master', 'config', 'plan', 'proxy', 'tls', 'shared', 'kernel'],
  master: ['config', 'plan', 'proxy', 'tls', 'shared', 'kernel'],
  plan: ['config', 'shared', 'kernel/address'],
  config: ['type kernel/address'],
  proxy: ['type plan', 'tls', 'shared', 'kernel'],
  tls: ['kernel'],
  shared: ['kernel'],
  kernel: [],
};

/** Which folders may import a package of npm; a package that is not here may be imported by none. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  koffi: ['src/kernel', 'test/master/fixtures'],
  'dns-packet': ['src/master/resolvers', 'test'],
  yargs: ['src/cli', 'bench'],
  'hdr-histogram-js': ['src/capacity', 'bench'],
  autocannon: ['src/capacity', 'bench'],
  piscina: ['src/capacity', 'bench'],
  uvu: ['test'],
  'fast-check': ['test'],
};

/** Floors of pure functions: the only modules of Node, and names of them, that they may import. */
const ADDRESS_CHECKS: Readonly<Record<string, readonly string[]>> = { 'node:net': ['isIP', 'isIPv4', 'isIPv6'] };
const PURE_FLOORS: Readonly<Record<string, typeof ADDRESS_CHECKS>> = { config: ADDRESS_CHECKS, plan: ADDRESS_CHECKS };

/** What a file imports against the rules, one line each, as `path:line: text`. */
export function importViolations(file: SourceFile): string[] {
  return importsOf(file.text).flatMap((one) => {
    const fault =
      one.specifier === null
        ? computed(file.path)
        : one.specifier.startsWith('.')
          ? wrongFloor(file.path, resolveRelative(file.path, one.specifier), one.typeOnly)
          : one.specifier.startsWith('node:')
            ? wrongModule(file.path, one.specifier, one.names)
            : wrongPackage(file.path, one.specifier);
    return fault === null ? [] : [`${file.path}:${one.line}: ${fault}`];
  });
}

function computed(path: string): string | null {
  return path.startsWith('src/') ? 'imports a computed path: the rule of floors cannot be checked; write the path out' : null;
}

function wrongFloor(importer: string, target: string, typeOnly: boolean): string | null {
  if (!importer.startsWith('src/')) return null;
  if (!target.startsWith('src/')) return `imports ${target}: src imports only from src`;
  const floor = floorOf(importer);
  const allowed = FLOORS[floor];
  if (allowed === undefined) return `floor ${floor} is not in the table of floors; give it a row`;
  if (floorOf(target) === floor || allowed.some((entry) => permits(entry, target, typeOnly))) return null;
  const list = allowed.length === 0 ? 'nothing' : allowed.join(', ');
  return `${floor} may not import ${target}${typeOnly ? '' : ' (a value)'}; it may import ${list}`;
}

/** `src/kernel/uring/ring.ts` to kernel, `src/index.ts` to index. */
function floorOf(path: string): string {
  return path.split('/')[1].replace(/\.ts$/, '');
}

function permits(entry: string, target: string, typeOnly: boolean): boolean {
  const [place, onlyTypes] = entry.startsWith('type ') ? [entry.slice(5), true] : [entry, false];
  if (onlyTypes && !typeOnly) return false;
  return target === `src/${place}.ts` || target.startsWith(`src/${place}/`);
}

function wrongModule(importer: string, module: string, names: readonly string[]): string | null {
  const floor = importer.startsWith('src/') ? floorOf(importer) : '';
  const pure = PURE_FLOORS[floor];
  if (pure === undefined) return null;
  const foreign = names.filter((name) => !pure[module]?.includes(name));
  if (pure[module] !== undefined && names.length > 0 && foreign.length === 0) return null;
  return `${floor} is pure: from ${module} it may not import ${foreign.join(', ') || 'anything'}`;
}

function wrongPackage(importer: string, specifier: string): string | null {
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  const folders = PACKAGES[name];
  if (folders === undefined) return `package ${name} is not in the table of packages; say who may import it`;
  if (folders.some((folder) => importer.startsWith(`${folder}/`))) return null;
  return `package ${name} may be imported by ${folders.join(', ')} only`;
}
