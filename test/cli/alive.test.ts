/** What counts as serving, and `turbo-lb alive` where nobody answers. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseStat } from '../../src/admin/client/tables.js';
import { notServing } from '../../src/cli/alive.js';
import { madeUpSocket } from '../admin/client/socket.js';
import { turbo } from './turbo.js';

const rows = (...lines: string[]) => parseStat(['# pxname,svname,status,act,bck', ...lines, ''].join('\n'));
const healthy = rows('web,FRONTEND,OPEN,,', 'old,FRONTEND,STOP,,', 'app,s1,UP,1,0', 'app,BACKEND,UP,1,0');

test('serving: a frontend is open, and each backend asked for has a server, if only a backup', () => {
  assert.is(notServing(healthy), null);
  assert.is(notServing(healthy, ['web'], ['app']), null);
  assert.is(notServing(rows('web,FRONTEND,FULL,,', 'app,BACKEND,UP,0,1'), ['web'], ['app']), null);
});

test('not serving: one reason', () => {
  assert.is(notServing(null), "what answers there does not know 'show stat'");
  assert.is(notServing(rows('web,FRONTEND,STOP,,', 'app,BACKEND,UP,1,0')), 'no frontend is open');
  assert.is(notServing(rows('app,BACKEND,UP,1,0')), 'no frontend is open');
  assert.is(notServing(healthy, ['old']), 'frontend old is STOP');
  assert.is(notServing(healthy, ['ftp']), 'there is no frontend ftp');
  assert.is(notServing(healthy, [], ['db']), 'there is no backend db');
  const down = rows('web,FRONTEND,OPEN,,', 'app,BACKEND,DOWN,0,0');
  assert.is(notServing(down), null);
  assert.is(notServing(down, [], ['app']), 'backend app has no usable server');
});

test('exit code 1 and one line where nobody answers, or not in time', async () => {
  const gone = await turbo(['alive', '--socket', '/nonexistent/a.sock']);
  assert.is(gone.code, 1);
  assert.match(gone.stderr, /^turbo-lb: not serving: \/nonexistent\/a\.sock: there is no such socket: .*\n$/);
  const { path, server } = await madeUpSocket(() => undefined);
  const late = await turbo(['alive', '--socket', path, '--timeout', '50']);
  assert.is(late.stderr, `turbo-lb: not serving: ${path}: no complete answer in time\n`);
  assert.is(late.code, 1);
  server.close();
});

test('mistakes are explained as those of every command', async () => {
  const { code, stderr } = await turbo(['alive', '--sockte', '/run/a.sock']);
  assert.is(stderr, "turbo-lb: --sockte: unknown flag; did you mean '--socket' maybe ?\n");
  assert.is(code, 1);
  const time = await turbo(['alive', '--socket', '/run/a.sock', '--timeout', 'soon']);
  assert.match(time.stderr, /^turbo-lb: --timeout soon: unexpected character 's'/);
});

test('whoever asks is no balancer: it does not bear the name', async () => {
  const named = await turbo(['alive', '--socket', '/nonexistent/a.sock'], {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent("process.on('exit',()=>console.log(process.title))")}`,
  });
  assert.is.not(named.stdout.trim(), 'turbo-lb');
});

test.run();
