/** Imports go down the floors: the repository obeys, and planted violations are refused. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { importViolations } from './floors.js';
import { assertNone, importsOf, readSources } from './sources.js';

test('every import in src, bench and test obeys the table of floors', () => {
  const files = readSources(['src', 'bench', 'test'], ['.ts']);
  assert.ok(files.length > 0);
  assertNone(files.flatMap(importViolations));
});

const REFUSED: readonly (readonly [path: string, text: string, fault: string])[] = [
  ['src/proxy/a.ts', "import { parse } from '../config/parse.js';", 'proxy may not import src/config/parse.ts'],
  ['src/proxy/tcp/a.ts', "import { start } from '../../master/start.js';", 'proxy may not import src/master/start.ts'],
  ['src/proxy/a.ts', "import { DEFAULTS } from '../plan/plan.js';", 'proxy may not import src/plan/plan.ts (a value)'],
  ['src/proxy/a.ts', "import { x } from '../kernel/../admin/x.js';", 'proxy may not import src/admin/x.ts'],
  ['src/proxy/a.ts', "export * from '../cli/main.js';", 'proxy may not import src/cli/main.ts'],
  ['src/proxy/a.ts', "import '../cli/main.js';", 'proxy may not import src/cli/main.ts'],
  ['src/proxy/a.ts', "  const m = await import('../master/m.js');", 'proxy may not import src/master/m.ts'],
  ['src/kernel/a.ts', "import type { Plan } from '../plan/plan.js';", 'kernel may not import src/plan/plan.ts'],
  ['src/shared/a.ts', "import type { Plan } from '../plan/plan.js';", 'shared may not import src/plan/plan.ts'],
  ['src/config/a.ts', "import { sockaddrBytes } from '../kernel/address.js';", 'config may not import src/kernel/address.ts'],
  ['src/plan/a.ts', "import { sys } from '../kernel/sys/libc.js';", 'plan may not import src/kernel/sys/libc.ts'],
  ['src/shared/a.ts', "import {\n  a,\n  b,\n} from '../proxy/a.js';", 'shared may not import src/proxy/a.ts'],
  ['src/shared/a.ts', "new Worker(new URL('../proxy/worker.js', import.meta.url));", 'shared may not import src/proxy/worker.ts'],
  ['src/master/a.ts', "import { x } from '../capacity/x.js';", 'master may not import src/capacity/x.ts'],
  ['src/attic/a.ts', "import { x } from '../kernel/x.js';", 'floor attic is not in the table of floors'],
  ['src/cli/a.ts', "import { x } from '../../test/harness.js';", 'src imports only from src'],
  ['src/cli/a.ts', '  await import(path);', 'imports a computed path'],
  ['src/cli/a.ts', `  run(\`import('\${path}')\`);`, 'imports a computed path'],
  ['src/config/a.ts', "import { createServer, isIP } from 'node:net';", 'from node:net it may not import createServer'],
  ['src/config/a.ts', "import * as net from 'node:net';", 'from node:net it may not import *'],
  ['src/config/a.ts', "import { readFileSync } from 'node:fs';", 'from node:fs it may not import readFileSync'],
  ['src/plan/a.ts', "import 'node:dgram';", 'from node:dgram it may not import anything'],
  ['src/tls/a.ts', "import koffi from 'koffi';", 'package koffi may be imported by src/kernel, test/master/fixtures only'],
  ['src/master/a.ts', "import yargs from 'yargs/yargs';", 'package yargs may be imported by src/cli, bench only'],
  ['src/cli/a.ts', "import { x } from '@scope/left-pad';", 'package @scope/left-pad is not in the table of packages'],
];

for (const [path, text, fault] of REFUSED) {
  test(`refused in ${path}: ${text.replaceAll('\n', ' ')}`, () => {
    const violations = importViolations({ path, text });
    assert.is(violations.length, 1);
    assert.match(violations[0], `${path}:1: `);
    assert.match(violations[0], fault);
  });
}

const ACCEPTED: readonly (readonly [path: string, text: string])[] = [
  ['src/index.ts', "export type { Plan } from './plan/plan.js';"],
  ['src/cli/main.ts', "import yargs from 'yargs';\nimport { start } from '../master/start.js';"],
  ['src/master/a.ts', "new Worker(new URL('../proxy/worker.js', import.meta.url));"],
  ['src/proxy/balance/a.ts', "import type { Plan } from '../../plan/plan.js';\nimport { b } from './b.js';"],
  ['src/config/a.ts', "import { isIP } from 'node:net';\nimport type { SocketAddress } from '../kernel/address.js';"],
  ['src/plan/a.ts', "import { sockaddrBytes } from '../kernel/address.js';"],
  ['src/kernel/sys/libc.ts', "import koffi from 'koffi';"],
  ['src/proxy/a.ts', "/** Not like\n * import('../master/m.js'), which goes up.\n */"],
  ['test/proxy/a.test.ts', "import { test } from 'uvu';\nimport { start } from '../../src/master/start.js';"],
];

for (const [path, text] of ACCEPTED) {
  test(`accepted in ${path}: ${text.replaceAll('\n', ' ')}`, () => {
    assert.equal(importViolations({ path, text }), []);
  });
}

test('names, kinds and lines of imports are read', () => {
  const text = "import a, { type B as C, d } from './x.js';\n\nimport type * as e from 'node:net';\n";
  assert.equal(importsOf(text), [
    { specifier: './x.js', typeOnly: false, names: ['B', 'd', 'default'], line: 1 },
    { specifier: 'node:net', typeOnly: true, names: ['*'], line: 3 },
  ]);
});

test.run();
