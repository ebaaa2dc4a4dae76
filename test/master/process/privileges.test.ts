/** Giving up root and the view of the file system, in processes of their own: it cannot be taken back. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { userGroupId, userId } from '../../../src/kernel/users.js';
import { identityOf, rootWarnings } from '../../../src/master/process/privileges.js';
import { StartError } from '../../../src/master/start-error.js';
import { runProcess, scratchFolder } from '../../harness.js';

const MODULE = new URL('../../../src/master/process/privileges.js', import.meta.url).href;

/** Runs code in another process, with the functions under test in reach; answers what it prints. */
async function apart(code: string): Promise<string> {
  const script = `import { giveUpPrivileges, identityOf } from '${MODULE}'; import { readdirSync } from 'node:fs'; ${code}`;
  const { stdout, stderr, code: exit } = await runProcess(process.execPath, ['--input-type=module', '-e', script]);
  assert.is(exit, 0, stderr);
  return stdout.trim();
}

test('the process becomes another user and group, in all of its threads, without other groups', async () => {
  const said = await apart(`
    giveUpPrivileges(null, identityOf({ user: 'nobody', group: 'daemon' }));
    const { Worker } = await import('node:worker_threads');
    const code = 'require("node:worker_threads").parentPort.postMessage(require("node:fs").readFileSync("/proc/thread-self/status", "utf8"))';
    const status = await new Promise((resolve) => new Worker(code, { eval: true, execArgv: [] }).once('message', resolve));
    console.log(process.getuid(), process.getgid(), JSON.stringify(process.getgroups()), /Uid:\\s+(\\d+)/.exec(status)[1]);`);
  const nobody = userId('nobody');
  const daemon = userGroupId('daemon');
  assert.is(said, `${nobody} ${daemon} [${daemon}] ${nobody}`);
});

test('other groups are given up also by who has the right group already', async () => {
  const said = await apart(`
    process.setgroups([0, 4]);
    process.setgid('daemon');
    const kept = giveUpPrivileges(null, identityOf({ user: 'nobody', group: 'daemon' }));
    console.log(kept, JSON.stringify(process.getgroups()));`);
  assert.is(said, `null [${userGroupId('daemon')}]`);
});

test('groups that the system does not let go are said', async () => {
  const said = await apart(`
    process.setgroups([4]);
    process.setgid(1);
    process.setuid(1);
    console.log(giveUpPrivileges(null, { uid: 1, gid: 1 }), JSON.stringify(process.getgroups().sort()));`);
  assert.match(said, /^\[turbo-lb\.main\(\)\] Failed to drop supplementary groups 4\. .* \[1,4\]$/);
});

test('a master keeps the rights to read any file, to bind any port and to chroot workers, and is alone with them', async () => {
  const said = await apart(`
    const { readFileSync } = await import('node:fs');
    const { Worker } = await import('node:worker_threads');
    const kept = (status) => [/CapEff:\\s+(\\w+)/, /CapPrm:\\s+(\\w+)/, /CapInh:\\s+(\\w+)/].map((set) => parseInt(set.exec(status)[1], 16));
    const asks = 'const {parentPort} = require("node:worker_threads"); parentPort.postMessage("there"); parentPort.once("message", () => { parentPort.postMessage(require("node:fs").readFileSync("/proc/thread-self/status", "utf8")) })';
    const early = new Worker(asks, { eval: true, execArgv: [] });
    await new Promise((resolve) => early.once('message', resolve));
    giveUpPrivileges(null, identityOf({ user: 'nobody', group: 'daemon' }), true);
    early.postMessage('how are you');
    const status = await new Promise((resolve) => early.once('message', resolve));
    console.log(JSON.stringify([kept(readFileSync('/proc/thread-self/status', 'utf8')), kept(status), process.getuid()]));`);
  const rights = (1 << 2) | (1 << 10) | (1 << 18); // linux/capability.h: CAP_DAC_READ_SEARCH, _NET_BIND_SERVICE, _SYS_CHROOT
  assert.equal(JSON.parse(said), [[rights, rights, 0], [0, 0, 0], userId('nobody')]);
});

test('after chroot the folder is all there is', async () => {
  const folder = scratchFolder();
  writeFileSync(join(folder, 'inside'), '');
  const said = await apart(
    `giveUpPrivileges('${folder}', { uid: null, gid: null }); console.log(process.cwd(), readdirSync('/'));`,
  );
  assert.is(said, "/ [ 'inside' ]");
});

test('numbers are taken as they are, and nothing asked for is nothing done', () => {
  assert.equal(identityOf({ user: '12', group: null }), { uid: 12, gid: null });
});

test('a user or group that does not exist is named', () => {
  const names = (pattern: RegExp) => (error: unknown) => error instanceof StartError && pattern.test(error.message);
  assert.throws(() => identityOf({ user: 'no-such', group: null }), names(/user id for 'no-such'/));
  assert.throws(() => identityOf({ user: null, group: 'no-such' }), names(/group id for 'no-such'/));
});

test('what the system refuses is said', async () => {
  const said = await apart(`
    const say = (act) => { try { act(); } catch (error) { console.log(error.constructor.name, error.message); } };
    say(() => giveUpPrivileges('/no/such/folder', { uid: null, gid: null }));
    giveUpPrivileges(null, { uid: 1, gid: 1 });
    say(() => giveUpPrivileges(null, { uid: 0, gid: null }));`);
  assert.match(
    said,
    /^StartError \[turbo-lb\.main\(\)\] Cannot chroot\(\/no\/such\/folder\): no such file .*\nStartError \[turbo-lb\.main\(\)\] Cannot set uid 0: .*$/,
  );
});

test('who stays root, or sees all files, is warned', () => {
  const about = (life: { chroot: string | null; user: string | null }, uid = 0) =>
    rootWarnings(life, uid).map(
      (text) => /^\[turbo-lb\.main\(\)\] turbo-lb was started as root without any '(\w+)' directive\./.exec(text)?.[1],
    );
  assert.equal(about({ chroot: null, user: null }), ['chroot', 'user']);
  assert.equal(about({ chroot: null, user: 'nobody' }), ['chroot']);
  assert.equal(about({ chroot: '/var/empty', user: 'nobody' }), []);
  assert.equal(about({ chroot: null, user: null }, 1000), []);
});

test.run();
