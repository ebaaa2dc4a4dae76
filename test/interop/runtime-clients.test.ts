/** The tools that people have: scripts as Ansible's module is written, hatop's protocol, hatop itself. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { eventually, freePort, runProcess, scratchFolder, withProcesses } from '../harness.js';
import { type Managed, manage, runtimeConfig } from './support/runtime.js';

const CONFIG = runtimeConfig(
  `
frontend web
  bind 127.0.0.1:{traffic}
  default_backend pool
backend pool
  server one 127.0.0.1:{silent}
  server two 127.0.0.1:{silent}
`,
  { global: ['stats timeout 10s'] },
);

async function started(): Promise<Managed> {
  return manage({ name: 'turbo-lb', engine: 'epoll', workers: 1 }, CONFIG, { silent: await freePort() });
}

/** Runs a Python script with the socket as its argument; what it prints. */
async function python(own: Managed, script: string): Promise<string> {
  const file = join(scratchFolder(), 'client.py');
  writeFileSync(file, script);
  const { code, stdout, stderr } = await runProcess('python3', [file, own.socket]);
  assert.is(code, 0, stderr);
  return stdout;
}

const ANSIBLE = `
import csv, socket, sys
def execute(command):
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.connect(sys.argv[1])
    client.sendall((command + '\\n').encode())
    result = b''
    buffer = client.recv(1024)
    while buffer:
        result += buffer
        buffer = client.recv(1024)
    client.close()
    return result.decode()
def rows():
    return list(csv.DictReader(execute('show stat').lstrip('# ').split('\\n')))
def state(name):
    return [(row['status'], row['weight']) for row in rows() if row['pxname'] == 'pool' and row['svname'] == name][0]
version = [line for line in execute('show info').split('\\n') if line.startswith('Version:')][0].split(':')[1].strip()
assert [int(part) for part in version.split('.')[:2]] >= [1, 5], version
print(state('one'))
execute('get weight pool/one; disable server pool/one; disable health pool/one; disable agent pool/one; shutdown sessions server pool/one')
assert 'MAINT' in state('one')[0]
print(state('one'))
execute('get weight pool/one; enable server pool/one; set weight pool/one 20')
print(state('one'))
execute('set server pool/two state drain')
assert 'DRAIN' in state('two')[0]
print(state('two'))
`;

const HATOP = `
import socket, sys
client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
client.settimeout(10)
client.connect(sys.argv[1])
def ask(command):
    client.sendall((command + '\\n').encode())
    answer = b''
    while not answer.endswith(b'> '):
        piece = client.recv(4096)
        assert piece, answer
        answer += piece
    return answer.decode()
ask('prompt')
ask('set timeout cli 60')
info = dict(line.split(': ', 1) for line in ask('show info').split('\\n') if ': ' in line)
for name in ['Name', 'Version', 'Release_date', 'Nbproc', 'Process_num', 'Pid', 'Uptime', 'Maxconn', 'CurrConns', 'Maxpipes', 'PipesUsed', 'Tasks', 'Run_queue', 'node']:
    assert name in info, name
stat = ask('show stat')
print(len([line for line in stat.split('\\n') if line.startswith('pool,')]), len(stat.split('\\n')[0].split(',')) > 50)
print(ask('disable server pool/one').strip())
`;

test('a script as Ansible’s module is', () =>
  withProcesses(async () => {
    const own = await started();
    assert.is(await python(own, ANSIBLE), "('no check', '1')\n('MAINT', '1')\n('no check', '20')\n('DRAIN', '1')\n");
  }));

test('the protocol that hatop speaks', () =>
  withProcesses(async () => {
    const own = await started();
    assert.is(await python(own, HATOP), '3 True\n>\n');
  }));

test('hatop on a terminal', () =>
  withProcesses(async () => {
    const own = await started();
    const tmux = (...words: string[]): ReturnType<typeof runProcess> =>
      runProcess('tmux', ['-L', `hatop-${own.process.pid}`, ...words]);
    await tmux('new-session', '-d', '-x', '160', '-y', '40', `TERM=screen hatop -s ${own.socket} 2>&1; sleep 30`);
    try {
      await eventually('it shows the servers', async () => {
        const { stdout } = await tmux('capture-pane', '-p');
        return /\bpool\b/.test(stdout) && /\bone\b/.test(stdout) && /\btwo\b/.test(stdout);
      });
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${(await tmux('capture-pane', '-p')).stdout}`);
    } finally {
      await tmux('kill-server');
    }
  }));

test.run();
