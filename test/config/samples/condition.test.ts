/** Conditions and ACLs as they are read and compiled. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Checked, checkLines, textsOf } from '../support/lines.js';

/** A condition of `use_backend` as text: `a !b | {src}`. */
function shown(lines: readonly string[], checked: Checked = checkLines(lines, 'frontend')): string {
  assert.equal(textsOf(checked), []);
  const condition = checked.proxies.get('f')?.useBackends.at(-1)?.condition;
  if (!condition) return 'none';
  const { acls } = checked.references;
  const terms = condition.alternatives.map((alternative) =>
    alternative
      .map(({ negated, acl }) => `${negated ? '!' : ''}${acls[acl].name || `{${acls[acl].tests[0].expression.fetch}}`}`)
      .join(' '),
  );
  return `${condition.unless ? 'unless' : 'if'} ${terms.join(' | ')}`;
}

const ACLS = ['acl a src 10.0.0.0/8', 'acl b src_port gt 1023', 'acl b src_port 22'];

const CONDITIONS: readonly (readonly [condition: string, expected: string])[] = [
  ['if a', 'if a'],
  ['unless a b', 'unless a b'],
  ['if a !b or ! a || !!b', 'if a !b | !a | b'],
  ['if { src 1.1.1.1 } !{ src_port 80 }', 'if {src} !{src_port}'],
  ['if TRUE !WAIT_END or LOCALHOST', 'if TRUE !WAIT_END | LOCALHOST'],
  ['if', 'if '],
  ['if a or', 'if a'],
  ['', 'none'],
];

for (const [condition, expected] of CONDITIONS) {
  test(`use_backend b ${condition}`, () => assert.is(shown([...ACLS, `use_backend b ${condition}`]), expected));
}

test('lines of one name are tests of one ACL, which stands in the Plan once', () => {
  const { references } = checkLines([...ACLS, 'use_backend b if a b', 'use_backend b if !b'], 'frontend');
  const lists = references.patterns.numbered();
  const keys = (list: number): string[] => lists[list].entries.map(([key]) => key);
  assert.equal(
    references.acls.map(({ name, tests }) => [name, ...tests.flatMap(({ match, lists: [own] }) => [match, ...keys(own)])]),
    [
      ['a', 'ip', '10.0.0.0/8'],
      ['b', 'int', '1024:', 'int', '22'],
    ],
  );
});

test('flags of ACLs', () => {
  const lines = ['acl s req.ssl_sni -m end -i -f names.txt .Example.com -- -x', 'acl m req.ssl_sni -M -f map.txt'];
  const checked = checkLines(lines, 'frontend', { 'names.txt': '# names\n .a.com\n\n.b.com\r\n', 'map.txt': 'x  one two \ny\n' });
  assert.equal(textsOf(checked), []);
  const [s, m] = checked.references.acls.map(({ tests }) => tests[0]);
  assert.equal([s.match, s.ignoreCase], ['end', true]);
  const lists = checked.references.patterns.numbered().map(({ source: { path }, entries }) => ({ path, entries }));
  const own = ['.Example.com', '--', '-x'].map((key) => [key, '']);
  assert.equal(lists, [
    {
      path: 'names.txt',
      entries: [
        ['.a.com', ''],
        ['.b.com', ''],
      ],
    },
    { path: '', entries: own },
    {
      path: 'map.txt',
      entries: [
        ['x', 'one two'],
        ['y', ''],
      ],
    },
    { path: '', entries: [] },
  ]);
  assert.equal(
    [s.lists, m.lists],
    [
      [1, 0],
      [3, 2],
    ],
  );
});

test('an ACL of the same name takes the place of a predefined one', () => {
  const { references } = checkLines(['acl TRUE src 1.1.1.1', 'use_backend b if TRUE'], 'frontend');
  assert.is(references.acls[0].tests[0].expression.fetch, 'src');
});

test('unknown ACLs: the nearest name is suggested, those of mode http are named', () => {
  const hints = (line: string): unknown => checkLines([...ACLS, line], 'frontend').findings.map(({ text, hint }) => [text, hint]);
  const start = 'config : parsing [t.cfg:13] : error detected while parsing switching rule :';
  assert.equal(hints('use_backend b if REQ_CONTENTS'), [[`${start} no such ACL : 'REQ_CONTENTS'.`, 'REQ_CONTENT']]);
  assert.match(String(hints('use_backend b if METH_GET')), "ACL 'METH_GET' needs 'mode http', which is not supported yet");
});

test('findings point at the word', () => {
  const [finding] = checkLines(['use_backend b if { srcc 1.1.1.1 }'], 'frontend').findings;
  assert.is(finding.place?.line, 10);
  const [table] = checkLines(['acl a src_conn_rate(nope) gt 1'], 'frontend').findings;
  assert.equal([table.place?.line, table.place?.column], [10, 8]);
});

test.run();
