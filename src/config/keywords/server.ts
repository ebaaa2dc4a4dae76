/** `server`, `server-template`, `default-server` (configuration manual, sections 4.2 and 5.2). */
import type { ServerAddress, ServerSettings } from '../config.js';
import type { ProxyKeyword } from '../keyword.js';
import type { Word } from '../tokens/line.js';
import { readAddress } from './addresses.js';
import { BACKENDS, keywordPlace, type ProxyLine } from './reading.js';
import { SERVER_DEFAULTS, SERVER_OPTIONS } from './server-options.js';
import { reportServer } from './server-report.js';

/** Servers of one `server-template` at most: each gets its place in shared memory. */
const TEMPLATE_SERVERS_MAX = 10_000;
/** A character that names may not have. */
const FORBIDDEN = /[^A-Za-z0-9_.:-]/u;

const notAllowed = (name: string) =>
  ({ severity: 'alert', text: `'${name}' not allowed because {proxy} has no backend capability.` }) as const;

/** Servers. */
export const SERVER_KEYWORDS: readonly ProxyKeyword[] = [
  {
    name: 'server',
    sections: ['listen', 'backend'],
    misplaced: notAllowed('server'),
    arguments: '<name> <address>[:<port>] [ options ]*',
    help: 'A server.',
    parse: parseServer,
  },
  {
    name: 'server-template',
    sections: ['listen', 'backend'],
    misplaced: notAllowed('server-template'),
    arguments: '<prefix> <num | range> <address>[:<port>] [ options ]*',
    help: 'Servers of one kind, numbered.',
    parse: parseTemplate,
  },
  {
    name: 'default-server',
    sections: BACKENDS,
    misplaced: notAllowed('default-server'),
    arguments: '[ options ]*',
    help: 'Options of all servers that follow.',
    parse: parseDefaults,
  },
];

function alert(line: ProxyLine, about: string, text: string, word?: Word, hint?: string): void {
  reportServer({ about, findings: line.findings }, 'alert', text, word ?? line.keyword[0], hint);
}

function parseServer(line: ProxyLine): void {
  const [name, address, ...options] = line.words;
  if (name === undefined || address === undefined) {
    alert(line, '', "'server' expects <name> and <addr>[:<port>] as arguments.");
    return;
  }
  const forbidden = FORBIDDEN.exec(name.text);
  if (forbidden !== null) {
    alert(line, '', `character '${forbidden[0]}' is not permitted in server name '${name.text}'.`, name);
    return;
  }
  const about = `'server ${line.target.name}/${name.text}'`;
  const where = serverAddress(line, address, about);
  if (where === null) return;
  const settings = readSettings(line, options, about);
  line.target.servers.push({ name: name.text, address: where, settings, place: name.place });
}

/** An address with a port of its own, that of the client, or that and an offset. */
function serverAddress(line: ProxyLine, word: Word, about: string): ServerAddress | null {
  const address = readAddress(word.text, line.file.environment, { port: 'optional', offset: true });
  if (address.ok) return address.value;
  // What looks like no address at all is a name that nobody can look up.
  const name = /^invalid address: '([^']*)'/.exec(address.message)?.[1];
  alert(line, about, name === undefined ? address.message : `could not resolve address '${name}'.`, word);
  return null;
}

/** As default-server says, changed by the options of the line. */
function readSettings(line: ProxyLine, options: readonly Word[], about: string): ServerSettings {
  const settings = settingsToChange(line);
  readOptions(line, options, about, settings);
  return settings;
}

/** A copy of its own, checks included: options change it in place. */
function settingsToChange({ target }: ProxyLine): ServerSettings {
  const settings = target.serverDefaults ?? SERVER_DEFAULTS;
  return { ...settings, check: { ...settings.check } };
}

function readOptions(line: ProxyLine, options: readonly Word[], about: string, settings: ServerSettings): void {
  const { findings, file } = line;
  const place = keywordPlace(line);
  SERVER_OPTIONS.read(options, { settings, about, place, findings, file }, (word, meant) => {
    const suggestion = meant === undefined ? '' : `; did you mean '${meant}' maybe ?`;
    const hint =
      about === ''
        ? `${suggestion === '' ? '.' : ''} Hint: no address was expected for this server.`
        : suggestion === ''
          ? '.'
          : '';
    alert(line, about, `unknown keyword '${word.text}'${suggestion}${hint}`, word, meant);
  });
}

function parseTemplate(line: ProxyLine): void {
  const [prefix, range, address, ...options] = line.words;
  if (prefix === undefined || range === undefined || address === undefined) {
    alert(line, '', "'server-template' expects <prefix> <nb | range> <addr>[:<port>] as arguments.");
    return;
  }
  const forbidden = FORBIDDEN.exec(prefix.text);
  if (forbidden !== null) {
    alert(line, '', `character '${forbidden[0]}' is not permitted in server-template prefix '${prefix.text}'.`, prefix);
    return;
  }
  const numbers = templateRange(range.text);
  if (numbers === null) {
    alert(line, '', `Wrong server-template number or range arg '${range.text}'.`, range);
    return;
  }
  const about = `'server ${line.target.name}/${prefix.text}${numbers.first}'`;
  const where = serverAddress(line, address, about);
  if (where === null) return;
  const settings = readSettings(line, options, about);
  line.target.templates.push({ prefix: prefix.text, ...numbers, address: where, settings, place: prefix.place });
}

/** `5` is 1 to 5, `2-5` is 2 to 5. */
function templateRange(text: string): { readonly first: number; readonly last: number } | null {
  const [, from, to] = /^([0-9]+)(?:-([0-9]+))?$/.exec(text) ?? [];
  if (from === undefined) return null;
  const first = to === undefined ? 1 : Number(from);
  const last = Number(to ?? from);
  const good = first >= 1 && last >= first && last - first < TEMPLATE_SERVERS_MAX;
  return good ? { first, last } : null;
}

/** What the lines say together holds for servers that follow. */
function parseDefaults(line: ProxyLine): void {
  const { target, words } = line;
  const settings = settingsToChange(line);
  readOptions(line, words, '', settings);
  target.serverDefaults = settings;
}
