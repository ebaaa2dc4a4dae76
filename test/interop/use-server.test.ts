/** `use-server` in files, beside HAProxy: which server the line names, and what is done when it cannot serve. */
import { test } from 'uvu';
import { ending } from './support/ends.js';
import { echo } from './support/peers.js';
import { type LoggedEnds, type Situation, situations } from './support/situations.js';

const SERVERS = ['server a {server}', 'server b {server}', 'server c {server}'];

/** Three sessions, one after the other: without the rules they go to a, b and c. */
async function threeSessions({ client, dial, logged }: LoggedEnds): Promise<readonly string[]> {
  const seen: string[] = [];
  for (let i = 0; i < 3; i++) {
    const peer = i === 0 ? client : await dial();
    await peer.echoes(`hello ${i}`);
    peer.socket.end();
    seen.push(await ending(peer));
    await logged(i + 1);
  }
  return seen;
}

const uses = (...lines: string[]): Situation => ({
  format: '%b/%s %ts %rc',
  lines: [...(lines.some((line) => line.startsWith('server ')) ? [] : SERVERS), ...lines],
  serves: echo,
  traffic: threeSessions,
  logged: 3,
});

situations('use-server', {
  'the first whose condition holds': uses('use-server c if FALSE', 'use-server b if { src 127.0.0.1 }', 'use-server a if TRUE'),
  'unless something holds': uses('use-server b unless { src 127.0.0.1 }', 'use-server c unless FALSE'),
  'none that holds': uses('use-server c if { src 192.0.2.1 }'),
  'by what the client says': uses(
    'tcp-request inspect-delay 5s',
    'tcp-request content accept if { req.len gt 6 }',
    'use-server c if { req.payload(6,1) -m str 0 }',
    'use-server a if { req.payload(6,1) -m str 1 }',
    'use-server b if { req.payload(6,1) -m str 2 }',
  ),
  'a name that a format yields': uses('use-server %[str(c)] if TRUE'),
  'a name that nobody has': uses('use-server %[str(nobody)] if TRUE', 'use-server b if TRUE'),
  'a server that is disabled': uses(
    'server a {server}',
    'server b {server} disabled',
    'use-server b if TRUE',
    'use-server a if TRUE',
  ),
  'a server of weight 0': uses('server a {server}', 'server b {server} weight 0', 'use-server b if TRUE'),
  'a backup': uses('server a {server}', 'server b {server} backup', 'use-server b if TRUE'),
  'a server that refuses': uses(
    'server a {server}',
    'server b {nobody}',
    'use-server b if TRUE',
    'option redispatch',
    'retries 2',
  ),
  'before the stick table': uses(
    'stick-table type ip size 100 expire 1m',
    'stick on src',
    'use-server c if { src_conn_cur ge 100 }',
    'use-server b if { src 127.0.0.1 }',
  ),
  'in every balance': uses('balance source', 'use-server b if TRUE'),
});

test.run();
