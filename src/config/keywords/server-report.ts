/** How mistakes in lines `server`, `server-template` and `default-server` are reported. */
import type { ServerSettings } from '../config.js';
import type { Severity } from '../diagnostics.js';
import type { OptionContext } from '../keyword.js';
import type { Word } from '../tokens/line.js';
import type { Report } from './option-words.js';

/** An option of a server. */
export type ServerOption = OptionContext<ServerSettings>;

/** `config : [f.cfg:4] : 'server b/s' : text`; lines `default-server` are about nothing. */
export function reportServer(
  { about, findings }: Pick<ServerOption, 'about' | 'findings'>,
  severity: Severity,
  text: string,
  { place }: Word,
  hint?: string,
): void {
  const whole = `config : [${place.file}:${place.line}] : ${about === '' ? '' : `${about} : `}${text}`;
  findings.add({ severity, text: whole, place, ...(hint !== undefined && { hint }) });
}

/** Reports alerts about an option. */
export function alertsOf(context: ServerOption): Report {
  return (text, word, hint) => reportServer(context, 'alert', text, word, hint);
}

/** `server s1`, as messages about options call it. */
export function serverWord({ about }: ServerOption): string {
  return `server ${nameIn(about)}`;
}

/** `server 's1'`. */
export function quotedServer({ about }: ServerOption): string {
  return about === '' ? 'default-server' : `server '${nameIn(about)}'`;
}

function nameIn(about: string): string {
  return /\/([^/]*)'$/.exec(about)?.[1] ?? '';
}
