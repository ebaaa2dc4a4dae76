/** The choice of a backend: by rules, by contents, by names that a format yields, by SNI of a real TLS client. */
import { once } from 'node:events';
import { connect, createServer } from 'node:tls';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { defaultServer } from '../../src/plan/plan.js';
import { freePort, runProcess, scratchFolder } from '../harness.js';
import { planBalance } from './support/balancers.js';
import { type Situation, same } from './support/differential.js';
import { type Ends, ending } from './support/ends.js';
import { dial, interop, named, serve } from './support/peers.js';
import { fetch, PlanMaker, rule, rules, type Wishes } from './support/plans.js';

const DELAY_MS = 300;
const LONG_MS = 20_000;

/** A backend without servers: whoever comes there is logged with its name. */
const EMPTY = ['backend other', '  mode tcp'];

async function nobody({ client }: Ends): Promise<string[]> {
  return [await ending(client)];
}

async function complete({ client, server }: Ends): Promise<string[]> {
  const peer = await server();
  client.socket.end('!'); // HAProxy resets a server that has heard nothing
  await peer.hearsEnd();
  peer.socket.end('bye');
  return [await ending(client), await ending(peer)];
}

const situations: Readonly<Record<string, Situation>> = {
  'use_backend without a condition': {
    lines: ['use_backend other'],
    sections: EMPTY,
    traffic: nobody,
  },
  'the first use_backend whose condition holds': {
    lines: ['use_backend third if { req.len gt 100000 }', 'use_backend other if TRUE'],
    sections: [...EMPTY, 'backend third', '  mode tcp'],
    traffic: nobody,
  },
  'a name that a format yields': {
    lines: ['use_backend %[str(other)]'],
    sections: EMPTY,
    traffic: nobody,
  },
  'a name that nobody has leads to the default': {
    lines: ['use_backend %[str(nobody)]', 'use_backend other if TRUE'],
    sections: EMPTY,
    traffic: complete,
  },
  'contents that rules have waited for': {
    lines: [
      `tcp-request inspect-delay ${LONG_MS}`,
      'tcp-request content accept if { req.len ge 2 }',
      'use_backend other if { req.payload(0,2) -m str ot }',
    ],
    sections: EMPTY,
    traffic: async (ends) => {
      ends.client.socket.write('other');
      return nobody(ends);
    },
  },
  'the rules of the backend follow those of the frontend, with a delay of their own': {
    lines: [`tcp-request inspect-delay ${DELAY_MS}`, 'tcp-request content accept if { req.len ge 100 }', 'use_backend other'],
    sections: [
      'backend other',
      '  mode tcp',
      `  tcp-request inspect-delay ${LONG_MS}`,
      '  tcp-request content accept if { req.len ge 100 }',
      '  tcp-request content reject if { req.payload(0,2) -m str no }',
    ],
    traffic: async (ends) => {
      ends.client.socket.write('n');
      await new Promise((resolve) => setTimeout(resolve, 2 * DELAY_MS));
      ends.client.socket.end('o');
      return nobody(ends);
    },
  },
};

for (const [name, situation] of Object.entries(situations)) interop(name, (engine) => same(engine, situation));

interop('without any backend the session ends as one without a server', async (engine) => {
  const port = await freePort();
  await planBalance(new PlanMaker().plan(engine, port, 1, { frontend: { defaultBackend: -1 } }), port);
  const client = await dial(port);
  assert.is(await ending(client), '"" end');
});

/** A key and a certificate of its own. */
async function certificate(): Promise<{ key: string; cert: string }> {
  const folder = scratchFolder();
  const script = `openssl req -x509 -newkey rsa:2048 -nodes -keyout ${folder}/k -out ${folder}/c -days 2 -subj /CN=test 2>/dev/null && cat ${folder}/k ${folder}/c`;
  const { stdout } = await runProcess('sh', ['-c', script]);
  return { key: stdout, cert: stdout };
}

interop('the SNI of a TLS client chooses the backend, and TLS passes through', async (engine) => {
  const secrets = await certificate();
  const servers = ['a', 'b'].map((name) => createServer(secrets, (socket) => socket.end(`server ${name}`)));
  for (const server of servers) await once(server.listen(0, '127.0.0.1'), 'listening');
  const [a, b] = servers.map((server) => (server.address() as { port: number }).port);
  const port = await freePort();
  const make = new PlanMaker();
  const wishes: Wishes = {
    others: [{ name: 'b', servers: [defaultServer('b', 1, { family: 'ipv4', host: '127.0.0.1', port: b }, 1)] }],
    frontend: {
      rules: rules({
        content: [rule('accept', make.when(fetch('req.ssl_hello_type'), 'int', '1')), rule('reject')],
        requestInspectDelayMs: LONG_MS,
      }),
      useBackends: [{ backend: 1, condition: make.when(fetch('req.ssl_sni'), 'str', 'b.example') }],
    },
  };
  await planBalance(make.plan(engine, port, a, wishes), port);
  for (const name of ['a', 'b']) {
    const socket = connect({ port, host: '127.0.0.1', servername: `${name}.example`, rejectUnauthorized: false });
    const [data] = await once(socket, 'data');
    assert.is(String(data), `server ${name}`);
    socket.destroy();
  }
  const plain = await dial(port);
  plain.socket.write('GET / HTTP/1.0\r\n\r\n');
  assert.is(await ending(plain), '"" end');
  for (const server of servers) server.close();
});

interop('rules of several frontends do not concern each other', async (engine) => {
  const listener = await serve(named('one'));
  const [port, second] = [await freePort(), await freePort()];
  const make = new PlanMaker();
  const plan = make.plan(engine, port, listener.port, { frontend: { rules: rules({ connection: [rule('reject')] }) } });
  const [frontend] = plan.frontends;
  const bind = { ...frontend.binds[0], address: { family: 'ipv4', host: '127.0.0.1', port: second } as const };
  const free = { ...frontend, name: 'free', id: 9, binds: [bind], rules: rules({}) };
  await planBalance({ ...plan, frontends: [frontend, free] }, port);
  const refused = await dial(port).then(
    (client) => client.closed,
    (error: NodeJS.ErrnoException) => error.code,
  );
  assert.is(refused, 'ECONNRESET');
  await (await dial(second)).hears('one');
});

test.run();
