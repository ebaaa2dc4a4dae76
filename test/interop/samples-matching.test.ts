/** Every method of matching, decided by HAProxy and by the data plane. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { AclTestPlan, PatternListPlan } from '../../src/plan/expression.js';
import { FOUND } from '../../src/proxy/samples/sample.js';
import { scratchFolder, withProcesses } from '../harness.js';
import { aclTest, condition, Lab, type LabTest } from '../proxy/samples/support/lab.js';
import { patternList } from '../proxy/samples/support/patterns.js';
import { haproxyHolds } from './support/evaluations.js';

/** A test of an ACL, and how configurations write it. */
interface Case {
  readonly written: string;
  readonly test: LabTest;
}

const reader = new Lab();

/** What configuration makes of patterns: operators become ranges, and addresses are written in full. */
const COMPILED: Readonly<Record<string, readonly string[]>> = {
  'ge 5': ['5:'],
  'gt 5': ['6:'],
  'le 5': [':5'],
  'lt 5': [':4'],
  'eq 5 7': ['5', '7'],
  'lt 0': [':-1'],
  '127.1': ['127.0.0.1'],
  '10.12/8': ['10.0.0.12/8'],
  '192.168.3/22': ['192.168.0.3/22'],
};

/** `expression -m method patterns`, in both forms. */
function one(expression: string, match: AclTestPlan['match'], patterns: readonly string[], ignoreCase = false): Case {
  const flags = `-m ${match}${ignoreCase ? ' -i' : ''}`;
  const written = `{ ${expression} ${flags} ${patterns.map((pattern) => `"${pattern}"`).join(' ')} }`;
  const compiled = COMPILED[patterns.join(' ')] ?? patterns;
  return { written, test: { ...aclTest(reader.plan(expression), match, ...compiled), ignoreCase } };
}

async function compare(cases: readonly Case[], patternLists: readonly PatternListPlan[] = []): Promise<void> {
  const expected = await haproxyHolds(cases.map(({ written }) => written));
  const lab = new Lab({ acls: cases.map((each) => ({ name: '', tests: [each.test] })), patternLists });
  const own = cases.map((_, i) => String(lab.expressions.condition(condition(String(i)))(lab.context) === FOUND));
  const different = [...cases.keys()].filter((i) => own[i] !== expected[i]);
  assert.equal(
    different.map((i) => `${cases[i].written} ${own[i]}`),
    different.map((i) => `${cases[i].written} ${expected[i]}`),
  );
}

function differential(name: string, body: () => Promise<void>): void {
  test(name, () => withProcesses(body));
}

const TEXTS = [
  'str(abc)',
  'str(ABC)',
  'str(/images/png/logo/32x32.png)',
  'str(http://www1.dc-eu.example.com:80/blah?q)',
  'str(xabcx)',
  'bin(616200)',
  'int(12)',
  'ipv4(10.0.0.1)',
];
const PATTERNS = [
  ...[
    'abc',
    'ABC',
    'ab',
    'bc',
    'b',
    'x',
    'images',
    '/images/',
    'images/png',
    'png',
    '32x32',
    'www1',
    '.www1',
    'dc',
    'eu',
    'dc-eu.example',
    ':80:',
  ],
  ...[
    'blah',
    'q',
    '80',
    '12',
    '1',
    '2',
    '10.0.0.1',
    '10.0',
    '0.1',
    '32x32.png',
    'logo/32x32.png',
    'http',
    'example.com:80/blah',
    'http:',
  ],
];

differential('texts, with and without case', () =>
  compare(
    TEXTS.flatMap((text) =>
      PATTERNS.flatMap((pattern) =>
        (['str', 'beg', 'end', 'sub', 'dir', 'dom'] as const).map((match) => one(text, match, [pattern], text === 'str(ABC)')),
      ),
    ),
  ),
);

differential('several patterns, regular expressions, lengths and bytes', () =>
  compare([
    ...TEXTS.flatMap((text) => [
      one(text, 'str', ['nope', 'abc', 'other']),
      one(text, 'beg', ['nope', 'http', '/im']),
      one(text, 'reg', ['^a.c']),
      one(text, 'reg', ['^a.c', '[0-9]+']),
      one(text, 'reg', ['^a.c'], true),
      one(text, 'len', ['3']),
      one(text, 'len', ['1:2']),
      one(text, 'len', ['4:', ':1']),
      one(text, 'found', []),
    ]),
    one('bin(616200)', 'bin', ['616200']),
    one('bin(616200)', 'bin', ['6162']),
    one('str(abc)', 'bin', ['616263']),
    one('str(abc)', 'bin', ['ff', '616263']),
    one('var(txn.nope)', 'found', []),
  ]),
);

differential('integers, ranges and operators', () =>
  compare([
    ...['int(0)', 'int(5)', 'int(9)', 'int(-3)', 'int(65535)', 'str(7x)', 'str(x)', 'bool(1)'].flatMap((value) =>
      [
        ['5'],
        ['1:9'],
        [':5'],
        ['6:'],
        ['ge', '5'],
        ['gt', '5'],
        ['le', '5'],
        ['lt', '5'],
        ['eq', '5', '7'],
        ['lt', '0'],
        ['1', '9', '65535'],
      ].map((patterns) => one(value, 'int', patterns)),
    ),
    ...['int(0)', 'int(5)', 'bool(1)', 'bool(0)', 'str(7x)', 'str(x)', 'always_true'].map((value) => one(value, 'bool', [])),
  ]),
);

differential('addresses and networks', () =>
  compare(
    [
      ...['ipv4(10.1.2.3)', 'ipv4(192.168.3.4)', 'ipv4(127.0.0.1)', 'str(10.1.2.3)', 'str(nope)', 'int(167838211)'],
      ...[
        'ipv6(::1)',
        'ipv6(2001:db8::5)',
        'ipv6(::ffff:10.1.2.3)',
        'ipv6(2002:0a01:0203::)',
        'ipv6(::10.1.2.3)',
        'ipv6(fe80::1)',
      ],
    ].flatMap((address) =>
      [
        ...[
          ['10.0.0.0/8'],
          ['10.1.2.3'],
          ['10.1.2.0/24', '192.168.0.0/16'],
          ['192.168.0.0/255.255.0.0'],
          ['10.0.2.0/255.0.255.0'],
          ['0.0.0.0/0'],
        ],
        ...[
          ['127.1'],
          ['10.12/8'],
          ['192.168.3/22'],
          ['10.1.2.3/31'],
          ['::1'],
          ['2001:db8::/32'],
          ['2001:db8::/33', 'fe80::/10'],
          ['::/0'],
          ['::ffff:10.0.0.0/104'],
        ],
      ].map((patterns) => one(address, 'ip', patterns)),
    ),
  ),
);

differential('files of patterns, and patterns beside them', () => {
  const path = join(scratchFolder(), 'patterns');
  const lines = ['abc', 'def', 'x y', '10.0.0.0/8'];
  writeFileSync(path, `# a comment\n\n  ${lines.join('\n')}\n`);
  const methods = ['str', 'end', 'sub'] as const;
  const files = methods.map((match) => patternList(lines, { match }, path));
  const cases = ['str(abc)', 'str(x y)', 'str(xdef)', 'str(other)', 'str(y)'].flatMap((text) =>
    methods.map((match, index): Case => {
      const { test: own } = one(text, match, ['other']);
      return { written: `{ ${text.replace(' ', '\\ ')} -m ${match} -f ${path} other }`, test: { ...own, files: [index] } };
    }),
  );
  return compare(cases, files);
});

test.run();
