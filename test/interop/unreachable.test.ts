/**
 * A server that a router near by calls unreachable, while the connect is still at work: in the same host, as
 * with containers. The attempt has failed; the session goes to another server.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { TURBO_LB } from '../cli/turbo.js';
import { eventually, scratchFolder } from '../harness.js';
import { Network } from './support/namespaces.js';
import { interop } from './support/peers.js';

const UNREACHABLE = '198.51.100.1';

interop('a server that ICMP calls unreachable is no connected one: another is tried', async (engine) => {
  const network = new Network({ router: 1, balancer: 2 });
  try {
    await network.run('router', 'sysctl', '-w', 'net.ipv4.ip_forward=1');
    await network.run('router', 'ip', 'route', 'add', 'unreachable', UNREACHABLE);
    await network.run('balancer', 'ip', 'route', 'add', `${UNREACHABLE}/32`, 'via', '192.0.2.1');
    await network.start('balancer', 'socat', ['TCP-LISTEN:9000,fork,reuseaddr', 'EXEC:cat']);
    const file = join(scratchFolder(), 'lb.cfg');
    writeFileSync(
      file,
      `global
  tune.io-engine ${engine}
  nbthread 1
defaults
  mode tcp
  log stdout format raw local0
  option tcplog
  option redispatch 1
  retries 2
  timeout connect 500ms
  timeout client 20s
  timeout server 20s
listen l
  bind 127.0.0.1:8000
  server s1 ${UNREACHABLE}:9000
  server s2 127.0.0.1:9000
`,
    );
    const balancer = await network.start('balancer', process.execPath, [TURBO_LB, '-db', '-V', '-f', file], {
      readyWhen: /listening on/,
    });
    const client = await network.run('balancer', 'sh', '-c', 'echo hello | socat -t 10 - TCP:127.0.0.1:8000');
    assert.is(client.stdout, 'hello\n', balancer.output);
    await eventually('it leaves a line', () => / l l\/s2 \S+ 6 -- \S+\/\+1 /.test(balancer.stdout));
  } finally {
    network.remove();
  }
});

test.run();
