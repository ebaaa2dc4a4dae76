/**
 * The runtime API of HAProxy and of turbo-lb side by side: the same configuration, the same words to
 * both through socat, and both answers byte for byte.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { eventually, freePort, type RunningProcess, scratchFolder } from '../../harness.js';
import { type Contender, startContender } from './twins.js';

/** Seconds that socat goes on reading after its own input has ended. */
const SOCAT_PATIENCE_S = 10;

/** A running balancer and its runtime API. */
export interface Managed {
  readonly contender: Contender;
  readonly process: RunningProcess;
  /** The path of its socket. */
  readonly socket: string;
  /** Ports by the names that the configuration gives them. */
  readonly ports: Readonly<Record<string, number>>;
  /** What it answers to these bytes. */
  ask(input: string | Buffer): Promise<string>;
}

/** A configuration of sections in mode tcp, with a runtime socket that may do everything; `global` is what else is said there. */
export function runtimeConfig(
  sections: string,
  { socket = '', global = [] }: { socket?: string; global?: readonly string[] } = {},
): string {
  return `
global
  stats socket {socket} level admin ${socket}
  ${global.join('\n  ')}
defaults
  mode tcp
  timeout connect 5s
  timeout client 30s
  timeout server 30s
${sections}`;
}

/** Messages begin with how grave they are: what is compared has to agree in that, too. */
export const NUMBERED = { socket: 'severity-output number' };

/**
 * Starts a balancer. In the configuration `{socket}` is the path of its runtime socket, and `{name}` a port
 * of its own; the ones of `shared` are the same for all.
 */
export async function manage(contender: Contender, config: string, shared: Record<string, number> = {}): Promise<Managed> {
  const folder = scratchFolder();
  const socket = join(folder, 'runtime.sock');
  const ports: Record<string, number> = { ...shared };
  let text = config.replaceAll('{socket}', socket).replaceAll('{folder}', folder);
  for (const [, name] of config.matchAll(/\{([a-z0-9]+)\}/g)) {
    if (name === 'socket' || name === 'folder') continue;
    ports[name] ??= await freePort();
    text = text.replaceAll(`{${name}}`, String(ports[name]));
  }
  const process = await startContender(contender, text, folder);
  if (config.includes('{socket}')) await eventually('there is a runtime socket', () => existsSync(socket));
  return { contender, process, socket, ports, ask: (input) => askSocket(`UNIX-CONNECT:${socket}`, input) };
}

/** What comes back through socat. */
export async function askSocket(address: string, input: string | Buffer): Promise<string> {
  const socat = spawn('socat', ['-t', String(SOCAT_PATIENCE_S), '-', address], { stdio: ['pipe', 'pipe', 'ignore'] });
  const pieces: Buffer[] = [];
  socat.stdout.on('data', (piece: Buffer) => pieces.push(piece));
  socat.stdin.on('error', () => undefined); // whoever answers may have closed before all was read
  socat.stdin.end(input);
  await once(socat, 'close');
  return Buffer.concat(pieces).toString('latin1');
}

/** HAProxy, and turbo-lb with one worker, on one configuration. */
export async function sideBySide(config: string, shared: Record<string, number> = {}): Promise<[Managed, Managed]> {
  return [
    await manage({ name: 'haproxy' }, config, shared),
    await manage({ name: 'turbo-lb', engine: 'epoll', workers: 1 }, config, shared),
  ];
}

/** Both answer the same; `comparable` takes out what may differ. */
export async function sameAnswer(
  [theirs, ours]: readonly [Managed, Managed],
  input: string | Buffer,
  comparable: (answer: string, by: Managed) => string = (answer) => answer,
): Promise<void> {
  const expected = comparable(await theirs.ask(input), theirs);
  assert.is(comparable(await ours.ask(input), ours), expected, JSON.stringify(input.toString('latin1').slice(0, 200)));
}
