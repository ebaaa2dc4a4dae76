/**
 * What `-dK`, `-dL` and `-dC` print once files are read (management manual, section 3): the words that
 * the tables know, in HAProxy's form, for editors and for tools that look for additions; what code is
 * loaded; and the files without comments.
 */
import { readFileSync } from 'node:fs';
import type { Command } from '../admin/command.js';
import { COMMANDS, MASTER_SOCKET_COMMANDS } from '../admin/commands/index.js';
import type { SectionKind } from '../config/keyword.js';
import { GLOBAL_KEYWORDS, PROXY_KEYWORDS } from '../config/keywords/index.js';
import type { ConfigFile } from '../config/read.js';
import { CONVERTERS } from '../config/samples/converters.js';
import { FETCHES } from '../config/samples/fetches.js';
import { PREDEFINED_NAMES } from '../config/samples/predefined.js';
import { type ArgumentSpec, argumentType } from '../config/samples/signature.js';

/** A class of keywords: its heading, and its lines. */
interface KeywordClass {
  readonly help: string;
  readonly heading: string;
  lines(): string[];
}

const SECTIONS: readonly SectionKind[] = ['global', 'defaults', 'frontend', 'listen', 'backend'];

const CLASSES: Readonly<Record<string, KeywordClass>> = {
  acl: { help: 'ACL keywords', heading: 'registered ACL keywords', lines: () => [...PREDEFINED_NAMES].sort() },
  cfg: { help: 'configuration keywords', heading: 'registered configuration keywords', lines: configurationLines },
  cli: { help: 'CLI keywords', heading: 'registered CLI keywords', lines: commandLines },
  cnv: { help: 'sample converter keywords', heading: 'registered sample converter functions', lines: converterLines },
  smp: { help: 'sample fetch functions', heading: 'registered sample fetch functions', lines: fetchLines },
};

/** `-dK<class[,class]*>`: those classes; `all`, or `help` for a list. Unknown ones say nothing, as in HAProxy. */
export function dumpKeywords(classes: string): string {
  const names = classes.split(',');
  const listed = names.includes('help')
    ? [
        '# List of supported keyword classes:',
        'all: list all keywords',
        ...Object.entries(CLASSES).map(([name, { help }]) => `${name}: ${help}`),
      ]
    : [];
  const chosen = Object.entries(CLASSES).filter(([name]) => names.includes('all') || names.includes(name));
  const dumped = chosen.flatMap(([, { heading, lines }]) => [`# List of ${heading}:`, ...lines()]);
  return [...listed, ...dumped].map((line) => `${line}\n`).join('');
}

function configurationLines(): string[] {
  return SECTIONS.flatMap((section) => {
    const known = section === 'global' ? GLOBAL_KEYWORDS : PROXY_KEYWORDS.filter(({ sections }) => sections.includes(section));
    return [section, ...known.map(({ name }) => `\t${name}`).sort()];
  });
}

function commandLines(): string[] {
  const known = (commands: readonly Command[], where: string): string[] => commands.map(({ name }) => `${name} [${where}] `);
  return [...known(COMMANDS, 'WORKER'), ...known(MASTER_SOCKET_COMMANDS, 'MASTER')].sort();
}

function converterLines(): string[] {
  return [...CONVERTERS.values()]
    .map(({ name, arguments: specs, input, output }) => `${name}${written(specs)}: ${input} => ${output}`)
    .sort();
}

function fetchLines(): string[] {
  return [...FETCHES.values()].map(({ name, arguments: specs, type }) => `${name}${written(specs)}: ${type}`).sort();
}

/** `(string[,integer])`; nothing where there are no arguments. */
function written(specs: readonly ArgumentSpec[]): string {
  if (specs.length === 0) return '';
  const required = specs.filter((spec) => !spec.endsWith('?'));
  const optional = specs.filter((spec) => spec.endsWith('?'));
  const label = (spec: ArgumentSpec): string => argumentType(spec).label;
  const more = optional.map(label).join(',');
  const tail = optional.length === 0 ? '' : `[${required.length > 0 ? ',' : ''}${more}]`;
  return `(${required.map(label).join(',')}${tail})`;
}

/** `-dL`: the program, and the libraries and addons that it has loaded, one path a line. */
export function dumpLibraries(maps: string = readFileSync('/proc/self/maps', 'utf8')): string {
  const mapped = maps.split('\n').map((line) => /^\S+ \S+ \S+ \S+ \S+\s+(\/.*)$/.exec(line)?.[1]);
  const code = mapped.filter(
    (path) => path !== undefined && (path === process.execPath || /\.(so(\.[0-9.]+)?|node)$/.test(path)),
  );
  return ['List of loaded object files:', ...new Set(code)].map((line) => `${line}\n`).join('');
}

/** `-dC`: the files without comments and empty lines. */
export function dumpConfiguration(files: readonly ConfigFile[]): string {
  const lines = files.flatMap(({ name, text }) => [
    `# ${name}`,
    ...text.split('\n').filter((line) => line.trim() !== '' && !line.trimStart().startsWith('#')),
  ]);
  return lines.map((line) => `${line}\n`).join('');
}
