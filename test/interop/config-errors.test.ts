/** HAProxy and turbo-lb about the same wrong configurations: the texts of the golden files are what both print. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readConfig } from '../../src/config/read.js';
import { lexLine } from '../../src/config/tokens/lexer.js';
import { turbo } from '../cli/turbo.js';
import { goldenFiles, goldenLines, printedFindings } from '../harness/golden.js';
import { runProcess, scratchFolder } from '../harness.js';

/** HAProxy checking one file, in a folder of its own. */
async function haproxyCheck(name: string, text: string, env: Record<string, string> = {}): Promise<string> {
  const folder = scratchFolder();
  writeFileSync(join(folder, name), text);
  const { stderr } = await runProcess('sh', ['-c', 'cd "$0" && exec haproxy -c -dD -f "$1"', folder, name], { env });
  return stderr;
}

for (const golden of goldenFiles()) {
  test(`${golden.name}: HAProxy says what the file says that it says`, async () => {
    assert.equal(printedFindings(await haproxyCheck(golden.name, golden.text)), golden.haproxy);
  });
}

test('the program prints what the golden files say, between the same first and last lines', async () => {
  const golden = goldenFiles().find(({ name }) => name === 'sections.cfg');
  assert.ok(golden);
  const folder = scratchFolder();
  writeFileSync(join(folder, golden.name), golden.text);
  const { code, stderr, stdout } = await turbo(['-c', '-f', golden.name], {}, `cd '${folder}'`);
  assert.is(code, 1);
  assert.is(stdout, '');
  assert.equal(printedFindings(stderr), golden.ours);
  assert.match(stderr, /^\[NOTICE\] {3}\(\d+\) : turbo-lb version is \S+\n\[NOTICE\] {3}\(\d+\) : path to executable is \S+\n/);
  assert.match(
    stderr,
    /\n\[ALERT\] {4}\(\d+\) : config : Error\(s\) found in configuration file : sections.cfg\n\[ALERT\] {4}\(\d+\) : config : Fatal errors found in configuration.\n$/,
  );
});

const ENVIRONMENT = { LIST: 'one two  three', EMPTY: '', SPACED: ' lead trail ', ONE: '1', ODD: 'a"b\'c\\d$e#f' };

test('words are cut, unquoted and expanded as HAProxy does it', async () => {
  for (const word of goldenLines('words.txt')) {
    const text = `.notice a\n.warning ${word}\n`;
    const { findings } = readConfig([{ name: 'w.cfg', text }], new Map(Object.entries(ENVIRONMENT)));
    const ours = findings.list.slice(1).map(({ severity, text: said }) => `${severity.toUpperCase()} ${said}`);
    const theirs = printedFindings(await haproxyCheck('w.cfg', text, ENVIRONMENT)).slice(1);
    assert.equal(ours, theirs, word);
  }
});

test('conditions hold, or are refused, as HAProxy says', async () => {
  for (const condition of goldenLines('conditions.txt')) {
    const text = `.notice a\n.if ${condition}\n.warning yes\n.else\n.warning no\n.endif\n`;
    const { findings } = readConfig([{ name: 'c.cfg', text }], new Map(Object.entries(ENVIRONMENT)));
    const ours = findings.list.slice(1).map(({ severity, text: said }) => `${severity.toUpperCase()} ${said}`);
    const theirs = printedFindings(await haproxyCheck('c.cfg', text, ENVIRONMENT)).slice(1);
    assert.equal(ours.slice(0, theirs.length), theirs, condition);
  }
});

test('a line that cannot be cut shows the mark where HAProxy shows it', async () => {
  for (const line of goldenLines('unfinished-lines.txt')) {
    const stderr = await haproxyCheck('m.cfg', `global\n${line}\n`);
    const mark = /^ {2}( *)\^$/m.exec(stderr);
    assert.ok(mark, stderr);
    assert.is(lexLine('m.cfg', 2, line, () => undefined).fault?.column, mark[1].length + 1 + line.search(/\S/), line);
  }
});

test.run();
