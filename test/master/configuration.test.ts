/** Finding and reading configuration files, and looking up what they mention. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { configurationFiles, loadConfiguration, UnreadableConfiguration } from '../../src/master/configuration.js';
import { scratchFolder } from '../harness.js';

const LISTEN = 'listen l\n mode tcp\n bind 127.0.0.1:1\n timeout connect 1s\n timeout client 1s\n timeout server 1s\n';

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = scratchFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

test('of a directory the *.cfg that are not hidden, by bytes', () => {
  const folder = folderWith({ 'b.cfg': '', 'a.cfg': '', 'B.cfg': '', '10.cfg': '', '.hidden.cfg': '', 'notes.txt': '' });
  mkdirSync(join(folder, 'sub.cfg'));
  assert.equal(
    configurationFiles([join(folder, 'notes.txt'), folder]),
    ['notes.txt', '10.cfg', 'B.cfg', 'a.cfg', 'b.cfg'].map((name) => join(folder, name)),
  );
});

test('what is not there is named as HAProxy names it', async () => {
  try {
    await loadConfiguration({ paths: ['/nonexistent/x.cfg'], environment: {} });
    assert.unreachable();
  } catch (error) {
    assert.instance(error, UnreadableConfiguration);
    assert.is(
      (error as Error).message,
      'config : Cannot open configuration file/directory /nonexistent/x.cfg : No such file or directory',
    );
  }
});

test('names are looked up once each, in the family they are written in', async () => {
  const asked: string[] = [];
  const folder = folderWith({
    'f.cfg': `${LISTEN} server a web:80\n server b web:81\n server c ipv6@web:80\n server d 10.0.0.1:80 source other\n`,
  });
  const { findings } = await loadConfiguration({
    paths: [folder],
    environment: {},
    lookup: (host, family) => {
      asked.push(`${host} ${family}`);
      return Promise.resolve(family === 6 ? { address: '::1', family: 6 } : { address: '127.0.0.1', family: 4 });
    },
  });
  assert.equal(asked.sort(), ['other 0', 'web 0', 'web 6'], findings.list.map(({ text }) => text).join('\n'));
});

test('-4 asks for IPv4 where the family is open', async () => {
  const asked: number[] = [];
  const folder = folderWith({ 'f.cfg': `${LISTEN} server a web:80\n` });
  await loadConfiguration({
    paths: [folder],
    environment: {},
    ipv4Only: true,
    lookup: (_host, family) => {
      asked.push(family);
      return Promise.resolve({ address: '127.0.0.1', family: 4 });
    },
  });
  assert.equal(asked, [4]);
});

test('users and groups that nobody has are refused, with their place', async () => {
  const folder = folderWith({ 'f.cfg': 'global\n user nosuchuser\n group root\n user root\n' });
  const { findings, plan } = await loadConfiguration({ paths: [join(folder, 'f.cfg')], environment: {} });
  const [finding] = findings.list.filter(({ severity }) => severity === 'alert');
  assert.match(finding.text, /: cannot find user id for 'nosuchuser' \(0:Success\)$/);
  assert.is(finding.place?.line, 2);
  assert.is(plan, null);
});

test('-N is the maxconn of proxies that have none, -L a variable', async () => {
  const folder = folderWith({ 'f.cfg': `${LISTEN}frontend "$HAPROXY_LOCALPEER"\n bind :2\n maxconn 7\nbackend b\n` });
  const { config } = await loadConfiguration({ paths: [folder], environment: {}, proxyMaxconn: 5, localpeer: 'peer1' });
  assert.equal(
    config.proxies.map(({ name, maxconn }) => [name, maxconn?.value]),
    [
      ['l', 5],
      ['peer1', 7],
      ['b', undefined],
    ],
  );
});

test('after a mistake in a line, warnings of what lines say together are left out', async () => {
  const right = folderWith({ 'f.cfg': 'frontend f\n mode tcp\n' });
  const wrong = folderWith({ 'f.cfg': 'frontend f\n mode tcp\n bnid :80\n' });
  const findingsOf = async (folder: string): Promise<string[]> =>
    (await loadConfiguration({ paths: [folder], environment: {} })).findings.list.map(({ text }) => text);
  assert.ok((await findingsOf(right)).some((text) => text.includes("has no 'bind' directive")));
  assert.equal((await findingsOf(wrong)).length, 1);
});

test.run();
