/** Users and groups by name, compared with what id(1) says. */
import { execFileSync } from 'node:child_process';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { groupId, userGroupId, userId } from '../../src/kernel/users.js';

const id = (...args: string[]): string => execFileSync('id', args, { encoding: 'utf8' }).trim();

test('the numbers that id(1) knows', () => {
  for (const name of ['root', 'daemon', 'nobody']) {
    assert.is(userId(name), Number(id('-u', name)));
    assert.is(userGroupId(name), Number(id('-g', name)));
    const group = id('-gn', name);
    assert.is(groupId(group), Number(id('-g', name)));
  }
});

test('nobody of that name', () => {
  assert.is(userId('no-such-user'), null);
  assert.is(userGroupId('no-such-user'), null);
  assert.is(groupId('no-such-group'), null);
});

test.run();
