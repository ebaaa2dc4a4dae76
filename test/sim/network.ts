/**
 * The world around the simulated engines: the clock, the descriptors, listening sockets with their
 * queues, servers that accept, refuse or hang, and the faults of the system.
 */
import type { EncodedAddress } from '../../src/kernel/address.js';
import { EMFILE, ENFILE, ENOMEM } from '../../src/kernel/sys/constants.js';
import { Connection, type Side } from './connection.js';
import { Peer, type Script } from './peer.js';
import type { Random } from './random.js';
import { demand } from './violation.js';

/** How long a connection attempt that nobody answers takes to fail (ms): tcp_syn_retries 6 of Linux. */
export const CONNECT_PATIENCE_MS = 127_000;

/** A server, and what becomes of the attempts to connect to it. */
export interface ServerScript {
  /** Percent of attempts that are refused, and that nobody answers. */
  readonly refusePercent: number;
  readonly hangPercent: number;
  /** How long an answer takes (ms). */
  readonly answerMs: number;
  /** What the connections do, in turn. */
  readonly scripts: readonly Script[];
}

/** What a descriptor is. */
type Descriptor =
  | { readonly kind: 'listener'; readonly queue: Connection[] }
  | { readonly kind: 'socket'; connection: Connection | null };

/** Everything that the engines of one run share. */
export class Network {
  nowMs = 0;
  readonly connections: Connection[] = [];
  readonly peers: Peer[] = [];
  /** Refused and unanswered attempts so far. */
  connectFaults = 0;
  /** System calls that were refused so far, and how many more will be. */
  systemFaults = 0;
  systemFaultsLeft = 0;
  /** Sockets of the balancer that are open. */
  openSockets = 0;
  private readonly descriptors: (Descriptor | null)[] = [null, null, null]; // 0, 1, 2 are somebody else's
  private readonly connects: number[];

  /** @param clockBase what the wrapping clock of the engines says at the beginning */
  constructor(
    readonly random: Random,
    readonly servers: readonly ServerScript[],
    readonly clockBase: number,
    /** Bytes that fit between a peer and the balancer at most, in each direction. */
    private readonly roomMax: number,
    private readonly out: ((line: string) => void) | null,
  ) {
    this.connects = servers.map(() => 0);
  }

  /** Somebody reads the trace. */
  get tracing(): boolean {
    return this.out !== null;
  }

  /** Writes a line for whoever replays the run. */
  trace(line: string): void {
    this.out?.(`${this.nowMs} ms: ${line}`);
  }

  /** Addresses of the servers, as the data plane gets them: the number of the server stands in `address`. */
  addresses(): EncodedAddress[] {
    return this.servers.map((_, address) => ({ family: 2, address, length: 16 }));
  }

  /** Makes a listening socket. */
  listen(): number {
    return this.open({ kind: 'listener', queue: [] });
  }

  /** Connections that wait to be accepted. */
  queue(listener: number): Connection[] {
    const found = this.descriptors[listener];
    demand(found?.kind === 'listener', `descriptor ${listener} does not listen`);
    return found.queue;
  }

  /** A client arrives. */
  arrive(listener: number, script: Script): Peer {
    const peer = this.newPeer('client', script);
    this.queue(listener).push(peer.connection);
    if (this.tracing) this.trace(`client ${peer.connection.id} arrives at listener ${listener}: ${JSON.stringify(script)}`);
    return peer;
  }

  /** Gives an accepted connection its descriptor. */
  admit(connection: Connection): number {
    connection.establishedAt = this.nowMs;
    connection.activeAt = this.nowMs;
    connection.readableAt = this.nowMs;
    connection.fd = this.open({ kind: 'socket', connection });
    return connection.fd;
  }

  /** `-errno` when the system shall refuse a descriptor now, or 0. */
  refuses(): number {
    if (this.systemFaultsLeft === 0 || !this.random.chance(30)) return 0;
    this.systemFaultsLeft--;
    this.systemFaults++;
    return -this.random.pick([EMFILE, ENFILE, ENOMEM]);
  }

  /** A socket that is not connected. */
  socket(): number {
    return this.open({ kind: 'socket', connection: null });
  }

  /** Decides what becomes of an attempt to connect. */
  decideConnect(server: number): 'accept' | 'refuse' | 'hang' {
    const { refusePercent, hangPercent } = this.servers[server];
    const dice = this.random.below(100);
    if (dice >= refusePercent + hangPercent) return 'accept';
    this.connectFaults++;
    return dice < refusePercent ? 'refuse' : 'hang';
  }

  /** A server accepts the connection of a descriptor. */
  establish(fd: number, server: number): void {
    const found = this.descriptors[fd];
    demand(found?.kind === 'socket' && found.connection === null, `descriptor ${fd} is connected twice`);
    const { scripts } = this.servers[server];
    const { connection } = this.newPeer('server', scripts[this.connects[server]++ % scripts.length]);
    connection.fd = fd;
    connection.establishedAt = this.nowMs;
    connection.activeAt = this.nowMs;
    connection.readableAt = this.nowMs;
    found.connection = connection;
    if (this.tracing) this.trace(`server ${server} accepts descriptor ${fd} as connection ${connection.id}`);
  }

  /** The connection behind a descriptor that may not be connected yet; null: it is not, or is none. */
  connectionOf(fd: number): Connection | null {
    const found = this.descriptors[fd];
    return found?.kind === 'socket' ? found.connection : null;
  }

  /** The connection behind a descriptor; throws Violation where there is none. */
  connection(fd: number, verb: string): Connection {
    const found = this.descriptors[fd];
    demand(found?.kind === 'socket', `${verb} on descriptor ${fd}, which is not an open socket`);
    demand(found.connection !== null, `${verb} on descriptor ${fd}, which is not connected`);
    return found.connection;
  }

  /** Whether a descriptor is an open socket, connected or not. */
  isSocket(fd: number): boolean {
    return this.descriptors[fd]?.kind === 'socket';
  }

  /** Closing the descriptor will reset its connection. */
  setResetOnClose(fd: number): void {
    const found = this.descriptors[fd];
    if (found?.kind === 'socket' && found.connection !== null) found.connection.resetOnClose = true;
  }

  /** Closes a descriptor of the balancer. */
  close(fd: number): void {
    const found = this.descriptors[fd];
    demand(found?.kind === 'socket', `close of descriptor ${fd}, which is not an open socket`);
    this.descriptors[fd] = null;
    this.openSockets--;
    found.connection?.close();
  }

  private newPeer(side: Side, script: Script): Peer {
    const { random } = this;
    const id = 257 + this.connections.length; // both bytes of it are used
    const connection = new Connection(side, id, random.between(20, this.roomMax), random.between(20, this.roomMax));
    const peer = new Peer(connection, script, random);
    this.connections.push(connection);
    this.peers.push(peer);
    return peer;
  }

  /** Every connection breaks. */
  storm(): void {
    this.trace('every connection breaks');
    for (const connection of this.connections) connection.reset(this.random.chance(50));
  }

  /** The lowest free number, as in the kernel: numbers come back soon after they were closed. */
  private open(descriptor: Descriptor): number {
    const free = this.descriptors.indexOf(null, 3);
    const fd = free < 0 ? this.descriptors.length : free;
    this.descriptors[fd] = descriptor;
    if (descriptor.kind === 'socket') this.openSockets++;
    return fd;
  }
}
