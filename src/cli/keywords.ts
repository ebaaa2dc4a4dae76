/**
 * `turbo-lb keywords [NAME]`: the keywords of configurations, from the tables that read them; and
 * the same as a page of the documentation.
 */
import type { Keyword, SectionKind } from '../config/keyword.js';
import { GLOBAL_KEYWORDS, PROXY_KEYWORDS, RESOLVERS_KEYWORDS } from '../config/keywords/index.js';
import { nearestWord } from '../config/values/nearest.js';
import { wrapText } from '../master/wrap.js';
import type { Command } from './command.js';
import { complain, EXIT_OK, type Output } from './complaint.js';
import { PART_FAMILIES, type Part } from './keyword-parts.js';

const WIDTH = 80;
const INDENT = '  ';
/** Columns of the names in the list. */
const NAME_WIDTH = 30;
/** Columns of the letters that tell where a keyword may stand, with the blank after them. */
const SECTION_WIDTH = 6;
const PROXY_SECTIONS: readonly SectionKind[] = ['defaults', 'frontend', 'listen', 'backend'];
const LETTERS = 'DFLB';

type AnyKeyword = Keyword<never>;
/** What is told of a keyword, or of what stands within its line. */
type Shown = Omit<Part, 'kind'>;

/** What is shown of one keyword; those of several sections with the same name are one. */
interface Entry {
  readonly keyword: AnyKeyword;
  readonly sections: readonly SectionKind[];
}

const PARTS = PART_FAMILIES.flatMap(({ parts }) => parts);
const GLOBAL_ENTRIES = entries(GLOBAL_KEYWORDS);
const PROXY_ENTRIES = entries(PROXY_KEYWORDS);
const RESOLVERS_ENTRIES = entries(RESOLVERS_KEYWORDS);

const EXAMPLES = `Examples:
  turbo-lb keywords
  turbo-lb keywords timeout
  turbo-lb keywords tune.bufsize
  turbo-lb keywords weight`;

/** Prints all keywords, or one in full; an unknown one is refused with the nearest known one. */
export const KEYWORDS: Command = { options: {}, examples: EXAMPLES, words: true, handle: keywords };

function keywords(argv: Readonly<Record<string, unknown>>, output: Output): number {
  const words = Array.isArray(argv._) ? argv._.map(String).slice(1) : [];
  if (words.length === 0) {
    output.out(renderList());
    return EXIT_OK;
  }
  const name = words.join(' ');
  const all = [...GLOBAL_ENTRIES, ...PROXY_ENTRIES, ...RESOLVERS_ENTRIES];
  const found = [
    ...all.filter(({ keyword }) => keyword.name === name || keyword.name.startsWith(`${name} `)).map(renderEntry),
    ...PARTS.filter((part) => part.name === name).map((part) => render(part, part.kind)),
  ];
  if (found.length > 0) {
    output.out(found.join('\n'));
    return EXIT_OK;
  }
  const meant = nearestWord(name, [...all.map(({ keyword }) => keyword.name), ...PARTS.map((part) => part.name)]);
  return complain(
    [{ about: name, message: `unknown keyword${meant === undefined ? '' : `; did you mean '${meant}' maybe ?`}` }],
    output,
  );
}

function entries(table: readonly AnyKeyword[]): readonly Entry[] {
  const byName = new Map<string, Entry>();
  for (const keyword of table) {
    const before = byName.get(keyword.name);
    const sections = new Set([...(before?.sections ?? []), ...keyword.sections]);
    byName.set(keyword.name, { keyword: before?.keyword ?? keyword, sections: [...sections] });
  }
  return [...byName.values()].sort((a, b) => (a.keyword.name < b.keyword.name ? -1 : 1));
}

/** Every keyword with its help in one line or two, at most 80 columns wide. */
function renderList(): string {
  const lines = [
    "Section 'global':",
    ...GLOBAL_ENTRIES.flatMap(({ keyword }) => listed(keyword, '')),
    '',
    'Proxies; D defaults, F frontend, L listen, B backend:',
    ...PROXY_ENTRIES.flatMap(({ keyword, sections }) => listed(keyword, letters(sections).padEnd(SECTION_WIDTH))),
    '',
    "Sections 'resolvers':",
    ...RESOLVERS_ENTRIES.flatMap(({ keyword }) => listed(keyword, '')),
    '',
    'turbo-lb keywords NAME shows one in full, and options of bind and server,',
    'fetches, converters and variables of log formats.',
  ];
  return `${lines.join('\n')}\n`;
}

function listed(keyword: AnyKeyword, where: string): string[] {
  const before = `${INDENT}${where}${keyword.name}`;
  const column = INDENT.length + where.length + NAME_WIDTH;
  const help = wrapText(keyword.help, WIDTH - column);
  const first = before.length < column ? [`${before.padEnd(column)}${help[0]}`] : [before, ' '.repeat(column) + help[0]];
  return [...first, ...help.slice(1).map((line) => ' '.repeat(column) + line)];
}

/** `DFLB` with a dash for each section where the keyword may not stand. */
function letters(sections: readonly SectionKind[]): string {
  return PROXY_SECTIONS.map((section, i) => (sections.includes(section) ? LETTERS[i] : '-')).join('');
}

function renderEntry({ keyword, sections }: Entry): string {
  return render(keyword, `Sections: ${sections.join(', ')}`);
}

function render(keyword: Shown, where: string): string {
  const between = keyword.arguments.startsWith('(') ? '' : ' ';
  const usage = `${keyword.no ? '[no] ' : ''}${keyword.name}${between}${keyword.arguments}`.trimEnd();
  const facts = [
    ...wrapText(keyword.help, WIDTH - INDENT.length),
    where,
    ...(keyword.default === undefined ? [] : wrapText(`Default: ${keyword.default}`, WIDTH - INDENT.length)),
    ...notes(keyword),
  ];
  return `${[...wrapText(usage, WIDTH), ...facts.map((fact) => INDENT + fact)].join('\n')}\n`;
}

function notes({ inert, http }: Shown): string[] {
  return [...(inert ? ['Accepted, and has no effect.'] : []), ...(http ? ['For mode http.'] : [])];
}

/** docs/keywords.md, whole. */
export function keywordsPage(): string {
  return [
    '# Keywords',
    '',
    'Made from the tables in `src/config` by `npm run docs:keywords`; do not edit. Keywords by section, then what',
    "stands within lines. Everything else that HAProxy's manual has is refused with the line and the nearest word that",
    'is known. `turbo-lb keywords NAME` shows one. _Inert_ ones are accepted and have no effect.',
    '',
    '## Section global',
    '',
    ...plainTable(GLOBAL_ENTRIES.map(({ keyword }) => keyword)),
    '',
    '## Proxies',
    '',
    'Sections: D defaults, F frontend, L listen, B backend.',
    '',
    '| Keyword | Sections | Arguments | Default | Meaning |',
    '|---|---|---|---|---|',
    ...PROXY_ENTRIES.map(({ keyword, sections }) =>
      row([name(keyword), code(letters(sections)), code(keyword.arguments), keyword.default ?? '', meaning(keyword)]),
    ),
    '',
    '## Sections resolvers',
    '',
    ...plainTable(RESOLVERS_ENTRIES.map(({ keyword }) => keyword)),
    '',
    ...PART_FAMILIES.flatMap(({ title, parts }) => [`## ${title}`, '', ...partTable(parts), '']),
  ].join('\n');
}

/** Options have defaults; fetches and converters say what they are. */
function partTable(parts: readonly Part[]): string[] {
  if (!/^(Fetch|Converter)/.test(parts[0].kind)) return plainTable(parts);
  return [
    '| Name | | Meaning |',
    '|---|---|---|',
    ...parts.map((part) => row([code(part.name + part.arguments), part.kind.replace(/^\w+ /, ''), meaning(part)])),
  ];
}

/** Keywords that may stand in one place only. */
function plainTable(keywords: readonly Shown[]): string[] {
  return [
    '| Keyword | Arguments | Default | Meaning |',
    '|---|---|---|---|',
    ...keywords.map((keyword) => row([name(keyword), code(keyword.arguments), keyword.default ?? '', meaning(keyword)])),
  ];
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function name(keyword: Shown): string {
  return code(`${keyword.no ? '[no] ' : ''}${keyword.name}`);
}

function code(text: string): string {
  return text === '' ? '' : `\`${text.replaceAll('|', '\\|')}\``;
}

function meaning({ help, inert, http }: Shown): string {
  return [...(inert ? ['_Inert._'] : []), ...(http ? ['_Mode http._'] : []), help].join(' ').replaceAll('|', '\\|');
}
