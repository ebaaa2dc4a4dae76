/**
 * The reader of configuration files, fed with files that nobody would write: built from the grammar
 * and the keyword tables, and sound ones whose bytes were changed. Nothing may escape it, whatever it
 * refuses has a place, every finding can be shown, and what it accepts a worker can begin with.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkConfig } from '../../src/config/checks/check.js';
import type { Findings } from '../../src/config/diagnostics.js';
import { GLOBAL_KEYWORDS, PROXY_KEYWORDS, RESOLVERS_KEYWORDS } from '../../src/config/keywords/index.js';
import { mentionedFiles, mentionedHosts } from '../../src/config/mentions.js';
import { readConfig } from '../../src/config/read.js';
import { findingRecord, renderFinding, SourceLines } from '../../src/config/render.js';
import { compilePlan } from '../../src/plan/compile.js';
import type { Resources } from '../../src/plan/resources.js';
import { aclLine, expression, logFormat, predicate } from './support/grammar.js';
import { prepare } from './support/prepared.js';

/** Files of each kind in one run; 20,000 together, or as many times that as FUZZ_FACTOR says. */
const FACTOR = Number(process.env.FUZZ_FACTOR ?? 1);
const GRAMMAR_FILES = 12_000 * FACTOR;
const MUTATED_FILES = 8000 * FACTOR;

/** Every run has files of its own; a failure prints the seed, which FUZZ_SEED repeats. */
const SEED = Number(process.env.FUZZ_SEED ?? Date.now() & 0x7fff_ffff);

const RESOURCES: Resources = {
  resolve: (host) =>
    host.startsWith('un')
      ? { ok: false, message: `unknown host '${host}'` }
      : { ok: true, address: { family: 'ipv4', host: '127.0.0.9' } },
  files: new Map([['patterns', 'a b\n# c\n10.0.0.0/8\n']]),
  hostname: 'host',
  directory: '/',
};

const NAMES = ['a', 'b', 'web', 'st', 'front', 'nobody'];

const number = fc.oneof(fc.integer({ min: -2, max: 70_000 }), fc.constantFrom(0, 2 ** 31, 2 ** 32, 2 ** 53, 1e20)).map(String);
const time = fc.tuple(number, fc.constantFrom('', 'us', 'ms', 's', 'm', 'h', 'd', 'x', 'ss')).map((parts) => parts.join(''));
const address = fc
  .tuple(
    fc.constantFrom(
      '*',
      '',
      '127.0.0.1',
      '::1',
      '[::1]',
      '10.0.0.0/8',
      'web',
      'unknown.host',
      'unix@/x',
      'abns@y',
      'fd@3',
      'ipv6@',
      '/s',
    ),
    fc.constantFrom('', ':', ':80', ':80-90', ':+1', ':0', ':70000', ':x'),
  )
  .map((parts) => parts.join(''));
const sample = fc.constantFrom(
  'src',
  'dst_port',
  'req.len',
  'req.payload(0,4)',
  'req.payload(0,',
  'str(a),upper',
  'str("a b"),lower',
  'src,ipmask(24)',
  'rand(3)',
  'always_true',
  'nbsrv(b)',
  'be_conn(nobody)',
  'sc0_conn_cnt',
  'src_conn_rate(st)',
  'src,table_conn_cnt(st)',
  'env(HOME)',
  'nosuch',
  ',,',
  'str(',
  'int(1),add(2),mul(x)',
);
const condition = fc
  .tuple(
    fc.constantFrom('if', 'unless', 'iff'),
    fc.array(
      fc.constantFrom(
        'a',
        '!b',
        'or',
        '||',
        '{',
        '}',
        'TRUE',
        'src',
        '10.0.0.0/8',
        'nosuch',
        '-m',
        'reg',
        '(((',
        '-f',
        'patterns',
        '!',
      ),
      { maxLength: 8 },
    ),
  )
  .map(([word, rest]) => [word, ...rest].join(' '));
const format = fc.constantFrom('"%ci:%cp [%t] %ft"', '%[src]', '"%[src,upper] %"', '%{+Q}o', '%{+', '%nosuch', "'%B %%'", '"%[');
const words = fc.constantFrom(
  'check',
  'inter',
  'weight',
  'maxconn',
  'send-proxy',
  'backup',
  'accept-proxy',
  'name',
  'local0',
  'len',
  'format',
  'rfc5424',
  'sample',
  '1,3:5',
  'type',
  'ip',
  'size',
  '1m',
  'expire',
  'store',
  'gpc0,conn_rate(10s)',
  'accept',
  'reject',
  'track-sc0',
  'set-var(sess.x)',
  'silent-drop',
  'connection',
  'content',
  'on',
  'match',
  'roundrobin',
  'random(2)',
  'consistent',
  'sdbm',
  'avalanche',
  '"\u0024{HOME}"',
  '"\u0024{NONE-x}"',
  "'quoted'",
  '"open',
  '\\',
  '\\x4',
  '#',
  '-i',
  '--',
  '',
);
const argument = fc.oneof(
  number,
  time,
  address,
  sample,
  condition,
  format,
  words,
  expression,
  logFormat,
  fc.constantFrom(...NAMES),
  fc.string({ maxLength: 6 }),
);

const keyword = fc.constantFrom(
  ...[...GLOBAL_KEYWORDS, ...PROXY_KEYWORDS, ...RESOLVERS_KEYWORDS].map(({ name }) => name),
  'nosuch',
  'no option',
  'no',
  'default',
);
const keywordLine = fc.tuple(keyword, fc.array(argument, { maxLength: 6 })).map(([name, args]) => `  ${name} ${args.join(' ')}`);
const formatLine = fc
  .tuple(fc.constantFrom('log-format', 'log-format-sd', 'error-log-format', 'unique-id-format', 'use_backend'), logFormat)
  .map(([name, text]) => `  ${name} ${text}`);
const setLine = fc
  .tuple(fc.constantFrom('connection', 'session', 'content'), expression)
  .map(([set, value]) => `  tcp-request ${set} set-var(sess.a) ${value}`);
/** Blocks within each other, not always as many ends as beginnings. */
const nested = fc
  .tuple(
    fc.array(predicate, { maxLength: 120 }),
    fc.nat({ max: 120 }),
    fc.constantFrom('.else', '.elif 1', '  maxconn 3', '.notice in'),
  )
  .map(([conditions, ends, inner]) =>
    [...conditions.map((one) => `.if ${one}`), inner, ...Array(ends).fill('.endif')].join('\n'),
  );
const line = fc.oneof(
  { weight: 8, arbitrary: keywordLine },
  { weight: 2, arbitrary: aclLine },
  { weight: 2, arbitrary: formatLine },
  { weight: 1, arbitrary: setLine },
  { weight: 1, arbitrary: predicate.map((one) => `.if ${one}\n.elif ${one}\n.endif`) },
);
const section = fc
  .tuple(
    fc.oneof(
      fc.constantFrom(
        'global',
        'defaults',
        'peers p',
        'resolvers r',
        'nosuch',
        'frontend',
        '.if 1',
        '.if defined(',
        '.elif streq(a,b)',
        '.else',
        '.endif',
        '.notice x',
      ),
      fc
        .tuple(fc.constantFrom('frontend', 'backend', 'listen', 'defaults'), fc.constantFrom(...NAMES))
        .map((parts) => parts.join(' ')),
    ),
    fc.array(line, { maxLength: 6 }),
  )
  .map(([head, lines]) => [head, ...lines].join('\n'));
const file = fc
  .tuple(fc.array(fc.oneof({ weight: 9, arbitrary: section }, { weight: 1, arbitrary: nested }), { maxLength: 6 }), fc.boolean())
  .map(([sections, end]) => sections.join('\n') + (end ? '\n' : ''));

/** Files that became a plan which a worker was prepared with. */
let prepared = 0;

/** Reads, checks and compiles a file, looks at what was found, and has a worker prepare itself for what was accepted. */
function judge(text: string): void {
  const files = [{ name: 'fuzz.cfg', text }];
  const { config, findings } = readConfig(files, new Map([['HOME', '/root']]));
  checkConfig(config, findings);
  mentionedHosts(config);
  mentionedFiles(config);
  const plan = findings.fatal ? null : compilePlan(config, RESOURCES, findings);
  judgeFindings(findings, text.split('\n').length);
  judgeRendering(findings, new SourceLines(files));
  if (plan === null) return;
  prepare(plan);
  prepared++;
}

/** What people and editors are shown of each finding. */
function judgeRendering({ list }: Findings, sources: SourceLines): void {
  for (const finding of list) {
    const shown = renderFinding(finding, sources);
    assert.ok(shown.length > 0 && !shown.includes('undefined:'), shown);
    const record = JSON.parse(JSON.stringify(findingRecord(finding)));
    assert.is(record.severity, finding.severity);
    assert.ok(record.text.length > 0, finding.text);
  }
}

function judgeFindings({ list }: Findings, lines: number): void {
  for (const { severity, text, place } of list) {
    if (severity !== 'alert') continue;
    assert.ok(text.length > 0, 'a refusal without a word');
    assert.ok(place !== undefined, `a refusal without a place: ${text}`);
    assert.is(place.file, 'fuzz.cfg', text);
    assert.ok(place.line >= 1 && place.line <= lines, `line ${place.line} of ${lines}: ${text}`);
    assert.ok(place.column >= 0 && place.length >= 0, text);
  }
}

/** Sound configurations to begin from. */
function seeds(): string[] {
  const folder = join(import.meta.dirname, '../../../test/golden');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.cfg'))
    .map((name) => readFileSync(join(folder, name), 'latin1'));
}

const mutation = fc.tuple(
  fc.constantFrom('delete', 'insert', 'replace', 'double'),
  fc.nat(),
  fc.nat({ max: 40 }),
  fc.string({ unit: 'binary', maxLength: 4 }),
);

/** The text after one change at some place. */
function mutate(text: string, [kind, at, length, bytes]: [string, number, number, string]): string {
  const from = text.length === 0 ? 0 : at % text.length;
  const to = Math.min(text.length, from + length);
  const middle =
    { delete: '', insert: bytes + text.slice(from, to), replace: bytes, double: text.slice(from, to).repeat(2) }[kind] ?? '';
  return text.slice(0, from) + middle + text.slice(to);
}

test('files built from the grammar', () => {
  fc.assert(fc.property(file, judge), { numRuns: GRAMMAR_FILES, seed: SEED });
});

test('sound files with changed bytes', () => {
  const sound = fc.constantFrom(...seeds());
  const changed = fc
    .tuple(sound, fc.array(mutation, { minLength: 1, maxLength: 6 }))
    .map(([text, changes]) => changes.reduce(mutate, text));
  fc.assert(fc.property(changed, judge), { numRuns: MUTATED_FILES, seed: SEED });
});

test('some of them were right, and a worker could begin with them', () => {
  assert.ok(prepared > 100, `only ${prepared}`);
});

test('a reader that throws is caught', () => {
  const { failed } = fc.check(
    fc.property(file, (text) => {
      if (text.includes('silent-drop')) throw new Error('escaped');
    }),
    { numRuns: GRAMMAR_FILES, seed: SEED },
  );
  assert.ok(failed, 'the grammar never reaches silent-drop');
});

test.run();
