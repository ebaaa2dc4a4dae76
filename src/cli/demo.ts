/**
 * `turbo-lb demo`: three small HTTP servers in a process of their own, the balancer in front of
 * them, and a few lines saying what to try.
 */
import { createServer } from 'node:net';
import type { Options } from 'yargs';
import { formatAddress } from '../kernel/address.js';
import type { LoadBalancer } from '../master/balancer.js';
import { balanceFlags } from './balance.js';
import type { Command } from './command.js';
import { complain, type Output } from './complaint.js';
import { DemoServers } from './demo-servers.js';
import { BALANCE_OPTIONS, type RawFlags, rawFlags } from './flags.js';

const DEMO_OPTIONS: Readonly<Record<string, Options>> = {
  bind: { group: 'Options:', describe: 'Listen here [default: 127.0.0.1:8080, or the next free port]', nargs: 1 },
  ...Object.fromEntries(
    ['balance', 'workers', 'io-engine'].map((flag) => [flag, { ...BALANCE_OPTIONS[flag], group: 'Options:' }]),
  ),
};

const HOST = '127.0.0.1';
const FIRST_PORT = 8080;
const PORTS_TRIED = 20;
/** Enough for a load generator on the same host, within the descriptors that every user may open. */
const MAXCONN = '1000';

const EXAMPLES = `Example:
  turbo-lb demo --bind :8000 --balance leastconn`;

/** Runs until a signal ends it. Throws StartError. */
export const DEMO: Command = { options: DEMO_OPTIONS, examples: EXAMPLES, handle: demo };

async function demo(argv: Readonly<Record<string, unknown>>, output: Output): Promise<number> {
  const { values } = rawFlags(argv);
  const bind = values.bind ?? (await freeAddress(output));
  if (bind === undefined) {
    const message = `no free port from ${FIRST_PORT} to ${FIRST_PORT + PORTS_TRIED - 1}: choose one with --bind ${HOST}:9000`;
    return complain([{ about: '', message }], output);
  }
  const servers = await DemoServers.start();
  servers.onUnexpectedEnd(() => {
    output.err('turbo-lb: the demo servers have ended, and so the demo\n');
    process.kill(process.pid, 'SIGTERM');
  });
  try {
    const raw: RawFlags = {
      values: { ...values, bind, server: servers.flags, maxconn: [MAXCONN] },
      redispatch: false,
      pin: true,
    };
    return await balanceFlags(raw, output, (balancer) => output.out(invitation(balancer, servers.flags.length)));
  } finally {
    servers.end();
  }
}

/** What to do now that it runs. */
function invitation(balancer: LoadBalancer, servers: number): string {
  const url = `http://${formatAddress(balancer.addresses[0]).replace('0.0.0.0', HOST)}/`;
  return [
    '',
    `  ${servers} servers behind ${url} on ${balancer.workerCount} workers (${balancer.engine.name}).`,
    '',
    `  Open   ${url} in a browser (which keeps its connection, and so its server)`,
    `  Try    for i in 1 2 3 4 5 6; do curl -s ${url}; done`,
    `  Load   wrk -t2 -c64 -d10s ${url}`,
    '  Stop   Ctrl-C',
    '',
    '',
  ].join('\n');
}

/** The first port on which nobody listens, as the value of `--bind`. Says so when it is not the first one. */
async function freeAddress(output: Output): Promise<string[] | undefined> {
  for (let port = FIRST_PORT; port < FIRST_PORT + PORTS_TRIED; port++) {
    if (!(await isFree(port))) continue;
    if (port !== FIRST_PORT) output.out(`Port ${FIRST_PORT} is taken, this demo listens on ${port}; --bind chooses another.\n`);
    return [`${HOST}:${port}`];
  }
  return undefined;
}

/** Tries without SO_REUSEPORT, with which a port could be shared that another process listens on. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, HOST, () => probe.close(() => resolve(true)));
  });
}
