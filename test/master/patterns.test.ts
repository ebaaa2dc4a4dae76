/** Patterns changed while a balancer runs: rules find them in every worker, also in one that takes the place of a dead one. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Patterns } from '../../src/master/patterns.js';
import type { Plan } from '../../src/plan/plan.js';
import { type EngineChoice, eventually, freePort } from '../harness.js';
import { dial, echo, interop, serve } from '../interop/support/peers.js';
import { mortal, planFor } from './support/running.js';

/** What becomes of so many clients that nobody tells apart: the kernel spreads them over the workers. */
async function fates(port: number, clients = 20): Promise<string[]> {
  const fate = async (): Promise<string> => {
    const peer = await dial(port);
    peer.socket.write('x');
    await eventually('it was served or turned away', () => peer.bytes > 0 || peer.sawEnd || peer.error !== '');
    peer.socket.destroy();
    return peer.bytes > 0 ? 'served' : 'turned away';
  };
  return [...new Set(await Promise.all(Array.from({ length: clients }, fate)))];
}

async function guarded(engine: EngineChoice): Promise<{ readonly plan: Plan; readonly port: number }> {
  const server = await serve(echo);
  const port = await freePort();
  const lines = ['acl bad src 192.0.2.1', 'tcp-request connection reject if bad', `server s ${server.address}`];
  return { plan: planFor(engine, `listen l\n  bind 127.0.0.1:${port}\n  ${lines.join('\n  ')}\n`), port };
}

interop('patterns of a line, changed: rules of all workers find them, and a new worker knows nothing else', async (engine) => {
  const { plan, port } = await guarded(engine);
  await mortal(plan, async (balancer, strike) => {
    assert.equal(await fates(port), ['served']);
    const [bad] = balancer.patterns.references;
    await bad.add(null, [['127.0.0.0/8', '']]);
    assert.equal(await fates(port), ['turned away']);
    await strike();
    assert.equal(await fates(port), ['turned away'], 'from its first client on');
    await bad.remove(({ key }) => key === '127.0.0.0/8');
    assert.equal(await fates(port), ['served']);
    await strike();
    assert.equal(await fates(port), ['served']);
    await bad.add(null, [['127.0.0.0/8', '']]);
    assert.equal(await fates(port), ['turned away'], 'numbers of entries go on');
  });
});

interop('a worker that dies while another content is on its way ends with the new one', async (engine) => {
  const { plan, port } = await guarded(engine);
  await mortal(plan, async (balancer, strike) => {
    const [bad] = balancer.patterns.references;
    const version = bad.prepare();
    const many = Array.from({ length: 20_000 }, (_, i) => [`192.0.${i >> 8}.${i & 255}`, ''] as const);
    await bad.add(version, [...many, ['127.0.0.1', '']]);
    const committed = bad.commit(version);
    await Promise.all([committed, strike()]);
    assert.equal(await fates(port), ['turned away']);
    assert.is(bad.entries.length, many.length + 1);
  });
});

test('versions that nobody commits have a bound: the oldest is forgotten', async () => {
  const plan = planFor(
    'epoll',
    'listen l\n  bind 127.0.0.1:1\n  acl bad src 192.0.2.1\n  tcp-request connection reject if bad\n',
  );
  const [bad] = new Patterns(plan, () => Promise.resolve()).references;
  for (let version = 1; version <= 101; version++) assert.is(bad.prepare(), version);
  assert.equal([bad.version(1), bad.version(2)], [null, []]);
  assert.equal([await bad.commit(1), await bad.commit(101), await bad.commit(2)], [false, true, false]);
});

interop('a reload begins with what the file says', async (engine) => {
  const { plan, port } = await guarded(engine);
  await mortal(plan, async (balancer, strike) => {
    await balancer.patterns.references[0].add(null, [['127.0.0.0/8', '']]);
    assert.equal(await fates(port), ['turned away']);
    await balancer.reload(plan);
    assert.equal(await fates(port), ['served']);
    await strike();
    assert.equal(await fates(port), ['served']);
  });
});

/** The plan with a long list: the last of its entries is the client's address. */
function withLongList(plan: Plan, length: number): Plan {
  const others = Array.from({ length: length - 1 }, (_, i) => [`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, ''] as const);
  const entries = [...others, ['127.0.0.1', ''] as const];
  return { ...plan, patternLists: plan.patternLists.map((list) => ({ ...list, entries })) };
}

interop('a long list comes with a reload, whole and in its order, to all workers and to one that is new', async (engine) => {
  const { plan, port } = await guarded(engine);
  const long = withLongList(plan, 1203);
  await mortal(plan, async (balancer, strike) => {
    for (let i = 0; i < 2; i++) {
      assert.equal(await balancer.reload(long), []);
      assert.equal(await fates(port), ['turned away']);
      await balancer.patterns.references[0].remove(({ key }) => key === '10.0.1.244'); // the first of the second part
      assert.equal(await fates(port), ['turned away']);
      await balancer.patterns.references[0].remove(({ key }) => key === '127.0.0.1');
      assert.equal(await fates(port), ['served']);
      assert.equal(await balancer.reload(long), []);
      await strike();
      assert.equal(await fates(port), ['turned away']);
      assert.equal(await balancer.reload(plan), []);
      assert.equal(await fates(port), ['served']);
    }
  });
});

interop(
  'a worker that dies while a long list is on its way with a reload leaves the plan in force, or the new one',
  async (engine) => {
    const { plan, port } = await guarded(engine);
    const long = withLongList(plan, 50_000);
    await mortal(plan, async (balancer, strike) => {
      const reloaded = balancer.reload(long).then(
        () => true,
        (error: unknown) => {
          assert.match(String(error), /died while it prepared for it/);
          return false;
        },
      );
      const [done] = await Promise.all([reloaded, strike()]);
      assert.equal(await fates(port), [done ? 'turned away' : 'served']);
      assert.equal(await balancer.reload(long), []);
      assert.equal(await fates(port), ['turned away']);
    });
  },
);

test.run();
