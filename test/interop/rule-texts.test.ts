/**
 * `haproxy -c` as the oracle of ACLs, rules, stick tables and log formats: hundreds of lines, right
 * and wrong, and every message about them is the same.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkText } from '../config/support/lines.js';
import { runProcess, scratchFolder } from '../harness.js';
import { ACL_LINES } from './support/acl-lines.js';
import { BACKEND_LINES, FRONTEND_LINES, LISTEN_LINES } from './support/rule-lines.js';

const FILE = 't.cfg';
/** An empty list of patterns, and a map: HAProxy does not take one file for both. */
const MAP = 'map.txt';
const FILES = { '/dev/null': '', [MAP]: '# nothing\n' };
/** HAProxy stops after 50 fatal errors. */
const GROUP = 30;
const COMMON = [
  'defaults',
  ' mode tcp',
  ' timeout client 1s',
  ' timeout server 1s',
  ' timeout connect 1s',
  'backend b',
  ' server s1 127.0.0.1:1',
  'backend st',
  ' stick-table type ip size 1k store conn_rate(10s),conn_cur,gpc0,gpt0,conn_cnt',
];
const FRONT = [' bind 127.0.0.1:29999', ' default_backend b'];
const BACK = [' server s1 127.0.0.1:1'];

/** Each entry in a section of its own. */
function configurationOf(entries: readonly string[], kind: string, own: readonly string[]): string {
  const sections = entries.flatMap((entry, index) => [
    `${kind} own${index}`,
    ...own,
    ...entry.split(' ;; ').map((line) => ` ${line}`),
  ]);
  return [...COMMON, ...sections, ''].join('\n');
}

/** Messages of HAProxy with their severity, without what frames them and without process numbers. */
function messagesOf(stderr: string): string[] {
  return stderr
    .split(/\n(?=\[)/)
    .map((message) => message.trimEnd().replace(/^\[([A-Z]+)\] +\([0-9]+\) : /, '$1 '))
    .filter((message) => /^(ALERT|WARNING) /.test(message))
    .filter((message) => !/Fatal errors found|Error\(s\) found|log format ignored/.test(message));
}

function ownMessages(text: string): string[] {
  const { findings } = checkText(text, FILES);
  return findings.map((finding) => `${finding.severity.toUpperCase()} ${finding.text.trimEnd()}`);
}

/** HAProxy looks at names and formats only where every line could be read, so those entries go apart. */
function isReadable(entry: string, kind: string, own: readonly string[]): boolean {
  return !ownMessages(configurationOf([entry], kind, own)).some((text) =>
    /^ALERT config : parsing \[[^\]]*\](?: :|: stick-table)/.test(text),
  );
}

const KINDS = [
  { name: 'lines acl', entries: ACL_LINES, kind: 'frontend', own: FRONT },
  { name: 'lines of frontends', entries: FRONTEND_LINES, kind: 'frontend', own: FRONT },
  { name: 'lines of backends', entries: BACKEND_LINES, kind: 'backend', own: BACK },
  { name: 'lines of listens', entries: LISTEN_LINES, kind: 'listen', own: [...FRONT.slice(0, 1), ...BACK] },
];

/** Compares all messages about some entries; answers how many there are. */
async function compare(entries: readonly string[], kind: string, own: readonly string[]): Promise<number> {
  const folder = scratchFolder();
  writeFileSync(join(folder, MAP), FILES[MAP]);
  let messages = 0;
  for (let start = 0; start < entries.length; start += GROUP) {
    const text = configurationOf(entries.slice(start, start + GROUP), kind, own);
    writeFileSync(join(folder, FILE), text);
    const { stderr } = await runProcess('haproxy', ['-c', '-f', FILE], { cwd: folder });
    const expected = messagesOf(stderr).sort();
    assert.equal(ownMessages(text).sort(), expected);
    messages += expected.length;
  }
  return messages;
}

for (const { name, entries, kind, own } of KINDS) {
  test(`${name} are judged as by haproxy -c`, async () => {
    const readable = entries.filter((entry) => isReadable(entry, kind, own));
    const others = entries.filter((entry) => !readable.includes(entry));
    const messages = (await compare(readable, kind, own)) + (await compare(others, kind, own));
    assert.ok(messages > entries.length / 10, `${messages} messages about ${entries.length} entries`);
  });
}

test.run();
