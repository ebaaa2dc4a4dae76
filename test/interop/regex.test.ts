/** Regular expressions as PCRE reads them: translated ones match the same lines that `grep -P` finds. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { translateRegex } from '../../src/config/samples/regex.js';
import { runProcess, scratchFolder } from '../harness.js';

const LINES: readonly string[] = [
  ...['', 'a', 'A', 'ab', 'aab', 'abc', 'ABC', 'abcabc', 'a.b', 'a-b', 'a]b', 'a[b', 'a^b', 'a\\b', 'a{2}', 'a{', '{,3}'],
  ...['GET / HTTP/1.1', 'www.example.com', 'api.example.com', 'EXAMPLE.com', 'mail1.example.org', '10.0.0.1', '2001:db8::1'],
  ...[
    'foo bar',
    'foo\tbar',
    ' leading',
    'trailing ',
    'x_1',
    'x-1',
    '123',
    '12',
    '0x1F',
    '$5.00',
    'a+b',
    '(x)',
    'a|b',
    'tab\there',
  ],
  ...['aa', 'bb', 'abab', 'xyzzy', 'QED', '\x01\x02', '~!@#', 'a/b/c', '"quoted"', "it's"],
];

const PATTERNS: readonly string[] = [
  ...[
    'a',
    '^a',
    'b$',
    '^$',
    '.',
    '^.$',
    'a.b',
    'a\\.b',
    '(a|b)c',
    '(?:ab)+',
    'a*b',
    'a+?b',
    'a{2}',
    'a{1,2}b',
    'a\\{',
    'a{',
    '{,3}',
  ],
  ...[
    '[abc]',
    '[^abc]',
    '[]a]',
    '[^]a]',
    '[a\\]]',
    '[a-]',
    '[-a]',
    '[\\^]',
    '[\\w.]+',
    '[\\d-]',
    '[[:alpha:]]+',
    '[[:digit:][:space:]]',
  ],
  ...[
    '[[:punct:]]',
    '[[:upper:]]',
    '[[:xdigit:]]{2}',
    '[^[:alnum:]]',
    '\\d+',
    '\\D',
    '\\w',
    '\\W',
    '\\s',
    '\\S',
    '\\h',
    '\\bfoo\\b',
    '\\Bb',
  ],
  ...[
    '(?i)abc',
    '(?i)a.b',
    '(?i)[a-c]+$',
    '(?i:ab)C',
    'a(?i)b',
    '(?i)example\\.(com|org)$',
    '(?i)\\x41',
    '(?i)a(?-i)B',
    '(?i)[^x]',
  ],
  ...[
    '\\Aa',
    'b\\z',
    'b\\Z',
    '\\Qa.b\\E',
    '\\Qa.b',
    '\\x61',
    '\\x{61}b',
    '\\141',
    '\\t',
    '\\x01',
    '\\cA',
    '[\\x00-\\x1f]',
    '\\e',
  ],
  ...['(a)\\1', '(a)(b)\\2', '(?P<n>a)(?P=n)', '(?<n>a)\\k<n>', "(?'n'a)\\k{n}", '(a)\\g1', '(a)\\g{1}b'],
  ...[
    '(?=ab)a',
    'a(?!b)',
    '(?<=a)b',
    '(?<!a)b',
    'a(?#comment)b',
    '(?s)a.b',
    '(?m)^a',
    '(?m)b$',
    '\\N',
    '\\R',
    'a|',
    '|a',
    '()',
    '(?:)',
  ],
  ...[
    '^(www|api)\\.',
    '^[0-9.]+$',
    '^/',
    '\\$',
    '\\(x\\)',
    'a\\|b',
    '"[^"]*"',
    "it's",
    '#',
    '~',
    '/',
    'x_?\\d',
    '^\\S+\\s\\S+$',
    '\\/b\\/',
  ],
];

test('translated expressions find the lines that grep -P finds', async () => {
  const file = join(scratchFolder(), 'lines');
  writeFileSync(file, `${LINES.join('\n')}\n`);
  for (const pattern of PATTERNS) {
    const { stdout, stderr } = await runProcess('grep', ['-anP', '--', pattern, file], { env: { LC_ALL: 'C' } });
    assert.is(stderr, '', pattern);
    const expected = stdout.split('\n').flatMap((line) => (line === '' ? [] : [Number(line.split(':', 1)[0])]));
    const source = translateRegex(pattern);
    assert.ok(source.ok, pattern);
    const expression = new RegExp(source.ok ? source.value : '');
    const found = LINES.flatMap((line, index) => (expression.test(line) ? [index + 1] : []));
    assert.equal(found, expected, `${pattern} as ${expression.source}`);
  }
});

test.run();
