/**
 * One DNS server, as queries are sent to it and answers come back, by UDP or by TCP (RFC 1035, section
 * 4.2). Sockets are opened with the first query, from ports that the system picks at random, and
 * changed now and then, so that nobody who cannot see them can guess them. It knows nothing of what
 * messages say.
 */
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { createConnection, type Socket } from 'node:net';
import type { NameserverPlan } from '../../plan/plan.js';

/** Queries after which another port is taken. */
const QUERIES_OF_PORT = 512;
/** How long answers to the former port are still heard, milliseconds. */
const LINGER_MS = 5000;
/** A connection on which nothing comes or goes for so long is closed, milliseconds; HAProxy's. */
const IDLE_MS = 5000;
/** Bytes that wait for a connection to take them; beyond that the server is too slow to be asked. */
const PENDING_BYTES_MAX = 64 * 1024;
/** Queries that wait for a datagram socket to be ready, which takes a turn of Node's loop. */
const PENDING_MAX = 4096;

/** What was sent to a server and came back; HAProxy's names, `show resolvers`. */
export const RESOLVER_COUNTERS = [
  ...['sent', 'snd_error', 'valid', 'update', 'cname', 'cname_error', 'any_err', 'nx', 'timeout', 'refused', 'other'],
  ...['invalid', 'too_big', 'truncated', 'outdated'],
] as const;
/** One of them. */
export type ResolverCounter =
  | ('sent' | 'snd_error' | 'valid' | 'update' | 'cname' | 'cname_error' | 'any_err' | 'nx' | 'timeout' | 'refused' | 'other')
  | ('invalid' | 'too_big' | 'truncated' | 'outdated');

/** Sends queries to one server; a test brings another one. */
export interface Transport {
  /** False when it cannot be sent now. */
  send(message: Buffer): boolean;
  close(): void;
}

/** Whom a transport tells what comes in. */
export interface TransportOwner {
  onMessage(message: Buffer): void;
  /** Something that was sent did not get there. */
  onSendError(): void;
}

/** Opens the way to a server. */
export type OpenTransport = (plan: NameserverPlan, owner: TransportOwner) => Transport;

/** By UDP or TCP, as the plan says. */
export const openTransport: OpenTransport = (plan, owner) =>
  plan.stream ? new StreamTransport(plan, owner) : new DatagramTransport(plan, owner);

class DatagramTransport implements Transport {
  private socket: DatagramSocket | null = null;
  private ready = false;
  private readonly pending: Buffer[] = [];
  private queries = 0;
  private readonly former = new Set<DatagramSocket>();

  constructor(
    private readonly plan: NameserverPlan,
    private readonly owner: TransportOwner,
  ) {}

  send(message: Buffer): boolean {
    if (this.ready && this.queries >= QUERIES_OF_PORT) this.retire();
    const socket = this.socket ?? this.open();
    this.queries++;
    if (this.ready) this.hand(socket, message);
    else if (this.pending.length < PENDING_MAX) this.pending.push(message);
    else return false;
    return true;
  }

  close(): void {
    for (const socket of [this.socket, ...this.former]) socket?.close();
    this.former.clear();
    this.socket = null;
    this.ready = false;
  }

  /** Connected, it hears nobody else, and learns when nobody listens there. */
  private open(): DatagramSocket {
    const { address } = this.plan;
    const socket = createSocket(address.family === 'ipv6' ? 'udp6' : 'udp4').unref();
    socket.on('message', (message) => this.owner.onMessage(message));
    socket.on('error', (error) => this.onError(socket, error));
    socket.on('connect', () => this.onReady(socket));
    if (address.family !== 'unix') socket.connect(address.port, address.host);
    this.socket = socket;
    return socket;
  }

  private onReady(socket: DatagramSocket): void {
    if (socket !== this.socket) return;
    this.ready = true;
    for (const message of this.pending.splice(0)) this.hand(socket, message);
  }

  private hand(socket: DatagramSocket, message: Buffer): void {
    socket.send(message, (error) => {
      if (error !== null) this.onError(socket, error);
    });
  }

  /** That nobody listens there may change; what else there is may be mended by another socket. */
  private onError(socket: DatagramSocket, { code }: NodeJS.ErrnoException): void {
    this.owner.onSendError();
    if (socket === this.socket && !this.ready) this.pending.length = 0;
    if (socket === this.socket && code !== 'ECONNREFUSED') this.retire();
  }

  private retire(): void {
    const { socket } = this;
    this.socket = null;
    this.ready = false;
    this.queries = 0;
    if (socket === null) return;
    this.former.add(socket);
    setTimeout(() => {
      if (this.former.delete(socket)) socket.close();
    }, LINGER_MS).unref();
  }
}

/** Messages behind their lengths, on one connection that is opened again when it is needed. */
class StreamTransport implements Transport {
  private socket: Socket | null = null;
  private received: Buffer = Buffer.alloc(0);

  constructor(
    private readonly plan: NameserverPlan,
    private readonly owner: TransportOwner,
  ) {}

  send(message: Buffer): boolean {
    const socket = this.socket ?? this.open();
    if (socket.writableLength > PENDING_BYTES_MAX) return false;
    const length = Buffer.alloc(2);
    length.writeUInt16BE(message.length);
    socket.write(Buffer.concat([length, message]));
    return true;
  }

  close(): void {
    this.socket?.destroy();
    this.socket = null;
  }

  private open(): Socket {
    const { address } = this.plan;
    const where = address.family === 'unix' ? { path: address.path } : { host: address.host, port: address.port };
    const socket = createConnection({ ...where, noDelay: true }).unref();
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    socket.on('data', (chunk) => this.onData(chunk));
    socket.on('error', () => this.owner.onSendError());
    socket.on('close', () => {
      if (this.socket === socket) this.socket = null;
    });
    this.received = Buffer.alloc(0);
    this.socket = socket;
    return socket;
  }

  private onData(chunk: Buffer): void {
    this.received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk]);
    while (this.received.length >= 2) {
      const end = 2 + this.received.readUInt16BE(0);
      if (this.received.length < end) return;
      this.owner.onMessage(this.received.subarray(2, end));
      this.received = this.received.subarray(end);
    }
  }
}
