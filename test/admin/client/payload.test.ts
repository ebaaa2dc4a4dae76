/** Lines behind `<<`. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { takesPayload, withPayload } from '../../../src/admin/client/payload.js';

test('what takes a payload', () => {
  assert.is(takesPayload('add map x <<'), true);
  assert.is(takesPayload('set ssl cert x.pem <<%EOF%'), true);
  assert.is(takesPayload('add map x a b'), false);
  assert.is(takesPayload('show map <<x y'), false);
});

test('an empty line ends a payload, unless another word does', () => {
  assert.is(withPayload('add map x <<', 'a 1\n\nb 2\n\n'), 'add map x <<\na 1\nb 2\n');
  assert.is(withPayload('add map x <<', ''), 'add map x <<\n');
  assert.is(withPayload('set ssl cert x <<%E%', 'a\n\nb\n'), 'set ssl cert x <<%E%\na\n\nb\n%E%');
});

test.run();
