/** `-S`: an address and the options of `stats socket`, separated by commas. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { masterSockets } from '../../../src/master/process/master-socket.js';
import { StartError } from '../../../src/master/start-error.js';

test('an address, the level of a master, and options', () => {
  const [socket] = masterSockets('/run/master.sock,mode,600');
  assert.equal(socket.bind.address, { family: 'unix', path: '/run/master.sock', abstract: false });
  assert.equal([socket.level, socket.isMaster, socket.bind.socket.mode], ['admin', true, 0o600]);
  const [tcp] = masterSockets('127.0.0.1:1234,level,user');
  assert.equal([tcp.bind.address, tcp.level], [{ family: 'ipv4', host: '127.0.0.1', port: 1234 }, 'user']);
});

test('what is wrong names the option', () => {
  const names = (pattern: RegExp) => (error: unknown) => error instanceof StartError && pattern.test(error.message);
  assert.throws(() => masterSockets('127.0.0.1'), names(/^-S 127\.0\.0\.1: .*missing port/));
  assert.throws(() => masterSockets('/run/m,levle,user'), names(/^-S \/run\/m,levle,user: .*levle/));
});

test.run();
