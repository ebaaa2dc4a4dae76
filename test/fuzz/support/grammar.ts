/**
 * Parts of the language that nest: conditions of `.if`, expressions with their arguments, formats of
 * log lines, and ACLs with as many patterns as a line holds. Right and wrong ones.
 */
import fc from 'fast-check';
import { CONVERTERS } from '../../../src/config/samples/converters.js';
import { FETCHES } from '../../../src/config/samples/fetches.js';
import { FORMAT_VARIABLES } from '../../../src/config/samples/format-variables.js';
import { MATCH_METHODS } from '../../../src/config/samples/syntax.js';

const leaf = fc.constantFrom(
  ...[
    '1',
    '0',
    '-5',
    '0x1F',
    'defined(HOME)',
    'defined(',
    'streq(a,"b")',
    "strneq('a',b)",
    'feature(EPOLL)',
    'version_atleast(2.6)',
  ],
  ...['version_before(x)', 'streq("\u0024{HOME}",/root)', 'enabled(SPLICE)', 'strstr(abc,b)', 'streq(a', 'nosuch(1)', '', ')'],
);

/** A condition of conditions. */
export const predicate: fc.Arbitrary<string> = fc.letrec<{ tree: string }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'large', withCrossShrink: true },
    leaf,
    tie('tree').map((one) => `!${one}`),
    tie('tree').map((one) => `(${one})`),
    fc.tuple(tie('tree'), fc.constantFrom(' && ', '||', ' || ', '&&'), tie('tree')).map((parts) => parts.join('')),
  ),
})).tree;

const argument = fc.oneof(
  fc.constantFrom(
    ...[
      '',
      '0',
      '1',
      '-1',
      '24',
      '64',
      '10s',
      'a',
      '"a,b"',
      "'x)'",
      '\\,',
      'txn.a',
      'sess.b',
      'back',
      'b/s',
      'patterns',
      'sha256',
    ],
    ...['(.*)', '^[a-z]+$', '(((', '$.a.b', '%Y', 'utf8', 'query', 'md5', 'name,hex', '10.0.0.0', '::1', '1.2.3.4/33'],
  ),
  fc.string({ maxLength: 5 }),
);

const called = (names: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom(...names), fc.option(fc.array(argument, { maxLength: 5 }), { freq: 3 }))
    .map(([name, args]) => (args === null ? name : `${name}(${args.join(',')})`));

/** A fetch and up to twelve converters after it. */
export const expression = fc
  .tuple(called([...FETCHES.keys()]), fc.array(called([...CONVERTERS.keys()]), { maxLength: 12 }))
  .map(([fetch, converters]) => [fetch, ...converters].join(','));

const flags = fc
  .array(fc.constantFrom('+Q', '-Q', '+X', '+E', '-M', '+M', 'Q', '+', '+Z'), { maxLength: 4 })
  .map((list) => list.join(','));

const piece = fc.oneof(
  fc.tuple(flags, expression).map(([on, value]) => `%${on === '' ? '' : `{${on}}`}[${value}]`),
  fc
    .tuple(flags, fc.constantFrom(...FORMAT_VARIABLES.keys(), 'nosuch', ''))
    .map(([on, name]) => `%${on === '' ? '' : `{${on}}`}${name}`),
  fc.constantFrom(' ', 'text', '%%', '%', '[', ']', '{', '}', '\\"', '%(x)ci', '%{+Q}o'),
);

/** A format of many pieces, in quotes. */
export const logFormat = fc.array(piece, { maxLength: 30 }).map((pieces) => `"${pieces.join('')}"`);

const pattern = fc.oneof(
  fc.constantFrom(
    ...[
      '10.0.0.0/8',
      '::/0',
      '1:5',
      'gt',
      'le',
      '3.1',
      '-5',
      '0x10',
      '.*',
      '(a|b)+',
      '[',
      'a.b',
      '/x',
      'example.org',
      '--',
      '-i',
      'TRUE',
    ],
    ...['192.168.0.0/255.255.0.0', '9223372036854775807', '1.2.3', 'aa:bb', 'ffff'],
  ),
  fc.string({ maxLength: 4 }),
);
const flag = fc.oneof(
  fc.constantFrom('-i', '-n', '-M', '--', '-u 3', '-f patterns', '-f nosuch', '-x'),
  fc.constantFrom(...MATCH_METHODS, 'nosuch').map((method) => `-m ${method}`),
);

/** An ACL, with up to 70 patterns. */
export const aclLine = fc
  .tuple(fc.constantFrom('a', 'b', 'web'), expression, fc.array(flag, { maxLength: 4 }), fc.array(pattern, { maxLength: 70 }))
  .map(([name, value, on, patterns]) => `  acl ${[name, value, ...on, ...patterns].join(' ')}`);
