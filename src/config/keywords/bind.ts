/** `bind` (configuration manual, sections 4.2 and 5.1): addresses by comma, and options that all of them share. */
import type { BindAddress, BindConfig } from '../config.js';
import type { ProxyKeyword } from '../keyword.js';
import type { Word } from '../tokens/line.js';
import { type Parsed, parsed, refused } from '../values/parsed.js';
import { expandVariables, readAddress } from './addresses.js';
import { BIND_DEFAULTS, BIND_OPTIONS, type BindLine } from './bind-options.js';
import { keywordPlace, type ProxyLine, refuse } from './reading.js';

/** Where to listen. */
export const BIND_KEYWORDS: readonly ProxyKeyword[] = [
  {
    name: 'bind',
    sections: ['frontend', 'listen'],
    arguments: '[<address>]:<port_range>[,...]* | <path>[,...]* | fd@<n> [ options ]*',
    help: 'Where clients connect to.',
    parse: parseBind,
  },
];

/** An address and how it was written. */
export interface Listed {
  readonly address: BindAddress;
  readonly text: string;
}

function parseBind(line: ProxyLine): void {
  const [addresses, ...options] = line.words;
  if (addresses === undefined) {
    refuse(line, "'bind' expects {<path>|[addr1]:port1[-end1]}{,[addr]:port[-end]}... as arguments.");
    return;
  }
  const read = readBindAddresses(addresses.text, line.file.environment);
  if (!read.ok) {
    refuse(line, `'bind' : ${read.message}`, addresses);
    return;
  }
  const listed = read.value;
  const settings = readOptions(line, addresses, options);
  if (settings === null) return;
  if (settings.id !== null && (listed.length > 1 || socketsOf(listed[0].address) > 1))
    refuse(line, `${aboutBind(line, addresses)} : 'id' can only be used with a single socket`);
  else line.target.binds.push(...listed.map((one) => bindOf(line, one, settings)));
}

function bindOf(line: ProxyLine, { address, text }: Listed, { name, id, ...settings }: BindLine): BindConfig {
  return { address, text, name, id, settings, place: keywordPlace(line) };
}

/** `'bind :80' in section 'frontend'`, as messages call the line. */
function aboutBind(line: ProxyLine, addresses: Word): string {
  return `'bind ${addresses.text}' in section '${line.section}'`;
}

/** Addresses separated by commas; one at the end is overlooked. */
export function readBindAddresses(text: string, environment: ReadonlyMap<string, string>): Parsed<Listed[]> {
  const parts = text.split(',');
  if (parts.length > 1 && parts[parts.length - 1] === '') parts.pop();
  const list: Listed[] = [];
  for (const part of parts) {
    const address = readBindAddress(part, environment);
    if (!address.ok) return address;
    list.push({ address: address.value, text: part });
  }
  return parsed(list);
}

function readBindAddress(text: string, environment: ReadonlyMap<string, string>): Parsed<BindAddress> {
  const expanded = expandVariables(text, environment);
  if (!expanded.startsWith('fd@')) {
    const address = readAddress(text, environment, { port: 'required', range: true });
    return address.ok ? parsed(address.value.syntax) : address;
  }
  const number = expanded.slice('fd@'.length);
  return /^[0-9]{1,9}$/.test(number)
    ? parsed({ kind: 'fd', fd: Number(number) })
    : refused(`file descriptor '${number}' is not a valid integer in '${text}'`);
}

function socketsOf(address: BindAddress): number {
  if (address.kind === 'fd' || address.kind === 'unix' || address.ports === null) return 1;
  return address.ports.last - address.ports.first + 1;
}

function readOptions(line: ProxyLine, addresses: Word, options: readonly Word[]): BindLine | null {
  const settings: BindLine = { ...BIND_DEFAULTS };
  const { findings, file } = line;
  const about = aboutBind(line, addresses);
  const place = keywordPlace(line);
  const good = BIND_OPTIONS.read(options, { settings, about, place, findings, file }, (word, meant) => {
    const suggestion = meant === undefined ? '.' : `; did you mean '${meant}' maybe ?`;
    refuse(line, `${about}: unknown keyword '${word.text}'${suggestion}`, word, meant);
  });
  return good ? settings : null;
}
