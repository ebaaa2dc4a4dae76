/**
 * Processes that take each other's place, turbo-lb and HAProxy, in front of one server; and clients
 * that connect all the while and count what goes wrong.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { TURBO_LB } from '../../cli/turbo.js';
import { eventually, freePort, isAlive, runProcess, scratchFolder } from '../../harness.js';
import { named, serve, type TestServer } from './peers.js';

/** What a process of this kind is started with. */
const PROGRAMS = {
  turbo: [process.execPath, TURBO_LB],
  // its child leaves the group only after the parent has ended, and the harness kills the group then
  haproxy: ['setsid', '--wait', 'haproxy'],
} as const;
/** One of them. */
export type Program = keyof typeof PROGRAMS;

/** The place that one process after the other takes. */
export class Place {
  /** Those that were started, the last of them in charge. */
  readonly pids: number[] = [];
  readonly pidfile: string;
  readonly socket: string;
  readonly config: string;

  private constructor(
    readonly server: TestServer,
    readonly port: number,
    /** A UNIX socket that is listened at as well. */
    readonly path: string,
    folder: string,
  ) {
    this.pidfile = join(folder, 'pid');
    this.socket = join(folder, 'stats.sock');
    this.config = join(folder, 'f.cfg');
  }

  /** @param lines of `global` */
  static async open(threads: number, ...lines: string[]): Promise<Place> {
    const server = await serve(named('served'));
    const folder = scratchFolder();
    const place = new Place(server, await freePort(), join(folder, 'front.sock'), folder);
    place.configure(threads, lines);
    return place;
  }

  /** Writes the file: further lines of `global`, further UNIX sockets and addresses to listen at. */
  configure(threads: number, lines: readonly string[], paths: readonly string[] = [], addresses: readonly string[] = []): void {
    const { port, path, server, socket } = this;
    const global = [`nbthread ${threads}`, 'maxconn 1000', `stats socket ${socket} level admin expose-fd listeners`, ...lines];
    const text = ['global', ...global, 'defaults', 'mode tcp', 'timeout connect 5s', 'timeout client 10m', 'timeout server 10m'];
    text.push(
      'listen l',
      `bind 127.0.0.1:${port}`,
      `bind unix@${path}`,
      ...[...paths.map((more) => `unix@${more}`), ...addresses].map((more) => `bind ${more}`),
      `server s ${server.address}`,
      '',
    );
    writeFileSync(this.config, text.join('\n'));
  }

  /** Starts a process that takes over from the one in charge, if there is one; answers what its parent said. */
  async replace(program: Program, ...options: string[]): Promise<{ code: number | null; stderr: string }> {
    const before = this.pids.at(-1);
    const takeOver = before === undefined ? [] : ['-sf', String(before)];
    const [command, ...words] = [...PROGRAMS[program], '-D', '-f', this.config, '-p', this.pidfile, ...takeOver, ...options];
    const { code, stderr } = await runProcess(command, words);
    if (existsSync(this.pidfile)) {
      const pid = Number(readFileSync(this.pidfile, 'utf8'));
      if (code === 0 && pid !== before) this.pids.push(pid);
    }
    return { code, stderr };
  }

  /** The same with `-x`. */
  takeOver(program: Program, ...options: string[]): Promise<{ code: number | null; stderr: string }> {
    return this.replace(program, '-x', this.socket, ...options);
  }

  /** All but the last have ended. */
  async settled(): Promise<void> {
    await eventually('those before have ended', () => this.pids.slice(0, -1).every((pid) => !isAlive(pid)));
  }

  /** Kills what is left. */
  async close(): Promise<void> {
    for (const pid of this.pids.filter(isAlive)) process.kill(pid, 'SIGKILL');
    await eventually('all have ended', () => !this.pids.some(isAlive));
  }
}

/** Clients that connect, wait to be served, and end, again and again. */
export class Load {
  served = 0;
  /** What went wrong, by its code. */
  readonly failures = new Map<string, number>();
  private stopping = false;
  private readonly clients: Promise<void>[];

  constructor(target: number | string, clients: number) {
    this.clients = Array.from({ length: clients }, async () => {
      while (!this.stopping) this.count(await visit(target));
    });
  }

  /** Resolves when so many more have been served. */
  async more(count: number): Promise<void> {
    const wanted = this.served + count;
    await eventually(`${count} more were served, ${this.problems}`, () => this.served >= wanted);
  }

  /** Ends it; answers what went wrong. */
  async stop(): Promise<string> {
    this.stopping = true;
    await Promise.all(this.clients);
    return this.problems;
  }

  private get problems(): string {
    return [...this.failures].map(([code, count]) => `${count} ${code}`).join(', ');
  }

  private count(failure: string | null): void {
    if (failure === null) this.served++;
    else this.failures.set(failure, (this.failures.get(failure) ?? 0) + 1);
  }
}

/** Connects, hears, and ends; null, or what went wrong. */
export function visit(target: number | string): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = typeof target === 'number' ? connect(target, '127.0.0.1') : connect(target);
    let heard = '';
    let failure: string | null = null;
    socket.setEncoding('utf8').on('data', (text: string) => {
      heard += text;
      if (heard.includes('\n')) socket.end();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      failure = error.code ?? error.message;
    });
    socket.on('close', () => resolve(failure ?? (heard === 'served\n' ? null : `heard '${heard}'`)));
  });
}
