/** Sections, the finding of keywords, and what proxies take over from `defaults`. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readConfig } from '../../src/config/read.js';
import { noting, read, said, tablesWith } from './support/reading.js';

const ALL = ['defaults', 'frontend', 'listen', 'backend'] as const;

test('a keyword is the longest that the words begin with', () => {
  const seen: string[] = [];
  const tables = tablesWith(
    noting(seen, { name: 'stick', sections: ALL }),
    noting(seen, { name: 'stick on', sections: ALL }),
    noting(seen, { name: 'stick on src now', sections: ALL }),
  );
  const { findings } = read('backend b\n stick x\n stick on y\n stick on src now\n stick', {}, tables);
  assert.equal(said(findings), []);
  assert.equal(seen, ['b: stick x', 'b: stick on y', 'b: stick on src now', 'b: stick']);
});

test('no and default come before those keywords that have them', () => {
  const seen: string[] = [];
  const tables = tablesWith(
    noting(seen, { name: 'option a', sections: ALL, no: true }),
    noting(seen, { name: 'option b', sections: ALL }),
    noting(seen, { name: 'mode', sections: ALL }),
  );
  const { findings } = read('backend x\n no option a\n default option a\n no option b\n no mode tcp', {}, tables);
  assert.equal(seen, ['x: no option a', 'x: default option a']);
  assert.equal(
    said(findings)[0],
    "alert config : parsing [f.cfg:4]: negation/default is not supported for option 'b'.".replace(
      'config : parsing [f.cfg:',
      '[',
    ),
  );
  assert.match(said(findings)[1], /^alert \[5\]: negation\/default currently supported only for options, log,/);
});

test('a keyword in the wrong section is ignored with a warning, or refused where it says so', () => {
  const refusal = { severity: 'alert', text: "'server' not allowed because {proxy} has no backend capability." } as const;
  const tables = tablesWith(
    noting([], { name: 'bind', sections: ['frontend', 'listen'] }),
    noting([], { name: 'server', sections: ['backend', 'listen'], misplaced: refusal }),
    noting([], { name: 'option clitcpka', sections: ['frontend', 'listen'] }),
  );
  const { findings } = read('backend b\n bind :80\n option clitcpka\nfrontend f\n server\ndefaults\n bind :80', {}, tables);
  assert.equal(said(findings), [
    "warning [2] : 'bind' ignored because backend 'b' has no frontend capability.",
    "warning [3] : 'clitcpka' ignored because backend 'b' has no frontend capability.",
    "alert [5] : 'server' not allowed because frontend 'f' has no backend capability.",
    "alert [7] : 'bind' not allowed in 'defaults' section.",
  ]);
});

test('unknown words name the nearest of their section, families what they consist of', () => {
  const tables = tablesWith(
    noting([], { name: 'bind', sections: ['frontend'] }),
    noting([], { name: 'balance', sections: ['backend'] }),
    noting([], { name: 'timeout client', sections: ALL }),
    noting([], { name: 'timeout server', sections: ALL }),
    noting([], { name: 'option tcplog', sections: ALL }),
  );
  const { findings } = read(
    'frontend f\n bnid :80\n balanec x\n timeout cleint 5\n timeout\n option tcplgo\n option zzz\n option',
    {},
    tables,
  );
  assert.equal(said(findings), [
    "alert [2] : unknown keyword 'bnid' in 'frontend' section; did you mean 'bind' maybe ?",
    "alert [3] : unknown keyword 'balanec' in 'frontend' section",
    "alert [4] : 'timeout' supports 'client' and 'server' (got 'cleint')",
    "alert [5] : 'timeout' supports 'client' and 'server' (got '')",
    "alert [6] : unknown option 'tcplgo'; did you mean 'tcplog' maybe ?",
    "alert [7] : unknown option 'zzz'.",
    "alert [8]: 'option' expects an option name.",
  ]);
  assert.equal(
    findings.list.map(({ hint }) => hint),
    ['bind', undefined, 'client', undefined, 'tcplog', undefined, undefined],
  );
});

test('sections that are not supported are refused once, with their lines passed over', () => {
  const { findings, config } = read('peers p\n peer a 1.2.3.4:5\nuserlist r\n user x\nbackend b');
  assert.equal(said(findings), [
    "alert [1] : section 'peers' is not supported.",
    "alert [3] : section 'userlist' is not supported.",
  ]);
  assert.equal(
    config.proxies.map(({ name }) => name),
    ['b'],
  );
});

test('what a defaults section says is copied, and stays what it was', () => {
  const { config, findings } = read(
    [
      'defaults base',
      ' timeout connect 5s',
      ' option tcpka',
      'backend one',
      ' timeout connect 1s',
      'backend two',
      'defaults other from base',
      ' timeout server 9s',
      'backend three',
      'backend four from base',
    ].join('\n'),
  );
  assert.is(findings.fatal, false, said(findings).join('\n'));
  const seconds = config.proxies.map(({ timeouts }) => [timeouts.get('connect')?.value, timeouts.get('server')?.value]);
  assert.equal(seconds, [
    [1000, undefined],
    [5000, undefined],
    [5000, 9000],
    [5000, undefined],
  ]);
  assert.ok(config.proxies.every(({ options }) => options.get('tcpka')?.value === true));
  assert.is(config.proxies[3].from?.name, 'base');
});

test('defaults of one file hold for the files that follow, sections do not', () => {
  const { config, findings } = readConfig(
    [
      { name: 'a.cfg', text: 'defaults\n timeout connect 3s\nbackend a\n' },
      { name: 'b.cfg', text: ' retries 3\nbackend b\n' },
    ],
    new Map(),
  );
  assert.is(config.proxies[1].timeouts.get('connect')?.value, 3000);
  assert.equal(
    findings.list.map(({ text }) => text),
    ["config : parsing [b.cfg:1]: unknown keyword 'retries' out of section."],
  );
});

test('an empty word ends the line, with a warning', () => {
  const seen: string[] = [];
  const { findings } = read('backend b\n mode tcp "" more', {}, tablesWith(noting(seen, { name: 'mode', sections: ALL })));
  assert.equal(seen, ['b: mode tcp']);
  assert.match(said(findings)[0], /^warning \[2\]: argument number 2 at position 11 is empty and marks the end/);
});

test('a NUL and a missing newline are reported', () => {
  const { findings } = readConfig([{ name: 'f.cfg', text: 'global\0\ndefaults' }], new Map());
  assert.equal(said(findings), [
    'alert [1]: Stray NUL character at position 7.',
    'alert [2]: Missing LF on last line, file might have been truncated at position 9.',
  ]);
});

test('names of files and of this version are variables', () => {
  const { config } = readConfig(
    [
      { name: 'a.cfg', text: 'backend "of-$HAPROXY_STARTUP_VERSION"\n' },
      { name: 'b.cfg', text: '.if streq("$HAPROXY_CFGFILES","a.cfg;b.cfg")\nbackend both\n.endif\n' },
    ],
    new Map(),
  );
  assert.equal(
    config.proxies.map(({ name }) => name),
    ['of-3.4.0', 'both'],
  );
});

test('a file of nothing but unknown words is read, every line reported', () => {
  const lines = Array.from({ length: 20_000 }, (_, i) => `word${i}`);
  assert.is(read(`backend b\n${lines.join('\n')}`).findings.list.length, 20_000);
});

test.run();
