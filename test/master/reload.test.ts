/** Plans that change while a balancer runs: traffic, counters and states go on; what cannot be changes nothing. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LoadBalancer } from '../../src/master/balancer.js';
import { Log } from '../../src/master/log.js';
import { StartError } from '../../src/master/start-error.js';
import type { Plan } from '../../src/plan/plan.js';
import { planOf } from '../harness/plans.js';
import { countersOf, type EngineChoice, eventually, freePort } from '../harness.js';
import { dial, echo, interop, serve, type TestServer } from '../interop/support/peers.js';

/** Reloads of the long run. */
const RELOADS = 300;

/** A text of a configuration, with what all of them have. */
function planFor(engine: EngineChoice, body: string, workers = 2): Plan {
  return planOf(`global
  nbthread ${workers}
  maxconn 200
  tune.io-engine ${engine}
defaults
  timeout connect 2s
  timeout client 10s
  timeout server 10s
${body}`);
}

/** Starts a balancer and stops it afterwards; its messages are kept in `said`. */
async function running(plan: Plan, body: (balancer: LoadBalancer, said: string[]) => Promise<void>): Promise<void> {
  const said: string[] = [];
  const balancer = new LoadBalancer(plan, { log: new Log({ write: (text: string) => said.push(text) }) });
  await balancer.start();
  try {
    await body(balancer, said);
  } finally {
    await balancer.stop();
  }
}

async function echoesAt(port: number): Promise<void> {
  const peer = await dial(port);
  await peer.echoes('hello');
  peer.socket.destroy();
}

/** Clients one after the other, each with a few bytes, until told to end; every one must be served. */
class Traffic {
  served = 0;
  private goesOn = true;
  private readonly loops: Promise<void>[];

  constructor(port: number, clients = 4) {
    this.loops = Array.from({ length: clients }, async () => {
      while (this.goesOn) {
        const peer = await dial(port);
        await peer.echoes('hello');
        peer.socket.destroy();
        this.served++;
      }
    });
  }

  /** Resolves when so many more were served. */
  more(count: number): Promise<unknown> {
    const wanted = this.served + count;
    return eventually(`${count} more were served`, () => this.served >= wanted);
  }

  async end(): Promise<number> {
    this.goesOn = false;
    await Promise.all(this.loops);
    return this.served;
  }
}

/** Ten ways to serve the same clients. */
function variants(port: number, other: number, servers: readonly TestServer[]): string[] {
  const [a, b, c] = servers.map((one) => one.port);
  const back = (lines: string): string => `frontend f\n  bind 127.0.0.1:${port}\n  default_backend b\nbackend b\n${lines}\n`;
  const two = `  server a 127.0.0.1:${a}\n  server b 127.0.0.1:${b}`;
  return [
    back(two),
    back(`${two}\n  server c 127.0.0.1:${c}`),
    back(`  balance leastconn\n${two}\n  server c 127.0.0.1:${c}`),
    back(`  balance leastconn\n  server a 127.0.0.1:${a} weight 9\n  server c 127.0.0.1:${c}`),
    back(`  timeout server 5s\n  balance source\n  hash-type consistent\n${two}`),
    `${back(two)}frontend g\n  bind 127.0.0.1:${other}\n  default_backend b\n`,
    `${back(`  server a 127.0.0.1:${a} maxconn 3\n  server b 127.0.0.1:${b} maxconn 3`)}frontend g\n  bind 127.0.0.1:${other}\n  default_backend b\n`,
    back(`  stick-table type ip size 10k expire 1m\n  stick on src\n${two}`),
    `listen f\n  bind 127.0.0.1:${port}\n  maxconn 100\n  tcp-request connection accept\n${two}\n`,
    back(two),
  ];
}

for (const workers of [1, 2])
  interop(`clients do not notice ten reloads, with ${workers} workers`, async (engine) => {
    const servers = [await serve(echo), await serve(echo), await serve(echo)];
    const [port, other] = [await freePort(), await freePort()];
    const texts = variants(port, other, servers);
    await running(planFor(engine, texts[0], workers), async (balancer, said) => {
      const traffic = new Traffic(port);
      for (const text of texts) {
        await traffic.more(20);
        await balancer.reload(planFor(engine, text, workers));
      }
      await traffic.more(20);
      const served = await traffic.end();
      await eventually('no session is left', () => balancer.counters().sessionsNow === 0);
      assert.is(balancer.counters().sessionsTotal, served);
      await eventually('no former plan is left', () => balancer.formerPlans === 0);
      assert.is(balancer.tables.proxies.frontends[0].total, served, 'the frontend has counted all of them');
      assert.equal(balancer.serverConnections(), [[0, 0]]);
      assert.is(balancer.counters().lateCompletions, 0);
      assert.not.match(said.join(''), /ALERT/);
    });
  });

interop('an address that cannot be had refuses a plan as a whole', async (engine) => {
  const server = await serve(echo);
  const [port, other] = [await freePort(), await freePort()];
  const text = (more: string): string => `listen f\n  bind 127.0.0.1:${port}\n${more}  server a 127.0.0.1:${server.port}\n`;
  await running(planFor(engine, text('')), async (balancer) => {
    const { fds } = countersOf(process.pid);
    const taken = `  bind 127.0.0.1:${other}\n  bind 127.0.0.1:${server.port}\n`;
    const error = await balancer.reload(planFor(engine, text(taken))).then(
      () => null,
      (reason: unknown) => reason,
    );
    assert.instance(error, StartError);
    assert.match(String(error), /f\.cfg:\d+: cannot bind 127\.0\.0\.1:\d+: address already in use/);
    assert.is(countersOf(process.pid).fds, fds);
    assert.is(balancer.plan.frontends[0].binds.length, 1);
    await echoesAt(port);
    await balancer.reload(planFor(engine, text(`  bind 127.0.0.1:${other}\n`)));
    await echoesAt(other);
  });
});

interop(`nothing grows over ${RELOADS} reloads`, async (engine) => {
  const server = await serve(echo);
  const [port, other] = [await freePort(), await freePort()];
  const text = (i: number): string => `listen f
  bind 127.0.0.1:${port}
  log 127.0.0.1:9 local0
  option tcplog
  timeout server ${5 + (i % 5)}s
  acl x src 10.0.0.0/8
  tcp-request content reject if x
  stick-table type ip size 100 store conn_cnt
  tcp-request connection track-sc0 src
  server a 127.0.0.1:${server.port} weight ${1 + (i % 9)}
${i % 3 === 0 ? `  server b 127.0.0.1:${server.port} backup send-proxy\n` : ''}${i % 4 === 0 ? `frontend g\n  bind 127.0.0.1:${other}\n  default_backend f\n` : ''}`;
  const plans = Array.from({ length: 12 }, (_, i) => planFor(engine, text(i)));
  await running(plans[0], async (balancer, said) => {
    const run = async (from: number, to: number): Promise<ReturnType<typeof countersOf>> => {
      for (let i = from; i < to; i++) {
        await balancer.reload(plans[i % plans.length]);
        if (i % 10 === 0) await echoesAt(port);
      }
      return countersOf(process.pid);
    };
    const before = await run(0, 200);
    const after = await run(200, RELOADS);
    assert.is(after.fds, before.fds);
    assert.is(after.threads, before.threads);
    assert.not.match(said.join(''), /ALERT|WARNING/);
  });
});

test.run();
