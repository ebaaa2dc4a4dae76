/** `source`, of proxies and of servers: the address that connections to servers come from (configuration manual, sections 4.2 and 5.2). */
import type { SourceConfig } from '../config.js';
import type { ProxyKeyword } from '../keyword.js';
import type { Word } from '../tokens/line.js';
import { type Parsed, parsed, refused } from '../values/parsed.js';
import { readAddress } from './addresses.js';
import { BACKENDS, keywordPlace, type ProxyLine, refuse } from './reading.js';

/** `source` and `usesrc` of proxies. */
export const SOURCE_KEYWORDS: readonly ProxyKeyword[] = [
  {
    name: 'source',
    sections: BACKENDS,
    arguments: '<addr>[:<port>] [interface <name>]',
    default: "the system's choice",
    help: 'Where connections to servers come from.',
    parse: parseProxySource,
  },
  {
    name: 'usesrc',
    sections: BACKENDS,
    arguments: '<addr>[:<port>] | client | clientip',
    help: 'Only after source; not supported.',
    parse: (line) => refuse(line, "'usesrc' only allowed after a 'source' statement."),
  },
];

/** A source and the words that it took beside the address. */
export interface SourceWords {
  readonly source: SourceConfig;
  readonly taken: number;
}

/**
 * Reads `<address> [interface <name>]` at the beginning of `words`; further words are left to the caller.
 *
 * @param range ports to choose from may be given, as servers allow
 */
export function readSource(
  words: readonly Word[],
  environment: ReadonlyMap<string, string>,
  range: boolean,
): Parsed<SourceWords> {
  const address = readAddress(words[0].text, environment, { port: 'optional', range });
  if (!address.ok) return refused(`'source ${words[0].text}' : ${address.message}`);
  if (address.value.syntax.kind === 'unix') return refused(`'source ${words[0].text}' : a UNIX socket cannot be a source`);
  const syntax = address.value.syntax;
  if (words[1]?.text === 'usesrc') return usesrc(words[2]);
  if (words[1]?.text !== 'interface') return parsed({ source: { address: syntax, interface: null }, taken: 1 });
  if (words[2] === undefined) return refused("'source' : missing interface name.");
  if (words[3]?.text === 'usesrc') return usesrc(words[4]);
  return parsed({ source: { address: syntax, interface: words[2].text }, taken: 3 });
}

/** Foreign addresses need the routing of the whole host to be arranged for them. */
function usesrc(argument: Word | undefined): Parsed<never> {
  return refused(
    argument === undefined
      ? "'usesrc' expects <addr>[:<port>], 'client', or 'clientip' as argument."
      : `'usesrc ${argument.text}' is not supported.`,
  );
}

function parseProxySource(line: ProxyLine): void {
  const { words, target } = line;
  if (words.length === 0) {
    refuse(line, "'source' expects <addr>[:<port>], and optionally 'usesrc' <addr>, and 'interface' <name>.");
    return;
  }
  const source = readSource(words, line.file.environment, false);
  if (!source.ok) refuse(line, source.message, words[0]);
  else if (words.length > source.value.taken)
    refuse(line, "'source' only supports optional keywords 'interface' and 'usesrc'.", words[source.value.taken]);
  else target.source = { value: source.value.source, place: keywordPlace(line) };
}
