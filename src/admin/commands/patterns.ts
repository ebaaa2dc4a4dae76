/**
 * Commands about patterns of ACLs, those in files and those in the line itself, and maps: their entries are
 * shown, found, changed one by one, or replaced as a whole by a version that was prepared. Each command exists
 * for maps and for ACLs.
 */
import { bytesOf } from '../../config/samples/bytes.js';
import type { LoadBalancer } from '../../master/balancer.js';
import type { Pattern, PatternReference } from '../../master/patterns.js';
import { splitEntry } from '../../plan/compile/pattern-files.js';
import type { PatternForm } from '../../plan/expression.js';
import { matchCast } from '../../proxy/samples/match/patterns.js';
import { Sample } from '../../proxy/samples/sample.js';
import { type Answer, type Command, type CommandCall, failure, type Level, Message, type Reply } from '../command.js';
import { Refused, refusing, refusingLater } from '../places.js';

type Kind = 'map' | 'acl';

/** Characters of a piece of a list. */
const PIECE = 1000;
const OUT_OF_RANGE = failure('Version number out of range.\n');
const ADD_USAGE: Readonly<Record<Kind, string>> = {
  map: "'add map' expects three parameters (map identifier, key and value) or one parameter (map identifier) and a payload\n",
  acl: "'add acl' expects two parameters: ACL identifier and pattern.\n",
};
const SHARED = "This ACL is shared with a map containing samples. You must use the command 'add map' to add values.\n";
/** How HAProxy looks patterns up: those of the others it goes through one by one. */
const IN_TREES: ReadonlySet<string> = new Set(['str', 'beg', 'ip']);
const VALUE_TYPES: Readonly<Record<PatternForm['value'], string>> = { any: 'str', str: 'str', int: 'sint', ip: 'ipv4' };

/** A command for both kinds. */
function both(
  verb: string,
  usage: Readonly<Record<Kind, string>>,
  help: Readonly<Record<Kind, string>>,
  level: Level,
  run: (kind: Kind) => Command['run'],
): Command[] {
  return (['map', 'acl'] as const).map((kind) => ({
    name: `${verb} ${kind}`,
    usage: usage[kind],
    help: help[kind],
    level,
    run: run(kind),
  }));
}

/** The commands of this file. */
export const PATTERN_COMMANDS: readonly Command[] = [
  ...both(
    'show',
    { map: '[@<ver>] [map]', acl: '[@<ver>] <acl>' },
    { map: "report available maps or dump a map's contents", acl: "report available acls or dump an acl's contents" },
    'user',
    (kind) => refusing((call) => show(kind, call)),
  ),
  ...both(
    'get',
    { map: '<map> <value>', acl: '<acl> <value>' },
    {
      map: 'report the keys and values matching a sample for a map',
      acl: 'report the patterns matching a sample for an ACL',
    },
    'user',
    (kind) => refusingLater((call) => get(kind, call)),
  ),
  ...both(
    'add',
    { map: '[@<ver>] <map> <key> <val>', acl: '[@<ver>] <acl> <pattern>' },
    { map: 'add a map entry (payload supported instead of key/val)', acl: 'add an acl entry' },
    'operator',
    (kind) => refusingLater((call) => add(kind, call)),
  ),
  ...both(
    'del',
    { map: '<map> [<key>|#<ref>]', acl: '<acl> [<key>|#<ref>]' },
    { map: 'delete map entries matching <key>', acl: 'delete acl entries matching <key>' },
    'operator',
    (kind) => refusingLater((call) => remove(kind, call)),
  ),
  {
    name: 'set map',
    usage: '<map> [<key>|#<ref>] <value>',
    help: 'modify a map entry',
    level: 'operator',
    run: refusingLater(setMap),
  },
  ...both(
    'clear',
    { map: '[@<ver>] <map>', acl: '[@<ver>] <acl>' },
    { map: 'clear the contents of this map', acl: 'clear the contents of this acl' },
    'operator',
    (kind) =>
      refusingLater(async ({ balancer, words }) => {
        const { version, rest } = versionOf(words);
        await referenceOf(kind, balancer, rest[0]).clear(version);
        return '';
      }),
  ),
  ...both(
    'prepare',
    { map: '<map>', acl: '<acl>' },
    { map: 'prepare a new version for atomic map replacement', acl: 'prepare a new version for atomic ACL replacement' },
    'operator',
    (kind) =>
      refusing(({ balancer, words: [name] }) => {
        const version = referenceOf(kind, balancer, name ?? '').prepare();
        return new Message('info', `New version created: ${version}\n`);
      }),
  ),
  ...both(
    'commit',
    { map: '@<ver> <map>', acl: '@<ver> <acl>' },
    { map: 'commit the map at this version', acl: 'commit the ACL at this version' },
    'operator',
    (kind) =>
      refusingLater(async ({ balancer, words }) => {
        const { version, rest } = versionOf(words);
        if (version === null) return failure('Missing version number.\n');
        return (await referenceOf(kind, balancer, rest[0]).commit(version)) ? '' : OUT_OF_RANGE;
      }),
  ),
];

/** `@7` before the name. */
function versionOf(words: readonly string[]): { readonly version: number | null; readonly rest: readonly string[] } {
  const found = /^@([0-9]+)$/.exec(words[0] ?? '');
  return found === null ? { version: null, rest: words } : { version: Number(found[1]), rest: words.slice(1) };
}

/** A file by its path, or anything by `#` and its number. What only ACLs use is no map, and the other way round. Throws Refused. */
function referenceOf(kind: Kind, balancer: LoadBalancer, word: string | undefined): PatternReference {
  const label = kind === 'map' ? 'map' : 'ACL';
  if (word === undefined) throw new Refused(`Missing ${label} identifier.\n`);
  const found = named(balancer, word);
  if (found === undefined || !isUsedAs(kind, found))
    throw new Refused(`Unknown ${label} identifier. Please use #<id> or <file>.\n`);
  return found;
}

function named({ patterns }: LoadBalancer, word: string): PatternReference | undefined {
  return patterns.references.find(({ source: { path, id } }) => (path !== '' && word === path) || word === `#${id}`);
}

function isUsedAs(kind: Kind, { source }: PatternReference): boolean {
  return source.uses.some((use) => use.kind === kind || use.kind === 'acl-map');
}

function show(kind: Kind, { balancer, words }: CommandCall): Answer {
  const { version, rest } = versionOf(words);
  if (rest.length > 0) return list(referenceOf(kind, balancer, rest[0]).version(version) ?? []);
  const listed = balancer.patterns.references.filter((reference) => isUsedAs(kind, reference));
  return ['# id (file) description\n', ...listed.map(description)];
}

function* list(entries: readonly Pattern[]): Iterable<string> {
  for (let at = 0; at < entries.length; at += PIECE)
    yield entries
      .slice(at, at + PIECE)
      .map(entryText)
      .join('');
}

function description({ source, currentVersion, nextVersion, entries }: PatternReference): string {
  const { id, path, uses } = source;
  const about =
    path === ''
      ? uses.map(({ keyword, file, line }) => `acl '${keyword}' file '${file}' line ${line}`).join()
      : `pattern loaded from file '${path}' used ${uses.map((use) => `by ${use.kind === 'acl' ? 'acl' : 'map'} at file '${use.file}' line ${use.line}`).join(', ')}`;
  return `${id} (${path}) ${about}. curr_ver=${currentVersion} next_ver=${nextVersion} entry_cnt=${entries.length}\n`;
}

function pointer({ id }: Pattern): string {
  return `0x${id.toString(16)}`;
}

function entryText(pattern: Pattern): string {
  return `${pointer(pattern)} ${pattern.key}${pattern.value === '' ? '' : ` ${pattern.value}`}\n`;
}

/** What a sample finds, in each way in which the file is used. */
async function get(kind: Kind, { balancer, words: [name, text] }: CommandCall): Promise<Reply> {
  if (name === undefined || text === undefined)
    return failure(`Missing ${kind === 'map' ? 'map' : 'ACL'} identifier and/or key.\n`);
  const reference = referenceOf(kind, balancer, name);
  const forms = reference.forms.filter((form) => form.map === (kind === 'map'));
  const found = await Promise.all(forms.map((form) => lookUp(kind, reference, form, text)));
  return found.map((line) => `${line}\n`).join('');
}

async function lookUp(kind: Kind, reference: PatternReference, form: PatternForm, text: string): Promise<string> {
  const { match, ignoreCase } = form;
  const sample = new Sample();
  sample.setString(bytesOf(text));
  const pattern = matchCast(match)(sample) ? await reference.find(form, sample) : null;
  const verb = kind === 'map' ? 'found' : 'match';
  const head = `type=${match}, case=${ignoreCase ? 'in' : ''}sensitive, ${verb}=${pattern === null ? 'no' : 'yes'}`;
  if (pattern === null) return head;
  if (pattern === undefined) return `${head}, idx=list, pattern=unknown`; // `bool` and `found` look at none
  const { key, value } = pattern;
  const found = `${head}, idx=${IN_TREES.has(match) && !ignoreCase ? 'tree' : 'list'}, ${kind === 'map' ? 'key' : 'pattern'}="${key}"`;
  return kind === 'map' ? `${found}, value="${value}", type="${VALUE_TYPES[form.value]}"` : found;
}

async function add(kind: Kind, { balancer, words, payload }: CommandCall): Promise<Reply> {
  const { version, rest } = versionOf(words);
  const [name, key, value] = rest;
  const byPayload = payload !== null && key === undefined;
  if (name === undefined || (!byPayload && (key === undefined || (kind === 'map' && value === undefined))))
    return failure(ADD_USAGE[kind]);
  if (kind === 'acl' && named(balancer, name)?.isMap === true) return failure(SHARED);
  const reference = referenceOf(kind, balancer, name);
  if (reference.version(version) === null)
    return (version ?? 0) > reference.nextVersion
      ? failure(`Version number in the future, please use 'prepare ${kind}' before.\n`)
      : OUT_OF_RANGE;
  const entries = byPayload ? payloadEntries(kind, payload) : [[key, kind === 'map' ? value : ''] as const];
  const bare = kind === 'map' ? entries.find(([, text]) => text === '') : undefined;
  if (bare !== undefined) return failure(`Missing value for key '${bare[0]}'.\n`);
  const fault = await reference.fault(entries);
  if (fault !== null) return failure(`${fault}.\n`);
  await reference.add(version, entries);
  return '';
}

/** An entry a line; those of ACLs are patterns as a whole. */
function payloadEntries(kind: Kind, payload: string): (readonly [string, string])[] {
  const lines = payload.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => (kind === 'map' ? splitEntry(line) : ([line.trim(), ''] as const)));
}

/** The entries of a key, or the one of a number, `#0x1f`. */
function wantedBy(word: string): (pattern: Pattern) => boolean {
  return word.startsWith('#') ? (pattern) => `#${pointer(pattern)}` === word : ({ key }) => key === word;
}

async function remove(kind: Kind, { balancer, words: [name, key] }: CommandCall): Promise<Reply> {
  const label = kind === 'map' ? 'map' : 'ACL';
  if (name === undefined || key === undefined)
    return failure(`This command expects two parameters: ${label} identifier and key.\n`);
  return (await referenceOf(kind, balancer, name).remove(wantedBy(key))) ? '' : failure('Key not found.\n');
}

async function setMap({ balancer, words: [name, key, value] }: CommandCall): Promise<Reply> {
  if (name === undefined || key === undefined || value === undefined)
    return failure("'set map' expects three parameters: map identifier, key and value.\n");
  const reference = referenceOf('map', balancer, name);
  const wanted = wantedBy(key);
  const sample = reference.entries.find(wanted);
  if (sample === undefined) return failure(key.startsWith('#') ? 'key or pattern not found.\n' : 'entry not found.\n');
  const fault = await reference.fault([[sample.key, value]]);
  if (fault !== null) return failure(`${fault}.\n`);
  await reference.setValue(wanted, value);
  return '';
}
