/** `show stat` and `show info` read by names, whatever the version of who writes them. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseInfo, parseStat } from '../../../src/admin/client/tables.js';

test('columns are found by their names, in any order, with quotes', () => {
  const text = '# svname,pxname,scur,last_chk,new,\ns1,app,3,"a ""quoted"", text",,\nBACKEND,app,,,,\n\n';
  const rows = parseStat(text) ?? [];
  assert.is(rows.length, 2);
  assert.is(rows[0].text('pxname'), 'app');
  assert.is(rows[0].number('scur'), 3);
  assert.is(rows[0].text('last_chk'), 'a "quoted", text');
  assert.is(rows[1].number('scur'), null);
  assert.is(rows[1].text('never-heard-of'), '');
});

test('what is no such table is told apart', () => {
  assert.is(parseStat('Permission denied\n'), null);
  assert.is(parseStat('# name\napp\n'), null);
  assert.is(parseStat(''), null);
});

test('show info', () => {
  const info = parseInfo('Name: HAProxy\nUptime: 0d 0h00m02s\nBuild info: 3.5\nEmpty: \n\n');
  assert.is(info.get('Uptime'), '0d 0h00m02s');
  assert.is(info.get('Build info'), '3.5');
  assert.is(info.get('Empty'), '');
});

test.run();
