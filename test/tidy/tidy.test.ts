/**
 * The repository is tidy: sizes, comments, no leftovers, no dead files. Each rule is applied to
 * every file it is for, and to a planted fault, to prove that it can fail.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as rules from './rules.js';
import { assertNone, ROOT, readSources, type SourceFile } from './sources.js';

/** The lock file is left out: its checksums spell every word sooner or later; and .git, a file in a linked worktree. */
const UNREAD: ReadonlySet<string> = new Set(['package-lock.json', '.git']);

const code = readSources(['src', 'test', 'bench', 'scripts'], ['.ts', '.mjs', '.sh', '.lua']);
const typescript = code.filter(({ path }) => path.endsWith('.ts'));
const source = typescript.filter(({ path }) => path.startsWith('src/'));
const tests = typescript.filter(({ path }) => path.startsWith('test/'));
const everything = [
  ...readSources(['src', 'test', 'bench', 'scripts', 'docs', 'examples', 'native-notes', '.ci'], ['']),
  ...topLevelTexts(),
];

function topLevelTexts(): SourceFile[] {
  const names = readdirSync(ROOT, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !UNREAD.has(entry.name) && !entry.name.endsWith('.log'))
    .map((entry) => entry.name);
  return names.map((name) => ({ path: name, text: readFileSync(join(ROOT, name), 'utf8') }));
}

/** The files that package.json names as program and module. */
function entryPoints(): string[] {
  const { bin, exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const built: string[] = [
    ...Object.values<string>(bin),
    ...Object.values<{ default: string }>(exports).map((one) => one.default),
  ];
  return built.map((path) => path.replace(/^(?:\.\/)?dist\//, '').replace(/\.js$/, '.ts'));
}

const file = (text: string, path = 'src/a.ts'): SourceFile => ({ path, text });

test('only what belongs there lies at the top of the repository', () => {
  assertNone(rules.topLevelFaults(readdirSync(ROOT)));
  assert.equal(rules.topLevelFaults(['src', 'spike']).length, 1);
});

test('no file is too long', () => {
  assertNone(code.flatMap(rules.lengthFaults));
  assert.equal(rules.lengthFaults(file('x;\n'.repeat(600))), []);
  assert.match(rules.lengthFaults(file('x;\n'.repeat(601)))[0], 'src/a.ts: 601 lines, at most 600; split it');
});

test('nothing is left for later', () => {
  assertNone(everything.flatMap(rules.unfinishedFaults));
  for (const word of [
    ['TO', 'DO'],
    ['FIX', 'ME'],
    ['X', 'XX'],
    ['HA', 'CK'],
  ]) {
    assert.is(rules.unfinishedFaults(file(`a;\n// ${word.join('')}: later`)).length, 1);
  }
  assert.equal(rules.unfinishedFaults(file("'XXXX' + hackney")), []);
});

test('no test is left out', () => {
  assertNone(tests.flatMap(rules.leftOutFaults));
  for (const word of ['only', 'skip']) assert.is(rules.leftOutFaults(file(`test.${word}('a', () => {});`)).length, 1);
});

test('no path of one machine is written down', () => {
  assertNone(everything.flatMap(rules.machinePathFaults));
  for (const folder of ['home', 'root', 'work', 'Users']) {
    assert.is(rules.machinePathFaults(file(`open('/${folder}/x');`)).length, 1);
  }
  assert.equal(rules.machinePathFaults(file("get('http://a/home/b'); open('./work/c');")), []);
});

test('every file of src opens with what it is for', () => {
  assertNone(source.flatMap(rules.headFaults));
  assert.equal(rules.headFaults(file('#!/usr/bin/env node\n/**\n * The command.\n */\n')), []);
  assert.is(rules.headFaults(file("import 'x';\n/** Late. */\n")).length, 1);
  assert.is(rules.headFaults(file('/** */\n')).length, 1);
  assert.is(rules.headFaults(file('/**\n *\n */\nx;')).length, 1);
});

test('everything that src exports has a doc comment', () => {
  assertNone(source.flatMap(rules.documentationFaults));
  for (const thing of [
    'function a() {}',
    'abstract class A {}',
    'interface A {}',
    'const a = 1;',
    'type A = 1;',
    'async function a() {}',
  ]) {
    assert.is(rules.documentationFaults(file(`/** Head. */\n\nexport ${thing}`)).length, 1, thing);
    assert.equal(rules.documentationFaults(file(`/** Doc. */\nexport ${thing}`)), [], thing);
    assert.equal(rules.documentationFaults(file(`export ${thing}`, 'src/kernel/sys/constants.ts')), [], thing);
  }
});

test('constants of one block share its comment', () => {
  const block = 'export const A = 1;\nexport const B = 2; // two\n';
  assert.equal(rules.documentationFaults(file(`// Letters.\n${block}`)), []);
  assert.is(rules.documentationFaults(file(`${block}`)).length, 2);
  assert.is(rules.documentationFaults(file(`// Letters.\n${block}\nexport const C = 3;`)).length, 1);
});

test('relative imports name files that exist', () => {
  const paths = new Set(typescript.map(({ path }) => path));
  assert.equal(
    typescript.flatMap((one) => rules.missingImportFaults(one, paths)),
    [],
  );
  const planted = file("import { b } from './b.js';\nimport { c } from '../test/c.js';");
  assert.equal(rules.missingImportFaults(planted, new Set(['src/b.ts'])), [
    'src/a.ts:2: imports test/c.ts, which does not exist',
  ]);
});

test('every file of src is reached from an entry point', () => {
  assertNone(rules.deadFileFaults(source, entryPoints()));
  const planted = [
    file("import './b.js';", 'src/main.ts'),
    file("new Worker(new URL('./c.js', import.meta.url));", 'src/b.ts'),
    file('', 'src/c.ts'),
    file("import './e.js';", 'src/d.ts'),
    file("import './d.js';", 'src/e.ts'),
  ];
  const faulty = rules.deadFileFaults(planted, ['src/main.ts', 'src/index.ts']).map((fault) => fault.split(':')[0]);
  assert.equal(faulty, ['src/index.ts', 'src/d.ts', 'src/e.ts']);
});

test.run();
