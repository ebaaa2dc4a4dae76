/** Proxies as they begin. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { newProxy } from '../../src/config/proxy.js';

const PLACE = { file: 'f.cfg', line: 1, column: 1, length: 1 };

test('nothing that a proxy changes reaches its defaults', () => {
  const defaults = newProxy('defaults', '', PLACE, null);
  defaults.logs = [];
  defaults.timeouts.set('client', { value: 5, place: PLACE });
  const proxy = newProxy('frontend', 'f', PLACE, defaults);
  const before = structuredClone(defaults);
  proxy.timeouts.set('client', { value: 6, place: PLACE });
  proxy.options.set('tcpka', { value: true, place: PLACE });
  proxy.rules.connection.push({ action: { kind: 'accept' }, condition: null, place: PLACE });
  proxy.acls.set('a', { name: 'a', tests: [], used: false, place: PLACE });
  proxy.httpOnly.push({ keyword: 'x', place: PLACE });
  proxy.mode = { value: 'http', place: PLACE };
  assert.equal(defaults, before);
  assert.is.not(proxy.logs, defaults.logs);
});

test('names, descriptions, ids and tables are no defaults', () => {
  const defaults = newProxy('defaults', 'd', PLACE, null);
  defaults.description = { value: 'x', place: PLACE };
  defaults.id = { value: 5, place: PLACE };
  const proxy = newProxy('listen', 'l', PLACE, defaults);
  assert.is(proxy.kind, 'listen');
  assert.is(proxy.name, 'l');
  assert.is(proxy.description, undefined);
  assert.is(proxy.id, undefined);
});

test('ACLs of a defaults section are for its own rules: proxies do not see them', () => {
  const defaults = newProxy('defaults', 'd', PLACE, null);
  defaults.acls.set('local', { name: 'local', tests: [], used: false, place: PLACE });
  assert.is(newProxy('frontend', 'f', PLACE, defaults).acls.size, 0);
});

test.run();
