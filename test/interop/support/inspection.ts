/**
 * How HAProxy decides about the contents of connections: `accept if { ... }` and then `reject`, with
 * an inspection that never ends by itself. Whether it is still undecided shows without a clock: of
 * two connections to one thread the later one is answered after the earlier one was looked at.
 */

import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort, startHaproxy } from '../../harness.js';

/** What becomes of a connection: at once, or when the client has ended its stream. */
export interface Decision {
  readonly atOnce: 'accepted' | 'rejected' | 'undecided';
  readonly atEnd: 'accepted' | 'rejected';
}

/** Connections at a time: few enough for one round of HAProxy's loop, which takes 200 events (`tune.maxpollevents`) and tasks. */
const BATCH = 50;
/** Later connections that have been answered before an earlier one without an answer counts as undecided. */
const MARKERS = 3;

/** A running HAProxy with a port for each condition. */
export class Inspection {
  private constructor(
    private readonly ports: readonly number[],
    private readonly marker: number,
    private readonly greeter: Server,
  ) {}

  /** @param conditions as `{ req.len gt 0 }` */
  static async start(conditions: readonly string[]): Promise<Inspection> {
    const greeter = createServer((socket) => socket.on('error', () => socket.destroy()).end('ok')).listen(0, '127.0.0.1');
    await once(greeter, 'listening');
    const { port } = greeter.address() as { port: number };
    const ports: number[] = [];
    for (let i = 0; i <= conditions.length; i++) ports.push(await freePort());
    const fronts = [...conditions, '{ always_true }'].map(
      (condition, i) => `
frontend front${i}
  bind 127.0.0.1:${ports[i]}
  tcp-request inspect-delay 1h
  tcp-request content accept if ${condition}
  tcp-request content reject
  default_backend back`,
    );
    await startHaproxy(`
global
  nbthread 1
  maxconn 2000
defaults
  mode tcp
  timeout client 1h
  timeout server 1h
  timeout connect 10s${fronts.join('')}
backend back
  server one 127.0.0.1:${port}`);
    return new Inspection(ports, ports[conditions.length], greeter);
  }

  stop(): void {
    this.greeter.close();
  }

  /** Decisions about bytes, sent to the port of a condition by its number. */
  async decide(cases: readonly { condition: number; bytes: string }[]): Promise<Decision[]> {
    const decisions: Decision[] = [];
    for (let at = 0; at < cases.length; at += BATCH) decisions.push(...(await this.batch(cases.slice(at, at + BATCH))));
    return decisions;
  }

  private async batch(cases: readonly { condition: number; bytes: string }[]): Promise<Decision[]> {
    const clients = await Promise.all(cases.map(({ condition, bytes }) => Client.open(this.ports[condition], bytes)));
    // several, since what the first one's turn has decided may still be on its way
    for (let i = 0; i < MARKERS; i++) await (await Client.open(this.marker, '')).decided;
    const early = clients.map(({ verdict }) => verdict);
    for (const { socket, verdict } of clients) if (verdict === 'undecided') socket.end();
    await Promise.all(clients.map(({ decided }) => decided));
    return clients.map(({ verdict }, i) => ({ atOnce: early[i], atEnd: verdict as Decision['atEnd'] }));
  }
}

/** A client that waits for what becomes of it. */
class Client {
  verdict: Decision['atOnce'] = 'undecided';
  readonly decided: Promise<void>;

  private constructor(readonly socket: Socket) {
    this.decided = new Promise((resolve) => {
      socket.on('data', () => {
        this.verdict = 'accepted';
      });
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        if (this.verdict === 'undecided') this.verdict = 'rejected';
        resolve();
      });
    });
  }

  /** Resolves when the bytes are with the kernel. */
  static async open(port: number, bytes: string): Promise<Client> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const client = new Client(socket);
    await once(socket, 'connect');
    if (bytes !== '') await new Promise<void>((resolve) => socket.write(bytes, 'latin1', () => resolve()));
    socket.on('end', () => socket.end());
    return client;
  }
}
