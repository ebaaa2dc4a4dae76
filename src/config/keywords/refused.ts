/**
 * Keywords of proxies that are known and do nothing here: those that HAProxy gave up, those that
 * are not supported and would change where traffic goes, and those that only ever warn.
 */
import type { ProxyKeyword, SectionKind } from '../keyword.js';
import { ANY_PROXY, BACKENDS, backendsOnly, keywordPlace, type ProxyLine, refuse } from './reading.js';

/** Given up by HAProxy: its own words. */
const REMOVED: Readonly<Record<string, string>> = {
  appsession: "'appsession' is not supported anymore since HAProxy 1.6.",
  clitimeout: "the 'clitimeout' directive is not supported anymore since HAProxy 2.1. Use 'timeout client'.",
  contimeout: "the 'contimeout' directive is not supported anymore since HAProxy 2.1. Use 'timeout connect'.",
  srvtimeout: "the 'srvtimeout' directive is not supported anymore since HAProxy 2.1. Use 'timeout server'.",
  block:
    "The 'block' directive is not supported anymore since HAProxy 2.1. Use 'http-request deny' which uses the exact same syntax.",
  'monitor-net': "'monitor-net' doesn't exist anymore. Please use 'http-request return status 200 if { src {} }' instead.",
  grace: "the 'grace' keyword is not supported any more since HAProxy version 2.5.",
  redispatch: "keyword 'redispatch' directive is not supported anymore since HAProxy 2.1. Use 'option redispatch'.",
  ...rewriting('reqadd', 'http-request add-header'),
  ...rewriting('reqallow', 'http-request allow'),
  ...rewriting('reqiallow', 'http-request allow'),
  ...rewriting('reqdel', 'http-request del-header'),
  ...rewriting('reqidel', 'http-request del-header'),
  ...rewriting('reqdeny', 'http-request deny'),
  ...rewriting('reqideny', 'http-request deny'),
  ...rewriting('reqrep', 'http-request replace-header'),
  ...rewriting('reqirep', 'http-request replace-header'),
  ...rewriting('reqtarpit', 'http-request tarpit'),
  ...rewriting('reqitarpit', 'http-request tarpit'),
  ...rewriting('rspadd', 'http-response add-header'),
  ...rewriting('rspdel', 'http-response del-header'),
  ...rewriting('rspidel', 'http-response del-header'),
  ...rewriting('rspdeny', 'http-response deny'),
  ...rewriting('rspideny', 'http-response deny'),
  ...rewriting('rsprep', 'http-response replace-header'),
  ...rewriting('rspirep', 'http-response replace-header'),
  'option forceclose':
    "option 'forceclose' is not supported any more since HAProxy 2.0, please just remove it, or use 'option httpclose' if absolutely needed.",
  'option http-tunnel':
    "option 'http-tunnel' is not supported any more since HAProxy 2.1, please just remove it, it shouldn't be needed.",
};

/** Rules of old that rewrote headers. */
function rewriting(name: string, instead: string): Record<string, string> {
  return { [name]: `The '${name}' directive is not supported anymore since HAProxy 2.1. Use '${instead}' instead.` };
}

interface Unsupported {
  readonly name: string;
  readonly sections: readonly SectionKind[];
  readonly misplaced?: NonNullable<ProxyKeyword['misplaced']>;
  /** What to do in its place. */
  readonly hint?: string;
}

const UNSUPPORTED: readonly Unsupported[] = [
  { name: 'dispatch', sections: ['listen', 'backend'], hint: "use 'server' with an address" },
  { name: 'transparent', sections: BACKENDS },
  { name: 'persist', sections: BACKENDS, hint: "use 'stick on rdp_cookie(mstshash)'" },
  { name: 'force-persist', sections: ['listen', 'backend'] },
  { name: 'ignore-persist', sections: ['listen', 'backend'] },
  { name: 'email-alert', sections: ANY_PROXY },
  { name: 'filter', sections: ['frontend', 'listen', 'backend'] },
  { name: 'use-fcgi-app', sections: ['listen', 'backend'], misplaced: backendsOnly('use-fcgi-app') },
];

/** Read, warned of, without effect. */
const WARNED: readonly { readonly name: string; readonly sections: readonly SectionKind[]; readonly text: string }[] = [
  {
    name: 'bind-process',
    sections: ANY_PROXY,
    text: "'bind-process' has no effect, is deprecated, and will be removed in version 2.7.",
  },
];

/** All of them. */
export const REFUSED_KEYWORDS: readonly ProxyKeyword[] = [
  ...Object.entries(REMOVED).map(([name, text]) => removed(name, text)),
  ...UNSUPPORTED.map(unsupported),
  ...WARNED.map(
    ({ name, sections, text }): ProxyKeyword => ({
      ...{ name, sections },
      arguments: '...',
      help: 'Accepted without effect.',
      inert: true,
      parse: (line) => line.findings.line('warning', keywordPlace(line), text),
    }),
  ),
];

function removed(name: string, text: string): ProxyKeyword {
  return {
    name,
    sections: ANY_PROXY,
    arguments: '...',
    no: name.startsWith('option '),
    help: 'Given up by HAProxy.',
    inert: true,
    refused: true,
    parse: (line) => refuseRemoved(line, name, text),
  };
}

/** About options and some others HAProxy writes no space before the colon. */
function refuseRemoved(line: ProxyLine, name: string, text: string): void {
  const whole = text.replace('{}', () => line.words[0]?.text ?? '');
  if (name.startsWith('option ') || name === 'grace') line.findings.line('alert', keywordPlace(line), whole);
  else refuse(line, whole);
}

function unsupported({ name, sections, misplaced, hint }: Unsupported): ProxyKeyword {
  return {
    name,
    sections,
    ...(misplaced && { misplaced }),
    refused: true,
    arguments: '...',
    help: 'Not supported.',
    parse: (line) => refuse(line, `'${name}' is not supported${hint === undefined ? '' : `, ${hint}`}.`, undefined, hint),
  };
}
