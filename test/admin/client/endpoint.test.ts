/** Addresses of runtime sockets as people write them. */
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseEndpoint, unreachable } from '../../../src/admin/client/endpoint.js';

const target = (text: string): unknown => {
  const endpoint = parseEndpoint(text);
  return endpoint.ok ? endpoint.value.target : endpoint.message;
};

test('paths, names, ports', () => {
  assert.equal(target('/run/a.sock'), { path: '/run/a.sock' });
  assert.equal(target('./a.sock'), { path: './a.sock' });
  assert.equal(target('run/a.sock'), { path: 'run/a.sock' });
  assert.equal(target('unix@/run/a.sock'), { path: '/run/a.sock' });
  assert.equal(target('abns@lb'), { path: `\0lb${'\0'.repeat(105)}` }, 'the whole of sun_path');
  assert.equal(target('127.0.0.1:9999'), { host: '127.0.0.1', port: 9999 });
  assert.equal(target(':9999'), { host: '127.0.0.1', port: 9999 });
  assert.equal(target('[::]:9999'), { host: '::1', port: 9999 });
  assert.equal(target('ipv4@lb.example:9999'), { host: 'lb.example', port: 9999 });
  assert.match(String(target('localhost')), 'neither a path');
  assert.match(String(target('127.0.0.1:99999')), 'port 99999 is not within');
});

test('what failed is said with what to do', () => {
  const endpoint = { text: '/run/a.sock', target: { path: '/run/a.sock' } };
  const said = (code: string): string => unreachable(endpoint, Object.assign(new Error('text'), { code })).message;
  assert.match(said('ENOENT'), 'stats socket /run/a.sock mode 660 level admin');
  assert.match(said('EACCES'), 'run this as root, or as a member of the group');
  assert.match(said('ECONNREFUSED'), 'nobody listens there');
  assert.match(said('EPIPE'), 'closed the connection without an answer');
  assert.match(said('ECONNRESET'), 'has no descriptors left');
  assert.is(said('EOTHER'), '/run/a.sock: text');
  const file = { text: 'a.cfg', target: { path: fileURLToPath(import.meta.url) } };
  const refused = unreachable(file, Object.assign(new Error('text'), { code: 'ECONNREFUSED' }));
  assert.match(refused.message, 'this file is not a socket');
});

test.run();
