/** Checks in the languages of real servers: Redis, PostgreSQL, MariaDB, an SMTP server, nginx with and without TLS; as HAProxy finds them. */
import { chmodSync, chownSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { eventually, freePort, isListening, runProcess, scratchFolder, startProcess, withProcesses } from '../harness.js';
import { comparableCheck } from './support/check-lines.js';
import { closeReceivers } from './support/log-receiver.js';
import { type Contender, Run } from './support/twins.js';

/** Databases are slow to begin, the more so beside other tests. */
const READY_MS_MAX = 40_000;
const root = process.getuid?.() === 0;

async function redis(): Promise<number> {
  const port = await freePort();
  await startProcess('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', scratchFolder()], {
    readyWhen: () => isListening(port),
  });
  return port;
}

/** A program that refuses to run as root, by the user that its package made. */
function as(user: string, command: string, args: readonly string[]): [string, string[]] {
  return root ? ['runuser', ['-u', user, '--', command, ...args]] : [command, [...args]];
}

/** A folder for that user. */
async function folderOf(user: string): Promise<string> {
  const folder = join(scratchFolder(), 'data');
  mkdirSync(folder);
  if (!root) return folder;
  const { stdout } = await runProcess('id', ['-u', user]);
  chownSync(folder, Number(stdout), 0);
  for (let parent = join(folder, '..'); parent !== '/tmp' && parent !== '/'; parent = join(parent, '..'))
    chmodSync(parent, 0o755);
  return folder;
}

async function postgresql(): Promise<number> {
  const [version] = readdirSync('/usr/lib/postgresql').sort().reverse();
  const bin = `/usr/lib/postgresql/${version}/bin`;
  const [port, folder] = [await freePort(), await folderOf('postgres')];
  await runProcess(...as('postgres', `${bin}/initdb`, ['-D', folder, '-A', 'trust', '-N', '-U', 'postgres']));
  const settings = ['-p', String(port), '-h', '127.0.0.1', '-k', folder, '-F'];
  await startProcess(...as('postgres', `${bin}/postgres`, ['-D', folder, ...settings]), {
    readyWhen: () => isListening(port),
    readyMsMax: READY_MS_MAX,
  });
  return port;
}

async function mariadb(): Promise<number> {
  const [port, folder] = [await freePort(), await folderOf('mysql')];
  const where = ['--no-defaults', `--datadir=${folder}`];
  const env = { TMPDIR: folder };
  const install = as('mysql', 'mariadb-install-db', [...where, '--auth-root-authentication-method=normal', '--skip-test-db']);
  const installed = await runProcess(...install, { env });
  assert.is(installed.code, 0, installed.stdout + installed.stderr);
  const init = join(folder, 'init.sql');
  writeFileSync(init, "CREATE USER 'checker'@'%';\n");
  chmodSync(init, 0o644);
  const settings = [
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    `--socket=${folder}/s`,
    `--init-file=${init}`,
    '--skip-name-resolve',
  ];
  await startProcess(...as('mysql', 'mariadbd', [...where, ...settings]), {
    env,
    readyWhen: /ready for connections/,
    readyMsMax: READY_MS_MAX,
  });
  return port;
}

/** The SMTP server of Python's own library, or what it came to: RFC 5321 as far as a check speaks it. */
async function smtp(): Promise<number> {
  const port = await freePort();
  const program = [
    'import socketserver, sys',
    'class Mail(socketserver.StreamRequestHandler):',
    '  def handle(self):',
    "    self.wfile.write(b'220 mx.test ESMTP ready\\r\\n')",
    '    for line in self.rfile:',
    "      word = line.split()[0].upper() if line.split() else b''",
    "      if word == b'QUIT': self.wfile.write(b'221 Bye\\r\\n'); return",
    "      self.wfile.write(b'250 mx.test\\r\\n' if word in (b'HELO', b'EHLO') else b'500 what\\r\\n')",
    'socketserver.ThreadingTCPServer.allow_reuse_address = True',
    "socketserver.ThreadingTCPServer(('127.0.0.1', int(sys.argv[1])), Mail).serve_forever()",
  ].join('\n');
  await startProcess('python3', ['-c', program, String(port)], { readyWhen: () => isListening(port) });
  return port;
}

interface Web {
  readonly plain: number;
  readonly tls: number;
  /** Its certificate, which is its own authority. */
  readonly ca: string;
}

async function web(): Promise<Web> {
  const folder = scratchFolder();
  const [plain, tls] = [await freePort(), await freePort()];
  const [key, ca] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  await runProcess('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=web.test'],
    ...['-addext', 'subjectAltName=DNS:web.test', '-keyout', key, '-out', ca],
  ]);
  const file = join(folder, 'nginx.conf');
  writeFileSync(
    file,
    `daemon off; master_process off; pid ${folder}/pid; error_log stderr; events { }
     http { access_log off; client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
       uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
       server { listen 127.0.0.1:${plain}; listen 127.0.0.1:${tls} ssl; ssl_certificate ${ca}; ssl_certificate_key ${key};
         location /well { return 200 "all is well"; } location /ill { return 503; } location / { return 404; } } }`,
  );
  await startProcess('nginx', ['-p', folder, '-c', file], { readyWhen: () => isListening(plain) && isListening(tls) });
  return { plain, tls, ca };
}

interface Peers {
  readonly redis: number;
  readonly postgresql: number;
  readonly mariadb: number;
  readonly smtp: number;
  readonly web: Web;
}

const BACKENDS = ({ redis: r, postgresql: p, mariadb: m, smtp: s, web: w }: Peers): readonly (readonly string[])[] => [
  ['option redis-check', `server s 127.0.0.1:${r} check`],
  [
    ...['option tcp-check', 'tcp-check connect', 'tcp-check send PING\\r\\n', 'tcp-check expect string +PONG'],
    ...['tcp-check send info\\ replication\\r\\n', 'tcp-check expect string role:master', 'tcp-check send QUIT\\r\\n'],
    ...['tcp-check expect string +OK', `server s 127.0.0.1:${r} check`],
  ],
  [
    'option tcp-check',
    'tcp-check send info\\ replication\\r\\n',
    'tcp-check expect string role:slave',
    `server s 127.0.0.1:${r} check`,
  ],
  ['option pgsql-check user postgres', `server s 127.0.0.1:${p} check`],
  ['option mysql-check user checker', `server s 127.0.0.1:${m} check`],
  ['option mysql-check user nobody', `server s 127.0.0.1:${m} check`],
  ['option mysql-check', `server s 127.0.0.1:${m} check`],
  ['option smtpchk', `server s 127.0.0.1:${s} check`],
  ['option smtpchk EHLO me.test', `server s 127.0.0.1:${s} check`],
  ['option smtpchk', `server s 127.0.0.1:${w.plain} check`],
  ['option httpchk GET /well', `server s 127.0.0.1:${w.plain} check`],
  ['option httpchk GET /ill', `server s 127.0.0.1:${w.plain} check`],
  ['option httpchk GET /well', 'http-check expect string well', `server s 127.0.0.1:${w.plain} check`],
  [
    ...[
      'option httpchk',
      'http-check send meth GET uri /well ver HTTP/1.1 hdr Host web.test',
      'http-check expect rstring ^all.is',
    ],
    `server s 127.0.0.1:${w.tls} check check-ssl check-sni web.test verify required ca-file ${w.ca}`,
  ],
  ['option httpchk GET /well', `server s 127.0.0.1:${w.tls} check check-ssl verify none`],
  ['option httpchk GET /well', `server s 127.0.0.1:${w.tls} check`],
  [`server s 127.0.0.1:${w.tls} check check-ssl verify none check-alpn http/1.1`],
  [`server s 127.0.0.1:${w.tls} check check-ssl verifyhost web.test ca-file ${w.ca}`],
  [`server s 127.0.0.1:${w.tls} check check-ssl verifyhost other.test ca-file ${w.ca}`],
  // the name that is asked for goes before that of verifyhost
  [`server s 127.0.0.1:${w.tls} check check-ssl check-sni other.test ca-file ${w.ca}`],
  [`server s 127.0.0.1:${w.tls} check check-ssl check-sni other.test verifyhost web.test ca-file ${w.ca}`],
  [`server s 127.0.0.1:${w.tls} check check-ssl check-sni web.test verifyhost other.test ca-file ${w.ca}`],
  [
    ...['option tcp-check', 'tcp-check connect ssl sni other.test'],
    `server s 127.0.0.1:${w.tls} check verify required ca-file ${w.ca}`,
  ],
  [`server s 127.0.0.1:${w.plain} check check-ssl verify none`],
  ['option ssl-hello-chk', `server s 127.0.0.1:${w.tls} check`],
  ['option ldap-check', `server s 127.0.0.1:${r} check`],
];

async function firstResults(contender: Contender, backends: readonly (readonly string[])[]): Promise<string[]> {
  const run = await Run.begin(contender);
  await run.start(`
    global
      log 127.0.0.1:${run.log.port} len 1024 format raw local0
    defaults
      mode tcp
      log global
      option log-health-checks
      timeout connect 3s
      timeout client 5s
      timeout server 5s
      timeout check 3s
      default-server inter 3s rise 1 fall 1
    listen front
      bind 127.0.0.1:${await run.port('front')}
      server x 127.0.0.1:1
    ${backends.map((lines, i) => [`backend b${i}`, ...lines].join('\n  ')).join('\n')}
    `);
  const first = (i: number): string | undefined =>
    run.log.lines.find((line) => line.startsWith(`Health check for server b${i}/s `));
  await eventually('all have a result', () => backends.every((_, i) => first(i) !== undefined));
  return backends.map((lines, i) => `${lines[0]}: ${comparableCheck(first(i) ?? '')}`);
}

test('what checks say of real servers', () =>
  withProcesses(async () => {
    const [r, p, m, s, w] = await Promise.all([redis(), postgresql(), mariadb(), smtp(), web()]);
    const backends = BACKENDS({ redis: r, postgresql: p, mariadb: m, smtp: s, web: w });
    const theirs = await firstResults({ name: 'haproxy' }, backends);
    assert.equal(await firstResults({ name: 'turbo-lb', engine: 'epoll', workers: 1 }, backends), theirs);
  }).finally(closeReceivers));

test.run();
