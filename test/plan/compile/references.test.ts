/** Names in expressions, rules and formats become indexes; names that are not there are reported. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkLines, checkText, textsOf } from '../../config/support/lines.js';

test('names of backends, frontends, servers and tables in arguments', () => {
  const lines = [
    'acl n nbsrv(b) gt 0',
    'acl f fe_conn(f) gt 0',
    'acl s srv_is_up(b/s1)',
    'acl t src_conn_rate(st) gt 0',
    'acl w src,table_conn_rate(st) gt 0',
    'acl o fe_conn gt 0',
    'acl c sc0_conn_rate gt 0',
  ];
  const checked = checkLines(lines, 'frontend');
  assert.equal(textsOf(checked), []);
  const expressions = checked.references.acls.map(({ tests }) => tests[0].expression);
  const argument = (name: string): unknown => {
    const found = expressions[checked.references.acls.findIndex((acl) => acl.name === name)];
    return [...found.arguments, ...found.converters.flatMap((converter) => converter.arguments)];
  };
  assert.equal(argument('n'), [0]);
  assert.equal(argument('f'), [0]);
  assert.equal(argument('s'), [{ backend: 0, server: 0 }]);
  assert.equal(argument('t'), [0]);
  assert.equal(argument('w'), [0]);
  assert.equal(argument('o'), [0]);
  assert.equal(argument('c'), [null]);
});

test('kinds of arguments tell variables from numbers', () => {
  const checked = checkLines(['acl a src_port,add(txn.n),sub(3) gt 0'], 'frontend');
  const { converters } = checked.references.acls[0].tests[0].expression;
  assert.equal(
    converters.map(({ arguments: list, kinds }) => [list, kinds]),
    [
      [['txn.n'], ['variable']],
      [[3], ['integer']],
    ],
  );
});

test('maps are read once for each way of reading them, regular expressions in the syntax of JavaScript', () => {
  const lines = [
    'use_backend %[src,map(m.txt)]',
    'use_backend %[src,map_str(m.txt,b)]',
    'use_backend %[req.ssl_sni,map_reg(r.txt)]',
    'use_backend %[req.ssl_sni,regsub(^a.b$,c)]',
  ];
  const checked = checkLines(lines, 'frontend', { 'm.txt': '10.0.0.1 b\n', 'r.txt': '^a.b b\n' });
  assert.equal(textsOf(checked), []);
  assert.equal(
    checked.references.patterns.numbered().map(({ entries }) => entries),
    [[['10.0.0.1', 'b']], [['^a[^\\n]b', 'b']]],
  );
  const formats = checked.proxies.get('f')?.useBackends.map(({ backend }) => backend) ?? [];
  const converters = formats.flatMap((format) =>
    typeof format === 'number' ? [] : format.flatMap((part) => (part.kind === 'expression' ? part.expression.converters : [])),
  );
  assert.equal(
    converters.map(({ arguments: list }) => list[0]),
    [0, 0, 1, '^a[^\\n]b(?=\\n?$)'],
  );
});

test('lines of files that are no patterns are named', () => {
  const files = { 'bad.txt': '10.0.0.1\n\nx\n', 'n.txt': 'a 1\nb two\n' };
  const [acl] = textsOf(checkLines(['acl a src -f bad.txt'], 'frontend', files));
  assert.match(acl, "ACL 'a' : 'x' is not a valid IPv4 or IPv6 address at line 3 of file 'bad.txt'");
  const [map] = textsOf(checkLines(['acl a req.ssl_sni,map_str_int(n.txt) 1'], 'frontend', files));
  assert.match(map, "invalid args in converter 'map_str_int' : unable to parse 'two' at line 2 of file 'n.txt'");
});

test('texts beyond ASCII are bytes, as samples are', () => {
  const lines = ['acl a req.ssl_sni,regsub(ü,ö) -m sub -f f.txt é', 'log-format "grün %ci"'];
  const checked = checkLines(lines, 'frontend', { 'f.txt': 'à\n' });
  const [{ tests }] = checked.references.acls;
  const bytes = (text: string): string => Buffer.from(text).toString('latin1');
  const lists = checked.references.patterns.numbered();
  assert.equal(
    tests[0].lists.map((list) => lists[list].entries),
    [[[bytes('é'), '']], [[bytes('à'), '']]],
  );
  assert.equal(tests[0].expression.converters[0].arguments, [bytes('ü'), bytes('ö'), null]);
  const text = checked.proxies.get('f')?.logFormat?.[0];
  assert.equal(text, { kind: 'text', text: bytes('grün ') });
});

test('backends and servers of rules', () => {
  const front = checkLines(['use_backend st if TRUE', 'use_backend b_%[src]'], 'frontend');
  assert.equal(
    front.proxies.get('f')?.useBackends.map(({ backend }) => (typeof backend === 'number' ? backend : 'format')),
    [1, 'format'],
  );
  assert.is(checkLines(['use-server s1 if TRUE'], 'backend').proxies.get('b')?.useServers[0].server, 0);
});

test('the nearest name is suggested', () => {
  const hints = checkLines(['use_backend stt if TRUE', 'acl a srv_is_up(b/s2)'], 'frontend').findings.map(({ hint }) => hint);
  assert.equal(hints.sort(), ['s1', 'st']);
});

test('conditions of two proxies do not share ACLs of the same name', () => {
  const text = [
    'frontend a',
    ' acl x src 1.1.1.1',
    ' use_backend c if x',
    'frontend b',
    ' acl x src 2.2.2.2',
    ' use_backend c if x',
    'backend c',
    '',
  ];
  const checked = checkText(text.join('\n'));
  const acl = (name: string): unknown => checked.proxies.get(name)?.useBackends[0].condition?.alternatives[0][0].acl;
  assert.equal([acl('a'), acl('b')], [0, 1]);
});

test('a stick table that would not fit into memory that threads share is refused', () => {
  const texts = (size: string): string[] =>
    textsOf(checkLines([`stick-table type ip size ${size} store conn_cnt,conn_rate(10s)`], 'listen'));
  assert.equal(texts('10m'), []);
  assert.match(texts('100m').join(), 'stick-table: 104857600 entries take 6 GiB, and a table may have less than 4.');
});

test.run();
