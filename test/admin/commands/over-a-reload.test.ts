/** What commands have changed, over a reload: what a file of states would keep goes on, the rest is as the files say. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { LoadBalancer } from '../../../src/master/balancer.js';
import type { Plan } from '../../../src/plan/plan.js';
import { type EngineChoice, eventually, freePort } from '../../harness.js';
import { dial, echo, interop, serve } from '../../interop/support/peers.js';
import { planFor, running } from '../../master/support/running.js';
import { said } from './support/said.js';

/** A column of `show stat`. */
async function stat(balancer: LoadBalancer, row: string, column: string): Promise<string> {
  const [head, ...lines] = (await said(balancer, 'show stat')).replace(/^# /, '').split('\n');
  const found = lines.find((line) => line.startsWith(`${row},`));
  return found?.split(',')[head.split(',').indexOf(column)] ?? 'no such row';
}

interface Ports {
  readonly traffic: number;
  readonly other: number;
  readonly server: number;
}

/** With one server `a`, or what else is said. */
function serving(engine: EngineChoice, { traffic, other, server }: Ports, servers = `server a 127.0.0.1:${server}`): Plan {
  const more = ' weight 10 maxconn 20 check inter 1h agent-check agent-port 1 agent-inter 1h';
  return planFor(
    engine,
    `frontend f
  bind 127.0.0.1:${traffic}
  maxconn 50
  acl x src 192.0.2.1
  tcp-request connection reject if x
  default_backend b
frontend g
  bind 127.0.0.1:${other}
  default_backend b
backend b
  stick-table type ip size 10 store gpc0
  ${servers.replaceAll(/(server a \S+)/g, `$1${more}`)}
`,
  );
}

/** Runs a balancer; `again` has it take up a plan with other servers. */
async function reloading(
  engine: EngineChoice,
  body: (balancer: LoadBalancer, ports: Ports, again: (servers?: string) => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const server = await serve(echo);
  const ports = { traffic: await freePort(), other: await freePort(), server: server.port };
  await running(serving(engine, ports), (balancer) =>
    body(balancer, ports, (servers) => balancer.reload(serving(engine, ports, servers))),
  );
}

interop('states, weights, addresses, checks, pauses and entries of tables go on', async (engine) => {
  await reloading(engine, async (balancer, _ports, again) => {
    const changes = ['set weight b/a 5', 'set server b/a state drain', 'set server b/a addr 127.0.0.2 port 7'];
    const more = ['set server b/a check-port 77', 'disable agent b/a', 'disable health b/a', 'disable frontend g'];
    await said(balancer, ...changes, ...more, 'set table b key 192.0.2.1 data.gpc0 7');
    const seen = async (): Promise<string> =>
      (await said(balancer, 'get weight b/a', 'show servers state b', 'show table b')) +
      (await stat(balancer, 'g,FRONTEND', 'status'));
    const before = await seen();
    assert.match(before, /^5 \(initial 10\)/);
    assert.match(before, / a 127\.0\.0\.2 .* 7 - 0 77 /);
    assert.match(before, /gpc0=7\nPAUSED$/);
    await again();
    assert.is(await seen(), before);
  });
});

interop('limits, rates, patterns and variables are as the files say', async (engine) => {
  await reloading(engine, async (balancer, _ports, again) => {
    const seen = async (): Promise<string[]> => [
      await stat(balancer, 'b,a', 'slim'),
      await stat(balancer, 'f,FRONTEND', 'slim'),
      ...((await said(balancer, 'show info')).match(/^(?:Maxconn|ConnRateLimit|SessRateLimit): .*$/gm) ?? []),
      await said(balancer, 'get acl #0 192.0.2.9'),
      await said(balancer, 'get var proc.x'),
    ];
    const before = await seen();
    const limits = ['set maxconn server b/a 7', 'set maxconn frontend f 33', 'set maxconn global 44'];
    const rates = ['set rate-limit sessions global 999', 'set rate-limit connections global 998'];
    await said(balancer, ...limits, ...rates, 'add acl #0 192.0.2.9', 'set var proc.x int(5)');
    const changed = await seen();
    assert.equal(changed.slice(0, 5), ['7', '33', 'Maxconn: 44', 'ConnRateLimit: 998', 'SessRateLimit: 999']);
    assert.is(
      changed.every((value, i) => value !== before[i]),
      true,
    );
    await again();
    assert.equal(await seen(), before);
  });
});

interop('sessions of a server are its own, whatever plan they go on by', async (engine) => {
  await reloading(engine, async (balancer, { traffic, server }, again) => {
    const clients = [await dial(traffic), await dial(traffic)];
    for (const client of clients) await client.echoes('hello');
    const sessions = (): Promise<string> => stat(balancer, 'b,a', 'scur');
    const a = `server a 127.0.0.1:${server}`;
    assert.is(await sessions(), '2');
    for (const servers of [a, `${a}\n server c 127.0.0.1:${server}`, `balance leastconn\n ${a}`]) {
      await again(servers);
      assert.is(await sessions(), '2', servers);
    }
    await again(`server c 127.0.0.1:${server}`);
    assert.is(await sessions(), 'no such row');
    await again(a);
    assert.is(await sessions(), '2', 'it was away and is back');
    await said(balancer, 'set server b/a state maint');
    assert.is(await said(balancer, 'wait 1 srv-removable b/a'), 'Wait delay expired.\n');
    const third = await said(balancer, 'show servers conn b');
    assert.match(third, /^b\/a .* - 5000 2 /m);
    for (const client of clients) client.socket.destroy();
    await eventually('they are gone', async () => (await sessions()) === '0');
    assert.is(await said(balancer, 'wait 10s srv-removable b/a'), 'Done.\n');
  });
});

test.run();
