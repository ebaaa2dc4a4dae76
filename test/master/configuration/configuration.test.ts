/** Finding and reading configuration files, and looking up what they mention. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  configurationFiles,
  loadConfiguration,
  UnreadableConfiguration,
} from '../../../src/master/configuration/configuration.js';
import { scratchFolder } from '../../harness.js';

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

test('the system is asked for names of servers where init-addr says so, and no state file knows better', async () => {
  const asked: string[] = [];
  const header =
    '# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight ' +
    'srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state ' +
    'bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord';
  const folder = folderWith({ states: `1\n${header}\n2 l 1 s 10.0.0.9 2 0 1 1 5 6 3 4 6 0 0 0 saved 80 -\n` });
  const file = folderWith({
    'f.cfg': `global\n server-state-file ${folder}/states\n${LISTEN}
 load-server-state-from-file global
 server s saved:80
 server plain plain:80
 server none none:80 init-addr last,none
 server address address:80 init-addr 10.0.0.7,libc
 server late late:80 init-addr none,libc
 server libc libc:80 init-addr libc,last
 server-template t 2 template:80 init-addr none\n`,
  });
  const { plan } = await loadConfiguration({
    paths: [file],
    environment: {},
    lookup: (host) => {
      asked.push(host);
      return Promise.resolve({ address: '127.0.0.1', family: 4 });
    },
  });
  assert.equal(asked.sort(), ['libc', 'plain']);
  assert.is(plan?.backends[0].servers[0].unresolved, false);
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

test('devices without an end, and folders without a file, are refused', async () => {
  const refusal = (path: string): Promise<string> =>
    loadConfiguration({ paths: [path], environment: {} }).then(
      () => 'none',
      (error: Error) => error.message,
    );
  assert.is(await refusal('/dev/zero'), 'config : Cannot open configuration file/directory /dev/zero : File too large');
  const empty = folderWith({ '.hidden.cfg': LISTEN, 'other.txt': LISTEN });
  assert.is(await refusal(empty), `config : there is no file *.cfg in ${empty}`);
  const folder = folderWith({ 'f.cfg': `${LISTEN} tcp-request content accept if { src -f /dev/zero }\n` });
  const { findings } = await loadConfiguration({ paths: [folder], environment: {} });
  assert.ok(findings.list.some(({ text }) => text.endsWith('failed to open pattern file </dev/zero> : File too large.')));
});

test('users and groups that nobody has are refused, with their place', async () => {
  const folder = folderWith({ 'f.cfg': 'global\n user nosuchuser\n group root\n user root\n' });
  const { findings, plan } = await loadConfiguration({ paths: [join(folder, 'f.cfg')], environment: {} });
  const [finding] = findings.list.filter(({ severity }) => severity === 'alert');
  assert.match(finding.text, /: cannot find user id for 'nosuchuser' \(0:Success\)$/);
  assert.is(finding.place?.line, 2);
  assert.is(plan, null);
});

test('so are owners of UNIX sockets', async () => {
  const folder = folderWith({
    'f.cfg': `global\n stats socket /s user nosuchuser group root\n${LISTEN} bind unix@/t user root group nosuchgroup\n`,
  });
  const { findings } = await loadConfiguration({ paths: [join(folder, 'f.cfg')], environment: {} });
  assert.equal(
    findings.list.filter(({ severity }) => severity === 'alert').map(({ text }) => text.replace(/^.*?\] : /, '')),
    [
      "'stats socket' : ''user' : unknown user name 'nosuchuser''",
      "'bind unix@/t' in section 'listen' : 'group' : unknown group name 'nosuchgroup'",
    ],
  );
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

/** A configuration with files of states, what is said of them, and the addresses that its servers begin with. */
async function withStates(files: Readonly<Record<string, string>>, ...lines: string[]) {
  const folder = folderWith(files);
  const global = `global\n server-state-base ${folder}\n`;
  writeFileSync(join(folder, 'f.cfg'), `${global}${lines.join('\n')}\n`);
  const { plan, findings } = await loadConfiguration({ paths: [join(folder, 'f.cfg')], environment: {} });
  const said = findings.list.map(({ text }) => text.replaceAll(folder, ''));
  // the slash at the end of a folder's name says nothing
  writeFileSync(join(folder, 'f.cfg'), `${global.trimEnd()}/\n${lines.join('\n')}\n`);
  const slash = await loadConfiguration({ paths: [join(folder, 'f.cfg')], environment: {} });
  assert.equal(
    slash.findings.list.map(({ text }) => text.replaceAll(folder, '')),
    said,
  );
  const servers = plan?.backends.flatMap((backend) => backend.servers) ?? [];
  return { said, servers, addresses: servers.map(({ address }) => (address.family === 'unix' ? '' : address.host)) };
}

const TIMEOUTS = 'timeout connect 1s\n timeout client 1s\n timeout server 1s\n';
const stateOf = (backend: string, server: string, rest = '2 0 1 1 9 1 0 2 0 0 0 0 x.invalid 80 - 0 0 - - 0') =>
  `2 ${backend} 1 ${server} 10.0.0.9 ${rest}\n`;
const GLOBAL = ` server-state-file all\ndefaults\n load-server-state-from-file global\n ${TIMEOUTS}`;

test('servers begin with the states of a file, and with its addresses where init-addr says so', async () => {
  const all = `1\n${stateOf('b', 's')}${stateOf('b', 't')}${stateOf('b', 'ip')}${stateOf('other', 's')}`;
  const servers =
    'backend b\n server s x.invalid:80\n server t x.invalid:80 init-addr 10.0.0.1\n server ip 10.0.0.2:80\n server u 10.0.0.3:80';
  const { said, servers: plans, addresses } = await withStates({ all }, `${GLOBAL}${servers}`);
  assert.equal(said, []);
  assert.equal(addresses, ['10.0.0.9', '10.0.0.1', '10.0.0.2', '10.0.0.3']);
  assert.equal(
    plans.map(({ saved }) => saved?.sinceChange),
    [9, 9, 9, undefined],
  );
});

test('a file of a backend, by its name or another one', async () => {
  const defaults = `defaults\n load-server-state-from-file local\n ${TIMEOUTS}`;
  const files = { b: `1\n${stateOf('b', 's')}`, mine: `1\n${stateOf('c', 's')}`, d: '2\n' };
  const backend = (name: string, line: string) => `backend ${name}\n ${line}\n server s x.invalid:80 init-addr last,none`;
  const { said, addresses } = await withStates(
    files,
    `${defaults}${backend('b', 'server-state-file-name use-backend-name')}`,
    backend('c', 'server-state-file-name mine'),
    backend('d', 'server-state-file-name'),
    backend('e', 'retries 3'),
    backend('f', 'load-server-state-from-file none'),
  );
  assert.equal(addresses, ['10.0.0.9', '10.0.0.9', '0.0.0.0', '0.0.0.0', '0.0.0.0']);
  assert.equal(said, [
    "config : Proxy 'd': Can't get version of the server state file '/d'.",
    "config : Proxy 'e': Can't open server state file '/e': No such file or directory.",
  ]);
});

test('files of states that are of no use are warned of, once', async () => {
  const backends =
    'backend b\n server s 10.0.0.1:80\nbackend c\n server s 10.0.0.1:80\n server-template v 1 _a._tcp.test resolvers r';
  const text = `${GLOBAL}${backends}\nresolvers r\n nameserver n 127.0.0.1:53`;
  const saidOf = async (all: string | null) => (await withStates(all === null ? {} : { all }, text)).said;
  assert.equal(await saidOf(null), ["config : config: Can't open global server state file '/all': No such file or directory"]);
  assert.equal(await saidOf('nonsense\n'), ["config : config: Can't get version of the global server state file '/all'."]);
  assert.equal(await saidOf('1\n# x\n1 b 1 s\n'), ["config : config: corrupted global server state file '/all' at line 2."]);
  assert.equal(await saidOf(`1\n${stateOf('b', 's', '9 0 1 1 9 1 0 2 0 0 0 0 - 80 - 0 0 - - 0')}`), [
    "config : server-state application failed for server 'b/s', invalid srv_op_state value '9'",
  ]);
  assert.equal(await saidOf(`1\n${stateOf('c', 'v1', '2 0 1 1 9 1 0 2 0 0 0 0 n.test 80 _b._tcp.test 0 0 - - 0')}`), [
    "config : server-state partially applied for server 'c/v1', SRV record mismatch between configuration ('_a._tcp.test') and " +
      "state file ('_b._tcp.test) for server 'v1'. Previous state not applied",
  ]);
  assert.equal(
    (await withStates({}, `defaults\n load-server-state-from-file global\n ${TIMEOUTS}backend b\n server s :80`)).said,
    [
      "config : backend 'b' configured to load server state file from global section 'server-state-file' directive. Unfortunately, " +
        "'server-state-file' is not set!",
    ],
  );
  assert.equal(
    (await withStates({}, 'backend b\n load-server-state-from-file x\n server-state-file-name a b')).said.map(
      (one) => one.split(' : ')[2],
    ),
    [
      "'load-server-state-from-file' expects 'global', 'local' or 'none'. Got 'x'",
      "'server-state-file-name' cannot handle unexpected argument 'b'.",
    ],
  );
});

test.run();
