/**
 * A balancer under test by a file of HAProxy's, with a runtime socket that tells what it does and holds: the
 * tests of faults ask before and after. HAProxy itself can be started by the same file.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { ask } from '../../../src/admin/client/ask.js';
import { parseEndpoint } from '../../../src/admin/client/endpoint.js';
import { parseInfo, parseStat, type StatRow } from '../../../src/admin/client/tables.js';
import { TURBO_LB } from '../../cli/turbo.js';
import {
  countersOf,
  type EngineChoice,
  eventually,
  freePort,
  type RunningProcess,
  scratchFolder,
  startProcess,
} from '../../harness.js';

/** Longest silence of the runtime socket, in milliseconds. */
const SILENCE_MS = 20_000;

/** What a balancer holds for connections, over all workers, and of the process; nothing of it may be left behind. */
export interface Held {
  readonly slots: number;
  readonly timers: number;
  readonly buffers: number;
  readonly pipes: number;
  readonly connections: number;
  /** Descriptors that the workers hold, and all of the process but those of checks. */
  readonly descriptors: number;
  readonly fds: number;
}

/** How to run it. */
export interface ServiceOptions {
  readonly workers?: number;
  readonly global?: readonly string[];
  /** Of `listen t`, which binds a port and has the servers. */
  readonly proxy?: readonly string[];
  readonly servers: readonly string[];
  /** Where to listen in place of a free port of 127.0.0.1. */
  readonly bind?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A file for its standard output, where `log stdout` goes. */
  readonly stdout?: string;
  readonly options?: readonly string[];
}

/** A running balancer. */
export class Service {
  constructor(
    readonly process: RunningProcess,
    readonly port: number,
    private readonly control: string,
  ) {}

  /** Asks its runtime socket. */
  async ctl(command: string): Promise<string> {
    const endpoint = parseEndpoint(this.control);
    if (!endpoint.ok) throw new Error(endpoint.message);
    return await ask(endpoint.value, command, { silenceMs: SILENCE_MS });
  }

  async info(): Promise<Map<string, string>> {
    return parseInfo(await this.ctl('show info'));
  }

  /** All lines of `show stat`. */
  async rows(): Promise<StatRow[]> {
    return parseStat(await this.ctl('show stat')) ?? [];
  }

  /** The line of `show stat` of a server, or of FRONTEND or BACKEND. */
  async stat(svname: string): Promise<StatRow> {
    const row = (await this.rows()).find((one) => one.text('svname') === svname);
    if (row === undefined) throw new Error(`no line for ${svname}`);
    return row;
  }

  async held(): Promise<Held> {
    const activity = parseInfo(await this.ctl('show activity 0'));
    const number = (name: string): number => {
      const value = Number(activity.get(name));
      if (!Number.isInteger(value)) throw new Error(`show activity has no ${name}`);
      return value;
    };
    return {
      slots: number('slots'),
      timers: number('timers'),
      buffers: number('buffersInUseNow'),
      pipes: number('pipesInUseNow'),
      connections: number('sessionsNow'),
      descriptors: number('descriptors'),
      fds: countersOf(this.process.pid).fds - number('checkDescriptors'),
    };
  }

  /** What it holds once it serves so many connections, and nothing is left of others. */
  async heldAtRest(connections: number): Promise<Held> {
    return await eventually(`it serves ${connections} connections and holds nothing else`, async () => {
      const held = await this.held();
      return held.connections === connections && held.slots === connections ? held : null;
    });
  }

  /** How often it has said something, on its standard error. */
  said(text: string | RegExp): number {
    return this.process.stderr.split(text).length - 1;
  }

  /** Waits until it holds no more than it did. */
  async holdsAgain(before: Held): Promise<void> {
    const same = async (): Promise<boolean> => JSON.stringify(await this.held()) === JSON.stringify(before);
    await eventually('it holds what it did', same).catch(async () => assert.equal(await this.held(), before));
  }
}

/** Starts turbo-lb on an engine, or HAProxy; connections are accepted. */
export async function startService(engine: EngineChoice | 'haproxy', options: ServiceOptions): Promise<Service> {
  const { workers = 2, global = [], proxy = [], servers, bind, env = {}, stdout, options: more = [] } = options;
  const folder = scratchFolder();
  const [control, file, port] = [join(folder, 'control.sock'), join(folder, 'lb.cfg'), await freePort()];
  writeFileSync(
    file,
    `global
  stats socket ${control} level admin
  ${global.join('\n  ')}
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen t
  bind ${bind ?? `127.0.0.1:${port}`}
  ${proxy.join('\n  ')}
${servers.map((server, index) => `  server s${index + 1} ${server}\n`).join('')}`,
  );
  const words = ['-f', file, '-db', '--workers', String(workers), '--no-pin', '--io-engine', engine, ...more];
  const redirected = stdout === undefined ? 'exec "$0" "$@"' : `exec "$0" "$@" >>${stdout}`;
  const readyWhen = () => existsSync(control);
  const start = (): Promise<RunningProcess> => {
    if (engine !== 'haproxy')
      return startProcess('sh', ['-c', redirected, process.execPath, TURBO_LB, ...words], { env, readyWhen });
    const threads = join(folder, 'threads.cfg');
    writeFileSync(threads, `global\n  nbthread ${workers}\n`);
    return startProcess('haproxy', ['-db', '-f', threads, '-f', file, ...more], { readyWhen });
  };
  const service = new Service(await start(), port, control);
  // Who answers accepts connections, at any address; HAProxy's socket is there a moment before it listens.
  const answers = (): Promise<boolean> =>
    service.info().then(
      () => true,
      () => false,
    );
  await eventually('it answers', answers);
  return service;
}
