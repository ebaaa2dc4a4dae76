/** Servers that move while traffic goes on: every worker follows at once, and sessions stay where they are. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LoadBalancer } from '../../src/master/balancer.js';
import { Log } from '../../src/master/log.js';
import { QUICK_DEFAULTS, quickPlan } from '../../src/plan/quick.js';
import type { EngineChoice } from '../harness.js';
import { dial, interop, named, type Peer, serve } from './support/peers.js';

const PLACE = { backend: 0, server: 0 };

async function balancerTo(engine: EngineChoice, port: number): Promise<{ balancer: LoadBalancer; port: number }> {
  const plan = quickPlan({
    ...QUICK_DEFAULTS,
    binds: [{ address: { family: 'ipv4', host: '127.0.0.1', port: 0 }, origin: '--bind test' }],
    servers: [{ name: 's', address: { family: 'ipv4', host: '127.0.0.1', port }, weight: 1 }],
    ioEngine: engine,
    workers: 2,
    pin: false,
    maxconn: 100,
  });
  const balancer = new LoadBalancer(plan, { log: new Log({ write: () => true }) });
  await balancer.start();
  const [address] = balancer.addresses;
  return { balancer, port: address.family === 'unix' ? 0 : address.port };
}

/** Connections from several addresses, so that both workers get some; which server each of them met. */
async function whereTo(port: number): Promise<{ names: string; peers: Peer[] }> {
  const peers: Peer[] = [];
  for (let i = 0; i < 8; i++) peers.push(await dial({ host: '127.0.0.1', port, localAddress: `127.0.${i}.${7 * i + 1}` }));
  for (const peer of peers) await peer.hears('\n');
  return { names: peers.map(({ heard }) => heard.trim()).join(''), peers };
}

interop('connections go where the server is now, to another family too', async (engine) => {
  const old = await serve(named('a'), { host: '127.0.0.1' });
  const moved = await serve(named('b'), { host: '127.0.0.2', port: old.port });
  const six = await serve(named('c'), { host: '::1' });
  const { balancer, port } = await balancerTo(engine, old.port);
  try {
    const first = await whereTo(port);
    assert.is(first.names, 'aaaaaaaa');
    balancer.serverAddresses.setAddress(PLACE, { ip: { family: 'ipv4', host: '127.0.0.2' } });
    const second = await whereTo(port);
    assert.is(second.names, 'bbbbbbbb');
    balancer.serverAddresses.setAddress(PLACE, { ip: { family: 'ipv6', host: '::1' }, port: { port: six.port, mapped: false } });
    assert.is((await whereTo(port)).names, 'cccccccc');
    balancer.serverAddresses.setAddress(PLACE, {
      ip: { family: 'ipv4', host: '127.0.0.2' },
      port: { port: moved.port - port, mapped: true },
    });
    assert.is((await whereTo(port)).names, 'bbbbbbbb');
    for (const peer of [...first.peers, ...second.peers]) await peer.echoes('still here');
    assert.equal([old.open, moved.open, six.open], [8, 16, 8]);
  } finally {
    await balancer.stop();
  }
});

interop('a server that has lost its address gets nobody until it has one again', async (engine) => {
  const server = await serve(named('a'));
  const { balancer, port } = await balancerTo(engine, server.port);
  const { serverAddresses, serverStates } = balancer;
  try {
    serverStates.setResolved(PLACE, false);
    serverAddresses.setAddress(PLACE, { ip: null });
    const refused = await dial(port);
    assert.is(await refused.over(), 'end');
    serverAddresses.setAddress(PLACE, { ip: { family: 'ipv4', host: '127.0.0.1' } });
    serverStates.setResolved(PLACE, true);
    assert.is((await whereTo(port)).names, 'aaaaaaaa');
    assert.is(server.peers.length, 8);
  } finally {
    await balancer.stop();
  }
});

test.run();
