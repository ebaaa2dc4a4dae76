/** What is said of the golden files, by the parser alone. `test/interop/config-errors.test.ts` asks HAProxy. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readConfig } from '../../src/config/read.js';
import { goldenFiles } from '../harness/golden.js';

for (const golden of goldenFiles()) {
  test(`${golden.name}: exactly the findings that it lists`, () => {
    const { findings } = readConfig([{ name: golden.name, text: golden.text }], new Map());
    const said = findings.list.map(({ severity, text }) => `${severity.toUpperCase()} ${text}`);
    assert.equal(said, golden.ours);
  });

  test(`${golden.name}: every finding of a line has its place`, () => {
    const { findings } = readConfig([{ name: golden.name, text: golden.text }], new Map());
    const lines = golden.text.split('\n');
    for (const { text, place } of findings.list) {
      assert.ok(place, text);
      assert.ok(text.includes(`[${place.file}:${place.line}]`), text);
      assert.ok(place.column <= lines[place.line - 1].length + 1, `${text}: column ${place.column}`);
    }
  });
}

test.run();
