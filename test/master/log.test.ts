/** The form of messages on standard error, against HAProxy's own lines. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Log } from '../../src/master/log.js';

function collect(isTTY: boolean, environment: NodeJS.ProcessEnv = {}): { log: Log; text: () => string } {
  let written = '';
  const sink = { isTTY, write: (text: string) => (written += text) };
  return { log: new Log(sink, 6810, environment), text: () => written };
}

test('the tag with its padding takes eleven columns', () => {
  const { log, text } = collect(false);
  log.notice('one');
  log.warning('two');
  log.alert('three');
  assert.is(text(), '[NOTICE]   (6810) : one\n[WARNING]  (6810) : two\n[ALERT]    (6810) : three\n');
});

test('further lines of a message are marked', () => {
  const { log, text } = collect(false);
  log.warning('missing timeouts.\nSet them.');
  assert.is(text(), '[WARNING]  (6810) : missing timeouts.\n   | Set them.\n');
});

test('only a terminal gets colour, and not one that wants none', () => {
  const terminal = collect(true);
  terminal.log.alert('x');
  assert.is(terminal.text(), '\x1b[31m[ALERT]\x1b[0m    (6810) : x\n');
  const plain = collect(true, { NO_COLOR: '1' });
  plain.log.alert('x');
  assert.is(plain.text(), '[ALERT]    (6810) : x\n');
});

test('a notice is plain on a terminal too', () => {
  const { log, text } = collect(true);
  log.notice('x');
  assert.is(text(), '[NOTICE]   (6810) : x\n');
});

test.run();
