/** Commands are found by their longest name, listed as HAProxy lists them, and guessed at. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Command, type Message, newSession } from '../../src/admin/command.js';
import { COMMANDS } from '../../src/admin/commands/index.js';
import { Registry } from '../../src/admin/registry.js';

const command = (name: string, usage = '', help: string | null = `does ${name}`): Command => ({
  name,
  usage,
  help,
  level: 'user',
  run: () => '',
});
const registry = new Registry([
  command('quit'),
  command('show stat', '[desc|json|no-maint|typed|up]*'),
  command('show servers conn', '[<backend>]'),
  command('show servers state', '[<backend>]'),
  command('set server', '<bk>/<srv> [opts]'),
  command('set weight', '<bk>/<srv>  (DEPRECATED)'),
  command('clear counters', '[all|server <bk>/<srv> [force]]'),
  command('_getsocks', '', null),
  { ...command('debug'), expert: true },
]);
const session = newSession();
const names = (text: string): string[] =>
  text
    .split('\n')
    .slice(1, -1)
    .map((line) => line.slice(2).split(/ {2,}|: /)[0]);

test('the longest name wins, and the rest are arguments', () => {
  const found = registry.find(['show', 'servers', 'state', 'b', 'c'], session);
  assert.is(found?.command.name, 'show servers state');
  assert.equal(found?.words, ['b', 'c']);
  assert.is(registry.find(['show', 'servers'], session), null);
  assert.is(registry.find([], session), null);
  assert.is(registry.find(['_getsocks'], session)?.command.name, '_getsocks');
});

test('what is for experts is not there for others', () => {
  assert.is(registry.find(['debug'], session), null);
  assert.ok(registry.find(['debug'], newSession({ expert: true })));
});

test('the list has HAProxy’s columns and order', () => {
  const help = registry.find(['help'], session)?.command.run({ session, words: [], payload: null, balancer: null as never });
  assert.is(
    (help as Message).text,
    [
      'The following commands are valid at this level:',
      '  clear counters [all|server <bk>/<srv> [force]] : does clear counters',
      '  set server <bk>/<srv> [opts]            : does set server',
      '  set weight <bk>/<srv>  (DEPRECATED)     : does set weight',
      '  show servers conn [<backend>]           : does show servers conn',
      '  show servers state [<backend>]          : does show servers state',
      '  show stat [desc|json|no-maint|typed|up]*: does show stat',
      '  help [<command>]                        : list matching or all commands',
      '  quit                                    : does quit',
      '',
    ].join('\n'),
  );
});

test('an unknown command is answered with the nearest ones, or with all', () => {
  const near = registry.unknown(['show', 'servers', 'stat'], session).text;
  assert.match(near, /^Unknown command: 'show servers stat', but maybe one of the following ones is a better match:\n/);
  assert.equal(names(near), ['show servers state [<backend>]', 'help [<command>]', 'quit']);
  const all = registry.unknown(['zzzzzzzzz'], session).text;
  assert.match(all, /^Unknown command: 'zzzzzzzzz'\. Please enter one of the following commands only:\n/);
  assert.is(names(all).length, 8);
});

test('two commands of one name are a mistake of ours', () => {
  assert.throws(() => new Registry([command('a'), command('a')]), /two commands 'a'/);
  assert.not.throws(() => new Registry(COMMANDS));
});

test.run();
