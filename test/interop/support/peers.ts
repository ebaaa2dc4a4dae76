/**
 * Clients and servers inside the test's own process, as plain sockets: who said what, how a
 * connection ended, and what is still open. Real programs are started by the harness instead.
 */
import { createHash } from 'node:crypto';
import { createServer, type NetConnectOpts, type Server, Socket } from 'node:net';
import type { EngineChoice } from '../../harness.js';
import { bothEngines } from '../../harness.js';

/** Bytes of the latest data that a peer keeps; digests and counts cover all of it. */
const KEPT_MAX = 1 << 16;

const openPeers = new Set<Peer>();
const openServers = new Set<TestServer>();

/** A test that takes longer waits for something that will not come. Tests take seconds. */
const TEST_MS_MAX = 60_000;

/** Declares a test for both engines; sockets opened in it are closed at its end, and its programs killed. */
export function interop(name: string, body: (engine: EngineChoice) => Promise<void>): void {
  bothEngines(name, (engine) => bounded(body(engine)).finally(closeAll));
}

/** Rejects when the test hangs, saying what is open. */
function bounded(test: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      const open = [...openPeers].map((peer) => `${peer.bytes} bytes heard, end ${peer.sawEnd}, error "${peer.error}"`);
      reject(new Error(`not over after ${TEST_MS_MAX} ms; open connections: ${open.slice(0, 10).join('; ')}`));
    }, TEST_MS_MAX);
    test.then(resolve, reject).finally(() => clearTimeout(late));
  });
}

/** Destroys every peer and closes every server of this file. */
export async function closeAll(): Promise<void> {
  const servers = [...openServers];
  for (const peer of [...openPeers]) peer.socket.destroy();
  await Promise.all(servers.map((server) => server.close()));
}

/** One end of a connection. It stays half-open until somebody ends or destroys it. */
export class Peer {
  /** The latest data received, as text. */
  heard = '';
  /** Bytes received. */
  bytes = 0;
  /** The peer's end of stream was seen. */
  sawEnd = false;
  /** The code of the error it met, as ECONNRESET. */
  error = '';
  /** Resolves with how the connection ended for this side: an error's code, or 'end'. */
  readonly closed: Promise<string>;
  private readonly hash = createHash('sha256');
  private readonly waiting = new Set<() => void>();

  constructor(readonly socket: Socket) {
    openPeers.add(this);
    socket.on('data', (chunk: Buffer) => this.onData(chunk));
    socket.once('end', () => {
      this.sawEnd = true;
      this.look();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.error = error.code ?? error.message;
    });
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        openPeers.delete(this);
        this.look();
        resolve(this.error || 'end');
      });
    });
  }

  /** The sha256 of all that was received; ends the digest. */
  digest(): string {
    return this.hash.digest('hex');
  }

  /** Resolves when this text has arrived; rejects when the stream ends before. */
  hears(text: string): Promise<void> {
    return this.until(`"${text}"`, () => this.heard.includes(text));
  }

  /** Resolves when so many bytes have arrived; rejects when the stream ends before. */
  receives(bytes: number): Promise<void> {
    return this.until(`${bytes} bytes`, () => this.bytes >= bytes);
  }

  /** Resolves when the end of the stream has arrived; rejects when it fails. */
  hearsEnd(): Promise<void> {
    return this.until('the end of the stream', () => this.sawEnd);
  }

  /** Ends its own stream once the other end has; resolves as `closed`. */
  over(): Promise<string> {
    if (this.sawEnd) this.socket.end();
    else this.socket.once('end', () => this.socket.end());
    return this.closed;
  }

  /** Says something and resolves when the other end has repeated it. */
  async echoes(text: string): Promise<void> {
    this.heard = '';
    this.socket.write(text);
    await this.hears(text);
  }

  private until(what: string, condition: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const met = condition();
        if (!met && !this.sawEnd && !this.socket.destroyed) return;
        this.waiting.delete(look);
        if (met) resolve();
        else reject(new Error(`${what} did not arrive: ${this.error || 'end of stream'} after ${this.bytes} bytes`));
      };
      this.waiting.add(look);
      look();
    });
  }

  private onData(chunk: Buffer): void {
    this.bytes += chunk.length;
    this.hash.update(chunk);
    this.heard = (this.heard + chunk.toString('latin1')).slice(-KEPT_MAX);
    this.look();
  }

  private look(): void {
    for (const look of [...this.waiting]) look();
  }
}

/** Where to connect to: a port of 127.0.0.1, the path of a UNIX socket, or everything else by name. */
export type Target = number | string | NetConnectOpts;

/** Connects; rejects with the error when that fails. */
export function dial(target: Target): Promise<Peer> {
  const socket = new Socket({ allowHalfOpen: true });
  const peer = new Peer(socket);
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(peer));
    // One that is reset at once was established before, even if nobody has looked in between.
    socket.once('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' ? resolve(peer) : reject(error)));
    if (typeof target === 'number') socket.connect(target, '127.0.0.1');
    else if (typeof target === 'string') socket.connect(target);
    else socket.connect(target);
  });
}

/** A server and the connections it got. */
export class TestServer {
  /** Connections accepted so far, in order. */
  readonly peers: Peer[] = [];
  /** Connections open now, and the most there ever were at once. */
  open = 0;
  openMost = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly server: Server,
    onPeer: (peer: Peer, server: TestServer) => void,
  ) {
    openServers.add(this);
    server.on('connection', (socket: Socket) => {
      const peer = new Peer(socket);
      this.count(peer);
      this.peers.push(peer);
      onPeer(peer, this);
      for (const resolve of this.waiting.splice(0)) resolve();
    });
  }

  /** The TCP port; 0 for a UNIX socket. */
  get port(): number {
    const address = this.server.address();
    return address !== null && typeof address === 'object' ? address.port : 0;
  }

  /** Its address on 127.0.0.1, as `--server` takes it. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Resolves with connection number `nth`, from 0, when it is there. */
  async peer(nth: number): Promise<Peer> {
    while (this.peers.length <= nth) await new Promise<void>((resolve) => this.waiting.push(resolve));
    return this.peers[nth];
  }

  /** Stops listening and destroys its connections. */
  async close(): Promise<void> {
    openServers.delete(this);
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const peer of this.peers) peer.socket.destroy();
    await closed;
  }

  private count(peer: Peer): void {
    this.open++;
    this.openMost = Math.max(this.openMost, this.open);
    let counted = true;
    const leave = (): void => {
      if (counted) this.open--;
      counted = false;
    };
    peer.socket.once('end', leave).once('close', leave);
  }
}

/** Listens on a port of its own, on `host` or on the UNIX socket `path`. */
export async function serve(
  onPeer: (peer: Peer, server: TestServer) => void,
  where: { readonly host?: string; readonly path?: string; readonly port?: number } = {},
): Promise<TestServer> {
  const { host = '127.0.0.1', path, port = 0 } = where;
  const listener = createServer({ allowHalfOpen: true });
  const server = new TestServer(listener, onPeer);
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    const options = { backlog: 4096 };
    if (path === undefined) listener.listen({ ...options, port, host }, resolve);
    else listener.listen({ ...options, path }, resolve);
  });
  return server;
}

/** Says nothing, does nothing, and listens. */
export function silent(): void {
  // What it hears, a peer keeps by itself.
}

/** Repeats what it hears, and ends when it hears the end. */
export function echo(peer: Peer): void {
  peer.socket.pipe(peer.socket);
}

/** Says the name at once, then echoes: clients see which server they got. */
export function named(name: string): (peer: Peer) => void {
  return (peer) => {
    peer.socket.write(`${name}\n`);
    echo(peer);
  };
}
