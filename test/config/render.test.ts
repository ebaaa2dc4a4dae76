/** How findings look: the line, the mark under the word, hints; and as records. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Finding } from '../../src/config/diagnostics.js';
import { findingRecord, renderFinding, SourceLines } from '../../src/config/render.js';

const LONG = `backend ${'x'.repeat(300)} wrong ${'y'.repeat(300)}`;
const SOURCES = new SourceLines([{ name: 'f.cfg', text: `frontend f\n\tbnid :80\n${LONG}\n` }]);

function finding(line: number, column: number, length: number, hint?: string): Finding {
  const text = `config : parsing [f.cfg:${line}] : it is wrong; did you mean 'bind' maybe ?`;
  return { severity: 'alert', text, place: { file: 'f.cfg', line, column, length }, ...(hint !== undefined && { hint }) };
}

test('the mark stands under the word, tabs taken as one column', () => {
  const lines = renderFinding(finding(2, 2, 4), SOURCES).split('\n');
  assert.equal(lines.slice(1), ['   bnid :80', '   ^^^^']);
});

test('of a long line the part around the word is shown', () => {
  const [, shown, mark] = renderFinding(finding(3, 310, 5), SOURCES).split('\n');
  assert.ok(shown.length < 120, shown);
  assert.is(shown.slice(mark.indexOf('^'), mark.lastIndexOf('^') + 1), 'wrong');
});

test('a hint is shown unless the text has it', () => {
  assert.not.match(renderFinding(finding(2, 2, 4, 'bind'), SOURCES), 'hint');
  assert.match(renderFinding(finding(2, 2, 4, 'remove it'), SOURCES), '\n  hint: remove it');
});

test('a finding without a column, or of a file that is not there, is its text', () => {
  assert.not.match(renderFinding(finding(2, 0, 0), SOURCES), '\n');
  assert.not.match(renderFinding(finding(99, 1, 1), SOURCES), '\n');
  assert.is(renderFinding({ severity: 'warning', text: 'x' }, SOURCES), 'x');
});

test('further lines of a text lose the marks that they may have', () => {
  const text = 'missing timeouts.\n   | While not';
  assert.is(renderFinding({ severity: 'warning', text }, SOURCES), 'missing timeouts.\nWhile not');
  assert.is(findingRecord({ severity: 'warning', text }).text, 'missing timeouts.\nWhile not');
});

test('a record has the place apart from the text, and null for what is not known', () => {
  assert.equal(findingRecord(finding(2, 2, 4, 'bind')), {
    file: 'f.cfg',
    line: 2,
    column: 2,
    length: 4,
    severity: 'alert',
    text: "it is wrong; did you mean 'bind' maybe ?",
    hint: 'bind',
  });
  assert.equal(findingRecord({ severity: 'warning', text: "Proxy 'f': wrong." }), {
    file: null,
    line: null,
    column: null,
    length: null,
    severity: 'warning',
    text: "Proxy 'f': wrong.",
    hint: null,
  });
});

test.run();
