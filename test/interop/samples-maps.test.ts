/** The converters `map*` evaluated by HAProxy and by the data plane: the same values are found. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import type { PatternForm, PatternListPlan } from '../../src/plan/expression.js';
import { scratchFolder } from '../harness.js';
import { patternList } from '../proxy/samples/support/patterns.js';
import { combine, compare, differential } from './support/sample-comparison.js';

/** A file of a map, for both sides. */
function mapFile(
  folder: string,
  name: string,
  match: PatternForm['match'],
  entries: readonly (readonly [string, string])[],
): PatternListPlan {
  const path = join(folder, name);
  writeFileSync(path, entries.map(([key, value]) => `${key} ${value}\n`).join(''));
  return patternList(entries, { match, map: true }, path);
}

differential('maps find the same value', () => {
  const folder = scratchFolder();
  const entries = [
    ['abc', 'hello world'],
    ['ab', 'short'],
    ['def', 'tail'],
    ['ef', 'ef'],
    ['a.b', 'dotted'],
    ['b', 'x'],
    ['ABC', 'big'],
  ] as const;
  // one file for each method: HAProxy mixes up what it remembers of methods that share a file
  const matches = ['str', 'beg', 'end', 'sub', 'dir', 'dom'] as const;
  const methods = ['map', ...matches.map((match) => `map_${match}`)];
  const texts = methods.map((method, i) => mapFile(folder, method, matches[Math.max(0, i - 1)], entries));
  const expressions = mapFile(folder, 'expressions', 'reg', [
    ['^(a)(b)', '[\\2\\1]'],
    ['c+', '<\\0>'],
    ['^$', 'nothing'],
  ]);
  const numbers = mapFile(folder, 'numbers', 'int', [
    ['1:9', 'small'],
    ['5', 'five'],
    ['10:', 'big'],
    [':-5', 'negative'],
  ]);
  const networks = mapFile(folder, 'networks', 'ip', [
    ['10.0.0.0/8', 'ten'],
    ['10.1.0.0/16', 'ten-one'],
    ['10.1.2.3', 'host'],
    ['192.168.0.0/255.255.0.0', 'private'],
    ['2001:db8::/32', 'doc'],
    ['2001:db8:1::/48', 'doc1'],
    ['::ffff:172.16.0.0/108', 'mapped'],
  ]);
  const integers = mapFile(folder, 'integers', 'str', [
    ['abc', '12'],
    ['6', '-5'],
  ]);
  const addresses = mapFile(folder, 'addresses', 'str', [
    ['abc', '1.2.3.4'],
    ['6', '::1'],
  ]);
  const samples = [
    'abc',
    'abcdef',
    'xxdef',
    'xxabcdef',
    '/x/abc/y',
    'x.abc.y',
    'x.a.b:y',
    '',
    'ABC',
    'ababab',
    'zz',
    'b',
    '/b',
    'ccc',
  ].map((text) => `str(${text})`);
  return compare(
    [
      ...combine(
        samples,
        methods.flatMap((method, i) => [`${method}(${texts[i].source.path})`, `${method}(${texts[i].source.path},none)`]),
      ),
      ...combine(samples, [
        `map_reg(${expressions.source.path})`,
        `map_regm(${expressions.source.path})`,
        `map_regm(${expressions.source.path},none)`,
      ]),
      ...combine(
        ['int(5)', 'int(9)', 'int(10)', 'int(0)', 'int(-7)', 'str(6)', 'str(abc)', 'bool(1)'],
        [`map_int(${numbers.source.path})`, `map_int(${numbers.source.path},none)`],
      ),
      ...combine(
        [
          ...[
            'str(10.1.2.3)',
            'ipv4(10.2.2.3)',
            'ipv4(10.1.2.9)',
            'ipv4(192.168.3.4)',
            'ipv4(172.16.5.5)',
            'ipv4(8.8.8.8)',
            'str(nope)',
          ],
          ...[
            'ipv6(::ffff:10.1.2.3)',
            'ipv6(2002:0a01:0203::)',
            'ipv6(::10.1.2.3)',
            'ipv6(2001:db8::5)',
            'ipv6(2001:db8:1::5)',
            'ipv6(2001:db9::)',
          ],
        ],
        [`map_ip(${networks.source.path})`, `map_ip(${networks.source.path},none)`],
      ),
      ...combine(
        ['str(abc)', 'int(6)', 'str(z)'],
        [
          `map_str_int(${integers.source.path})`,
          `map_str_int(${integers.source.path},7)`,
          `map_str_ip(${addresses.source.path},9.9.9.9)`,
        ],
      ),
    ],
    [...texts, expressions, numbers, networks, integers, addresses],
  );
});

test.run();
