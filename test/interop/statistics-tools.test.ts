/**
 * What tools do with `show stat`, done in Python with their own ways of reading: Ansible's module
 * (csv.DictReader), Telegraf (rows as long as the header), the old exporter (columns by position), hatop
 * (the first 51 columns). And what a reload leaves of the numbers.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Command, newSession } from '../../src/admin/command.js';
import { STATS_COMMANDS } from '../../src/admin/commands/stats.js';
import { LoadBalancer } from '../../src/master/balancer.js';
import { Log } from '../../src/master/log.js';
import type { Plan } from '../../src/plan/plan.js';
import { readRows } from '../admin/stats/support/lab.js';
import { planOf } from '../harness/plans.js';
import { type EngineChoice, eventually, freePort, runProcess, scratchFolder, withProcesses } from '../harness.js';
import { closeAll, dial, echo, interop, serve } from './support/peers.js';
import { manage } from './support/runtime.js';

const READER = `
import csv, json, sys
text = open(sys.argv[1]).read()
rows = list(csv.DictReader(text.lstrip('# ').splitlines()))  # ansible community.general.haproxy
header, *lines = list(csv.reader(text.strip().splitlines()))
assert header[0] == '# pxname', header[0]
assert all(len(line) == len(header) for line in lines), [len(line) for line in lines]  # telegraf
columns = {name: i for i, name in enumerate(header)}
exporter = {4: 'scur', 7: 'stot', 8: 'bin', 9: 'bout', 17: 'status', 32: 'type', 33: 'rate', 48: 'req_tot', 60: 'rtime'}
assert all(columns[name] == i for i, name in exporter.items())
assert header[50] == 'srv_abrt' and header.index('-') == 119
print(json.dumps([[r['pxname'], r['svname'], r['status'], r['weight'], r['scur']] for r in rows]))
`;

test('tools read it', async () => {
  await withProcesses(async () => {
    const server = await serve(echo);
    const balancer = await manage({ name: 'turbo-lb', engine: 'epoll', workers: 2 }, CONFIG, { echo: server.port });
    const client = await dial(balancer.ports.fe);
    await client.echoes('x');
    const folder = scratchFolder();
    writeFileSync(join(folder, 'reader.py'), READER);
    writeFileSync(join(folder, 'stat.csv'), await balancer.ask('show stat\n'));
    const { stdout, stderr, code } = await runProcess('python3', [join(folder, 'reader.py'), join(folder, 'stat.csv')]);
    assert.is(code, 0, stderr);
    assert.equal(JSON.parse(stdout), [
      ['fe', 'FRONTEND', 'OPEN', '', '1'],
      ['be', 's1', 'no check', '1', '1'],
      ['be', 's2', 'MAINT', '1', '0'],
      ['be', 'BACKEND', 'UP', '1', '1'],
    ]);
    const version = /^Version: (.*)$/m.exec(await balancer.ask('show info\n'))?.[1] ?? '';
    assert.ok(
      version
        .split('.')
        .slice(0, 2)
        .every((part) => Number.isInteger(Number(part))),
      version,
    );
  }).finally(closeAll);
});

const CONFIG = `global
  stats socket {socket} level admin
defaults
  mode tcp
  timeout connect 1s
  timeout client 10s
  timeout server 10s
frontend fe
  bind 127.0.0.1:{fe}
  default_backend be
backend be
  server s1 127.0.0.1:{echo}
  server s2 127.0.0.1:{echo} disabled`;

const PLAN = (engine: EngineChoice, port: number, echoPort: number, server: string): Plan =>
  planOf(`global
  nbthread 2
  maxconn 100
  tune.io-engine ${engine}
defaults
  timeout connect 1s
  timeout client 10s
  timeout server 10s
frontend fe
  bind 127.0.0.1:${port}
  default_backend be
backend be
  server ${server} 127.0.0.1:${echoPort}`);

interop('bytes of a session show while it lasts; a reload forgets nothing, of open sessions neither', async (engine) => {
  const [server, port] = [await serve(echo), await freePort()];
  const balancer = new LoadBalancer(PLAN(engine, port, server.port, 's1'), { log: new Log({ write: () => undefined }) });
  await balancer.start();
  try {
    const shows = (name: string, ...wanted: number[]): Promise<unknown> =>
      eventually(`show stat has ${name} with ${wanted}`, () => {
        const row = rowsOf(balancer).get(name);
        return [row?.scur, row?.stot, row?.bin, row?.bout].slice(4 - wanted.length).join() === wanted.join();
      });
    const client = await dial(port);
    await client.echoes('hello');
    await shows('fe/FRONTEND', 1, 1, 5, 5);
    await shows('be/s1', 1, 1, 5, 5);
    await balancer.reload(PLAN(engine, port, server.port, 's2'));
    await client.echoes('again'); // the session of a server that is none any more
    const other = await dial(port);
    await other.echoes('x');
    await shows('fe/FRONTEND', 2, 2, 11, 11);
    await shows('be/BACKEND', 2, 2, 11, 11);
    await shows('be/s2', 1, 1, 1, 1);
    assert.is(rowsOf(balancer).get('be/s1'), undefined);
    await balancer.reload(PLAN(engine, port, server.port, 's1'));
    await client.echoes('third');
    await shows('be/s1', 1, 15, 15);
    for (const peer of [client, other]) peer.socket.end();
    await shows('fe/FRONTEND', 0, 2, 16, 16);
    await shows('be/s1', 1, 15, 15);
  } finally {
    await balancer.stop();
  }
});

interop('maxconnrate and maxsessrate bound what the process takes in a second, and nobody is lost', async (engine) => {
  const [server, port] = [await serve(echo), await freePort()];
  const plan = PLAN(engine, port, server.port, 's1');
  for (const limit of ['connectionRateMax', 'sessionRateMax'] as const) {
    const process = { ...plan.process, workers: 1, [limit]: 5 };
    const balancer = new LoadBalancer({ ...plan, process }, { log: new Log({ write: () => undefined }) });
    await balancer.start();
    try {
      const clients = await Promise.all(Array.from({ length: 8 }, () => dial(port)));
      await Promise.all(clients.map((client) => client.echoes('x')));
      assert.is(balancer.tables.proxies.process.highest(limit), 5);
    } finally {
      await balancer.stop();
    }
  }
});

/** What `show stat` prints. */
function rowsOf(balancer: LoadBalancer): ReturnType<typeof readRows> {
  const command = STATS_COMMANDS.find(({ name }) => name === 'show stat') as Command;
  const answer = command.run({ balancer, session: newSession(), words: [], payload: null });
  return readRows([...(answer as Iterable<string>)].join(''));
}

test.run();
