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
    noting([], { name: 'rate-limit sessions', sections: ALL }),
    noting([], { name: 'option tcplog', sections: ALL }),
  );
  const { findings } = read(
    'frontend f\n bnid :80\n balanec x\n rate-limit sesions 5\n rate-limit\n option tcplgo\n option zzz\n option',
    {},
    tables,
  );
  assert.equal(said(findings), [
    "alert [2] : unknown keyword 'bnid' in 'frontend' section; did you mean 'bind' maybe ?",
    "alert [3] : unknown keyword 'balanec' in 'frontend' section",
    "alert [4] : 'rate-limit' only supports 'sessions' (got 'sesions')",
    "alert [5] : 'rate-limit' only supports 'sessions' (got '')",
    "alert [6] : unknown option 'tcplgo'; did you mean 'tcplog' maybe ?",
    "alert [7] : unknown option 'zzz'.",
    "alert [8]: 'option' expects an option name.",
  ]);
  assert.equal(
    findings.list.map(({ hint }) => hint),
    ['bind', undefined, 'sessions', undefined, 'tcplog', undefined, undefined],
  );
});

test('a misplaced keyword is read all the same: a mistake in its arguments refuses the file', () => {
  const text = 'backend b\n acl a src 10.0.0.1\n maxconn many\n timeout client 5x\n use_backend b if a\n option transparent x\n';
  assert.equal(said(read(text).findings), [
    "warning [3] : 'maxconn' ignored because backend 'b' has no frontend capability. Maybe you want 'fullconn' instead ?",
    "alert [3] : 'maxconn' expects an integer argument. Got 'many'.",
    "alert [4] : unexpected character 'x' in 'timeout client'",
    "warning [5] : 'use_backend' ignored because backend 'b' has no frontend capability.",
    "alert [6] : 'option transparent' is not supported.",
  ]);
  const { findings, config } = read('frontend f\n option transparent\n stick on src\n balance first\n');
  assert.ok(!findings.fatal);
  assert.equal(config.proxies[0].stickRules, []);
  assert.is(config.proxies[0].balance, undefined);
});

test('conditional blocks may be 99 deep, and what is in deeper ones is passed over', () => {
  const nested = (depth: number): string =>
    `${'.if 1\n'.repeat(depth)}.notice in\n${'.elif 1\n.else\n.endif\n'.repeat(depth)}.notice out`;
  assert.equal(said(read(nested(99)).findings), ["notice [100]: 'in'.", "notice [398]: 'out'."]);
  assert.equal(said(read(nested(102)).findings), ["alert [100]: too many nested '.if', max is 100.", "notice [410]: 'out'."]);
});

test('form feeds before the first word are blanks, and directives have as many words as others', () => {
  const { findings, config } = read(`frontend f\n\f\v maxconn 3\n.notice${' x'.repeat(64)}\n`);
  assert.equal(said(findings), ['alert [3]: too many words, truncating after word 64, position 135: <x>.']);
  assert.is(config.proxies[0].maxconn?.value, 3);
});

test('what is refused anyway is suggested to nobody', () => {
  const { findings } = read('backend b\n reqad x\n persit rdp-cookie\n');
  assert.equal(said(findings), [
    "alert [2] : unknown keyword 'reqad' in 'backend' section",
    "alert [3] : unknown keyword 'persit' in 'backend' section",
  ]);
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
