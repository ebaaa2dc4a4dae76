/** Rules of checks, `tcp-check` and `http-check`, and the options that choose a kind of check (configuration manual, 4.2). */
import { readConnect } from '../health/connect.js';
import { readExpect } from '../health/expect.js';
import { readHttpSend, readSend } from '../health/send.js';
import type { CheckAction, CheckFamily, CheckKindName, CheckRule, CheckRules } from '../health/syntax.js';
import { RuleWords, readCheckExpression, reading } from '../health/words.js';
import type { ProxyKeyword } from '../keyword.js';
import { variableOf } from '../rules/actions/variables.js';
import { BACKENDS, endsAfter, keywordPlace, keywordText, type ProxyLine, refuse } from './reading.js';

const ONLY_SUPPORTS = {
  'tcp-check': "'comment', 'connect', 'send', 'send-binary', 'expect', 'set-var-fmt(*)', 'set-var(*)', 'unset-var(*)'",
  'http-check':
    "'disable-on-404', 'send-state', 'comment', 'connect', 'send', 'expect', 'set-var-fmt(*)', 'set-var(*)', 'unset-var(*)'",
} as const;

/** Rules, by keyword. */
export const CHECK_RULE_KEYWORDS: readonly ProxyKeyword[] = [
  {
    name: 'tcp-check',
    sections: BACKENDS,
    arguments: '{ comment | connect | expect | send | send-lf | send-binary | send-binary-lf | set-var(*) | unset-var(*) } ...',
    help: 'A step of checks with option tcp-check.',
    parse: (line) => parseRule(line, 'tcp-check'),
  },
  {
    name: 'http-check',
    sections: BACKENDS,
    arguments: '{ comment | connect | expect | send | disable-on-404 | send-state | set-var(*) | unset-var(*) } ...',
    help: 'A step of checks with option httpchk.',
    parse: (line) => parseRule(line, 'http-check'),
  },
];

function parseRule(line: ProxyLine, family: CheckFamily): void {
  const [word, ...words] = line.words;
  const name = word?.text ?? '';
  if (family === 'http-check' && (name === 'disable-on-404' || name === 'send-state')) setFlag(line, name);
  else if (known(name, family)) addRule(line, family, name, new RuleWords(words));
  else refuse(line, `'${family}' only supports ${ONLY_SUPPORTS[family]}. but got '${name}'`, word);
}

function known(name: string, family: CheckFamily): boolean {
  if (/^(set-var|set-var-fmt|unset-var)(\(|$)/.test(name) || ['comment', 'connect', 'expect', 'send'].includes(name)) return true;
  return family === 'tcp-check' && ['send-lf', 'send-binary', 'send-binary-lf'].includes(name);
}

function setFlag(line: ProxyLine, name: 'disable-on-404' | 'send-state'): void {
  const extra = line.words[1];
  if (extra !== undefined) refuse(line, `'http-check' cannot handle unexpected argument '${extra.text}'.`, extra);
  else if (name === 'send-state') line.target.checkFlags = { ...line.target.checkFlags, sendState: true };
  else line.target.checkFlags = { ...line.target.checkFlags, disableOn404: true };
}

function addRule(line: ProxyLine, family: CheckFamily, name: string, words: RuleWords): void {
  const about = `${family} ${name}`;
  const read = reading(line, about, () => readRule(line, family, name, words));
  if (read === null) return;
  const list = line.target.checkRules[family];
  if (list.inherited) beginRules(list);
  const fault = misplaced(read.action, list.rules, family);
  if (fault !== null) refuse(line, `'${about}' : ${fault}.`);
  else list.rules.push(read);
}

/** The section has rules of its own from now on: those of its `defaults` are forgotten. */
function beginRules(list: CheckRules): void {
  list.rules.length = 0;
  list.inherited = false;
}

function readRule(line: ProxyLine, family: CheckFamily, name: string, words: RuleWords): CheckRule {
  const place = keywordPlace(line);
  const made = (action: CheckAction, comment = ''): CheckRule => ({ action, comment, place });
  if (name === 'comment') return made({ kind: 'comment' }, words.need('expects a string as argument').text);
  if (name.includes('-var')) return made(readVariable(name, words));
  const { rule, comment } =
    name === 'connect'
      ? readConnect(words, family, line.file.environment)
      : name === 'expect'
        ? readExpect(words, family)
        : family === 'http-check'
          ? readHttpSend(words)
          : readSend(words, name as Parameters<typeof readSend>[1]);
  return made(rule, comment);
}

function readVariable(name: string, words: RuleWords): CheckAction {
  const [kind] = name.split('(');
  const variable = variableOf(name);
  if (!variable.ok) return words.fail(`'${kind}' : ${variable.message}`);
  if (kind === 'unset-var') return { kind, variable: variable.value.variable };
  if (kind === 'set-var-fmt') {
    const value = words.format(`'${kind}' : missing fetch method`, { before: `'${kind}' : ` });
    return { kind, ...variable.value, value };
  }
  const read = readCheckExpression(words.rest());
  if (!read.ok) return words.fail(`'${kind}' : ${read.message}`);
  return { kind: 'set-var', ...variable.value, value: read.expression };
}

/** With a `connect`, rules begin with one; over HTTP they go from a connection to its request to what is expected of the answer. */
function misplaced({ kind }: CheckAction, before: readonly CheckRule[], family: CheckFamily): string | null {
  const kinds = before.map(({ action }) => action.kind);
  const [first, last] = [kinds.find(isStep), kinds.findLast(isStep)];
  if (kind === 'connect' && first !== undefined && first !== 'connect')
    return (
      "first step MUST also be a 'connect', optionally preceded by a 'set-var', an 'unset-var' or a 'comment', " +
      "when there is a 'connect' step in the tcp-check ruleset"
    );
  if (family === 'tcp-check' || last === undefined || !isStep(kind)) return null;
  const { name, after, missing } = HTTP_ORDER[kind];
  if (!after.includes(last)) return null;
  // Steps are counted from the latest request on, as HAProxy's messages do.
  const step = kinds.length + 1 - Math.max(0, kinds.lastIndexOf('http-send'));
  return `unable to add http-check ${name} rule at step ${step} (missing ${missing} rule).`;
}

type Step = 'connect' | 'send' | 'http-send' | 'expect';

/** After which of the others a step of HTTP cannot come, for lack of what. */
const HTTP_ORDER: Readonly<Record<Step, { readonly name: string; readonly after: readonly Step[]; readonly missing: string }>> = {
  connect: { name: 'connect', after: ['connect', 'http-send'], missing: 'expect' },
  send: { name: 'send', after: [], missing: 'connect' },
  'http-send': { name: 'send', after: ['http-send', 'expect'], missing: 'connect' },
  expect: { name: 'expect', after: ['connect'], missing: 'send' },
};

/** What happens on the wire. */
function isStep(kind: CheckAction['kind']): kind is Step {
  return Object.hasOwn(HTTP_ORDER, kind);
}

interface KindRow {
  readonly name: CheckKindName;
  readonly arguments: string;
  readonly help: string;
  /** Reports what is wrong with the words after the option. */
  readonly check: (line: ProxyLine) => boolean;
}

const noWords = (line: ProxyLine): boolean => endsAfter(line, 0);

const KINDS: readonly KindRow[] = [
  { name: 'tcp-check', arguments: '', help: 'Check servers with the rules of tcp-check.', check: noWords },
  {
    name: 'httpchk',
    arguments: '[<method>] [<uri>] [<version>]',
    help: 'Check servers with HTTP requests.',
    check: (line) => endsAfter(line, 3) && warnOfHiddenHeaders(line),
  },
  { name: 'ldap-check', arguments: '', help: 'Check servers with an LDAP bind.', check: noWords },
  {
    name: 'mysql-check',
    arguments: '[ user <name> [ post-41 | pre-41 ] ]',
    help: 'Check MySQL and MariaDB servers.',
    check: mysqlWords,
  },
  { name: 'pgsql-check', arguments: 'user <name>', help: 'Check PostgreSQL servers.', check: pgsqlWords },
  { name: 'redis-check', arguments: '', help: 'Check Redis servers with PING.', check: noWords },
  {
    name: 'smtpchk',
    arguments: '[<hello> <domain>]',
    help: 'Check SMTP servers with HELO or EHLO.',
    check: (line) => endsAfter(line, 2),
  },
  { name: 'ssl-hello-chk', arguments: '', help: 'Check servers with an SSLv3 hello.', check: noWords },
];

/** `option httpchk` and its like. */
export const CHECK_KIND_KEYWORDS: readonly ProxyKeyword[] = KINDS.map((row) => ({
  name: `option ${row.name}`,
  sections: BACKENDS,
  arguments: row.arguments,
  default: 'off',
  help: row.help,
  parse: (line) => parseKind(line, row),
}));

/**
 * The last one holds. As with HAProxy, the section begins anew: of its `defaults` it keeps rules `tcp-check` alone, and
 * those only where rules of that kind hold already.
 */
function parseKind(line: ProxyLine, { name, check }: KindRow): void {
  if (!check(line)) return;
  const { target, words } = line;
  for (const { name: other } of KINDS) target.options.delete(other);
  target.options.set(name, { value: true, place: keywordPlace(line) });
  const list = name === 'httpchk' ? target.checkRules['http-check'] : target.checkRules['tcp-check'];
  const begins = name === 'httpchk' || (name === 'tcp-check' && target.checkKind?.name !== name);
  if (begins && list.inherited) beginRules(list);
  const afterRequest = list.rules.some(({ action }) => action.kind === 'http-send');
  target.checkKind = { name, words: words.map(({ text }) => text), afterRequest, place: keywordPlace(line) };
}

function warnOfHiddenHeaders(line: ProxyLine): boolean {
  if (/[\r\n]/.test(line.words[2]?.text ?? ''))
    line.findings.add({
      severity: 'warning',
      text:
        `config : parsing [${keywordPlace(line).file}:${keywordPlace(line).line}]: 'option httpchk' : hiding headers or body ` +
        "at the end of the version string is deprecated. Please, consider to use 'http-check send' directive instead.",
      place: keywordPlace(line),
    });
  return true;
}

function mysqlWords(line: ProxyLine): boolean {
  const [first, user, version] = line.words;
  if (first === undefined) return true;
  if (first.text !== 'user')
    refuse(line, `'${keywordText(line)}' only supports optional values: 'user' (got '${first.text}').`, first);
  else if (user === undefined) refuse(line, `'${keywordText(line)} user' expects <username> as argument.`);
  else if (version !== undefined && version.text !== 'post-41' && version.text !== 'pre-41')
    refuse(line, `keyword 'user' only supports 'post-41' and 'pre-41' (got '${version.text}').`, version);
  else return endsAfter(line, 3);
  return false;
}

function pgsqlWords(line: ProxyLine): boolean {
  const [first, user] = line.words;
  if (first === undefined || user === undefined)
    refuse(line, `'${keywordText(line)}' expects 'user <username>' as argument.`, first);
  else if (first.text !== 'user') refuse(line, `'${keywordText(line)}' only supports optional values: 'user'.`, first);
  else return endsAfter(line, 2);
  return false;
}
