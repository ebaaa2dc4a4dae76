/** `tcp-check send` in its four forms, and `http-check send`. */
import type { HttpSendRule, SendRule } from './syntax.js';
import { type RuleWords, textWord } from './words.js';

type Mutable = { -readonly [K in keyof HttpSendRule]: HttpSendRule[K] };

const FORMS = { send: 'string', 'send-lf': 'string-lf', 'send-binary': 'binary', 'send-binary-lf': 'binary-lf' } as const;

/** Reads the words after `send`, `send-lf`, `send-binary` or `send-binary-lf`. */
export function readSend(words: RuleWords, name: keyof typeof FORMS): { rule: SendRule; comment: string } {
  const form = FORMS[name];
  const missing = `'${name === 'send-binary' ? 'binary string' : 'string'}' expects a ${name} as argument`;
  const data = words.data(form, missing, { quoted: true });
  let comment = '';
  while (words.next !== undefined) {
    const word = words.take();
    if (word !== 'comment') words.fail(`expects 'comment' but got '${word}' as argument.`);
    comment = words.need("'comment' expects a string as argument.").text;
  }
  return { rule: { kind: 'send', data }, comment };
}

const KNOWN = "'comment', 'meth', 'uri', 'uri-lf', 'ver', 'hdr', 'body' or 'body-lf'";

/** A request about which nothing is said. */
export const DEFAULT_REQUEST: HttpSendRule = {
  kind: 'http-send',
  method: null,
  uri: null,
  version: null,
  headers: [],
  body: null,
};

/** Reads the words after `http-check send`. */
export function readHttpSend(words: RuleWords): { rule: HttpSendRule; comment: string } {
  const rule: Mutable = { ...DEFAULT_REQUEST };
  const hosts: string[] = [];
  let comment = '';
  while (words.next !== undefined) {
    const name = words.take();
    const missing = `'${name}' expects a string as argument.`;
    if (name === 'comment') comment = words.need(missing).text;
    else if (name === 'meth') rule.method = words.need(missing).text;
    else if (name === 'ver') rule.version = words.need(missing).text;
    else if (name === 'uri' || name === 'uri-lf') rule.uri = textWord(words, name === 'uri-lf', missing);
    else if (name === 'body' || name === 'body-lf') rule.body = textWord(words, name === 'body-lf', missing);
    else if (name === 'hdr') rule.headers = [...rule.headers, readHeader(words, hosts)];
    else words.fail(`expects ${KNOWN} but got '${name}' as argument.`);
  }
  return { rule, comment };
}

/** A token of RFC 9110, section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** @param hosts values of Host headers so far: there can be one */
function readHeader(words: RuleWords, hosts: string[]): HttpSendRule['headers'][number] {
  const missing = "'hdr' expects <name> and <value> as arguments";
  const { text: name } = words.need(missing);
  if (!TOKEN.test(name)) words.fail(`'hdr' : invalid header name '${name}'`);
  const { text } = words.next ?? { text: '' };
  const value = words.format(missing, { before: '' });
  if (name.toLowerCase() === 'host' && hosts.push(text) > 1)
    words.fail(`'host' header already defined (previous value is '${hosts[0]}')`);
  return { name, value };
}
