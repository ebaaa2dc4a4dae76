/**
 * HAProxy and turbo-lb about many small configurations of mode tcp: what `haproxy -c` says of each
 * is what our parser, checks and compiler say, in the same order. Where they differ on purpose,
 * `test/config` says what ours is.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkConfig } from '../../src/config/checks/check.js';
import { readConfig } from '../../src/config/read.js';
import { compilePlan } from '../../src/plan/compile.js';
import { goldenLines } from '../harness/golden.js';
import { RESOURCES } from '../harness/plans.js';
import { runProcess, scratchFolder } from '../harness.js';

const SERVER_TIMEOUTS = ' timeout connect 1s\n timeout server 1s\n';
const CLIENT_TIMEOUT = ' timeout client 1s\n';
const SERVER = ' server s 127.0.0.1:80\n';
const BIND = ' bind 127.0.0.1:1080\n';

/** Configurations that say nothing worth a word but the line in question. */
const FRAMES: Readonly<Record<string, (line: string) => string>> = {
  frontend: (line) => `frontend f\n${BIND}${CLIENT_TIMEOUT} ${line}\n`,
  backend: (line) => `backend b\n${SERVER_TIMEOUTS}${SERVER} ${line}\n`,
  listen: (line) => `listen l\n${BIND}${SERVER_TIMEOUTS}${CLIENT_TIMEOUT}${SERVER} ${line}\n`,
  defaults: (line) => `defaults\n${SERVER_TIMEOUTS}${CLIENT_TIMEOUT} ${line}\nlisten l\n${BIND}${SERVER}`,
  global: (line) => `global\n ${line}\nlisten l\n${BIND}${SERVER_TIMEOUTS}${CLIENT_TIMEOUT}${SERVER}`,
  servers: (line) => `backend b\n${SERVER_TIMEOUTS} ${line}\n`,
  'as it is': (text) => `${text.replace(/\n +(listen|frontend|backend|defaults|global)\b/g, '\n$1')}\n`,
};

/** HAProxy runs at the same time. */
const AT_ONCE = 8;

function configurationOf(line: string): string {
  const [, frame, text] = /^([a-z ]+): (.*)$/.exec(line) as RegExpExecArray;
  return FRAMES[frame](text.replaceAll('\\n', '\n '));
}

/** Newer versions leave out `config : ` in the check and end no message with two dots. */
function normalized(text: string): string {
  return text
    .replace(/^(\w+) config : /, '$1 ')
    .replace(/\s+/g, ' ')
    .replace(/[. ]+$/, '')
    .trim();
}

/** What stands around the findings of every run. */
const FRAMING = /haproxy version is|path to executable|Fatal errors found|Error\(s\) found|Failed to initialize server/;

async function theirs(text: string): Promise<string[]> {
  const folder = scratchFolder();
  writeFileSync(join(folder, 'f.cfg'), text);
  const { stderr } = await runProcess('sh', ['-c', 'cd "$0" && exec haproxy -c -f f.cfg', folder]);
  const lines = stderr
    .replace(/\n +\| /g, ' | ')
    .replace(/\n\.+$/gm, '.')
    .split('\n')
    .filter((line) => line !== '' && !FRAMING.test(line));
  return lines.map((line) => normalized(line.replace(/^\[(\w+)\] +\(\d+\) : /, '$1 ')));
}

function ours(text: string): string[] {
  const { config, findings } = readConfig([{ name: 'f.cfg', text }], new Map());
  if (!findings.fatal) checkConfig(config, findings);
  if (!findings.fatal) compilePlan(config, RESOURCES, findings);
  return findings.list.map((finding) =>
    normalized(`${finding.severity.toUpperCase()} ${finding.text.replace(/\n +\| /g, ' | ')}`),
  );
}

const lines = ['findings.txt', 'check-findings.txt'].flatMap(goldenLines).filter((line) => !line.startsWith('#'));

test('HAProxy and turbo-lb say the same of each line', async () => {
  for (let at = 0; at < lines.length; at += AT_ONCE) {
    const batch = lines.slice(at, at + AT_ONCE).map((line) => ({ line, text: configurationOf(line) }));
    const answers = await Promise.all(batch.map(({ text }) => theirs(text)));
    batch.forEach(({ line, text }, i) => {
      assert.equal(ours(text), answers[i], line);
    });
  }
});

test('the lines are many, and some of them are refused', () => {
  assert.ok(lines.length > 900);
  assert.ok(lines.some((line) => ours(configurationOf(line)).some((finding) => finding.startsWith('ALERT'))));
});

test.run();
