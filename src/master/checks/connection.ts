/**
 * One connection of a check: plain, or with TLS on top. Bytes come and go as they are; who uses it
 * hears of each event once and closes it. The handshake of TLS is Node's, over these sockets.
 */
import { Duplex } from 'node:stream';
import { type ConnectionOptions, checkServerIdentity, connect as connectTls, rootCertificates, type TLSSocket } from 'node:tls';
import type { SocketAddress } from '../../kernel/address.js';
import { mustWait, type PollHandler } from '../../kernel/poller.js';
import { ECONNRESET } from '../../kernel/sys/constants.js';
import type { SourcePlan, TlsVerifyPlan } from '../../plan/plan.js';
import type { CheckSockets } from './sockets.js';

/** TLS as a check uses it. */
export interface CheckTls {
  readonly verify: TlsVerifyPlan;
  readonly sni: string | null;
  readonly alpn: readonly string[];
}

/** How a connection is to be made. */
export interface ConnectionOptionsOfCheck {
  readonly address: SocketAddress;
  readonly source: SourcePlan | null;
  /** null: plain. */
  readonly tls: CheckTls | null;
  /** Goes before all else, TLS included; null: nothing. It is asked for once the connection is there. */
  readonly prologue: ((fd: number) => Uint8Array) | null;
  /** Nothing will be sent. */
  readonly brief: boolean;
  /** It is closed in order, as one with TLS is anyway. */
  readonly linger: boolean;
}

/** Who uses a connection. After `close` it hears no more. */
export interface ConnectionUser {
  /** It is connected, and the handshake of TLS is over. */
  onConnected(): void;
  onData(data: Buffer): void;
  /** The peer has ended its stream. */
  onEnd(): void;
  /** The system says so, by a positive errno. */
  onFailure(errno: number): void;
  /**
   * The handshake of TLS has failed; `errno` is what the system said of the connection, 0: nothing.
   * @param name which one the certificate is not for: the SNI (`expected`) or that of `verifyhost`; null: it is another failure
   */
  onHandshakeFailure(errno: number, name: 'expected' | 'configured' | null): void;
}

const NOTHING = new Uint8Array(0);

/** Bytes taken from a socket in one look: a flood must leave the others their turn. */
const RECEIVE_MAX = 65_000;

/** A connection, from its first packet to `close`. */
export class CheckConnection implements PollHandler {
  /** The transport is connected; TLS may not be. */
  established = false;
  private fd = -1;
  private unsent: Uint8Array = NOTHING;
  private sentOfUnsent = 0;
  private tls: TLSSocket | null = null;
  private stream: Duplex | null = null;
  /** The handshake of TLS is over. */
  private secure = false;
  private closed = false;
  /** It is broken, so the system says; 0: it is not known to be. */
  private errno = 0;

  constructor(
    private readonly sockets: CheckSockets,
    private readonly options: ConnectionOptionsOfCheck,
    private readonly user: ConnectionUser,
  ) {}

  /** Begins; 0, or the errno of what failed at once. */
  open(): number {
    const { address, source, brief } = this.options;
    const fd = this.sockets.connect(address, source, brief, this);
    if (fd < 0) return -fd;
    this.fd = fd;
    return 0;
  }

  /** Sends all of it, in its turn. */
  send(bytes: Uint8Array): void {
    if (this.tls !== null) this.tls.write(bytes);
    else this.write(bytes);
  }

  /** Ends the connection; nothing is heard of it any more. */
  close(): void {
    if (this.closed) return;
    const inOrder = this.secure && this.errno === 0;
    if (inOrder) this.tls?.end(); // close_notify: without it, servers note that the stream was cut off
    this.closed = true;
    this.tls?.destroy();
    this.stream?.destroy();
    if (this.fd >= 0) this.sockets.system.close(this.fd, !inOrder && !this.options.linger);
    this.fd = -1;
  }

  onReady(readable: boolean, writable: boolean, failed: boolean): void {
    if (!this.established && !this.establish(failed)) return;
    if (writable) this.flush();
    if (readable && !this.closed) this.receive();
  }

  private establish(failed: boolean): boolean {
    const errno = failed ? this.sockets.system.failure(this.fd) : 0;
    if (errno !== 0 && errno !== ECONNRESET) {
      this.user.onFailure(errno);
      return false;
    }
    this.established = true;
    this.errno = errno;
    const { prologue, tls } = this.options;
    if (prologue !== null) this.write(prologue(this.fd));
    if (tls === null) this.user.onConnected();
    else this.beginTls(tls);
    // Only a server that had accepted can reset: it is the connection that has failed, and it may have answered before.
    if (errno !== 0 && !this.closed) this.receive();
    return errno === 0 && !this.closed;
  }

  private receive(): void {
    let left = RECEIVE_MAX;
    while (left > 0 && !this.closed) {
      const data = this.sockets.system.receive(this.fd, left);
      if (typeof data === 'number') {
        if (!mustWait(data)) this.ended(data === 0 ? this.errno : -data);
        return;
      }
      left -= data.length;
      if (this.stream === null) this.user.onData(data);
      else this.stream.push(data);
    }
    // What is left is not told again.
    if (!this.closed) setImmediate(() => !this.closed && this.receive());
  }

  private ended(errno: number): void {
    this.errno = errno;
    if (this.stream !== null) this.stream.push(null);
    else if (errno === 0) this.user.onEnd();
    else this.user.onFailure(errno);
  }

  private write(bytes: Uint8Array): void {
    const left = this.unsent.subarray(this.sentOfUnsent);
    this.unsent = left.length === 0 ? bytes : Buffer.concat([left, bytes]);
    this.sentOfUnsent = 0;
    if (this.established) this.flush();
  }

  private flush(): void {
    while (this.sentOfUnsent < this.unsent.length && !this.closed && this.errno === 0) {
      const sent = this.sockets.system.send(this.fd, this.unsent, this.sentOfUnsent);
      if (sent >= 0) this.sentOfUnsent += sent;
      else {
        if (!mustWait(sent)) this.ended(-sent);
        return;
      }
    }
  }

  private beginTls({ verify, sni, alpn }: CheckTls): void {
    this.stream = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        if (!this.closed) this.write(chunk);
        done();
      },
    });
    this.stream.on('error', () => undefined);
    const tls = connectTls({ ...tlsOptions(verify, sni, alpn), socket: this.stream });
    this.tls = tls;
    const failed = (error?: NodeJS.ErrnoException): void => {
      if (this.closed) return;
      if (this.secure && this.errno !== 0) this.user.onFailure(this.errno);
      else if (this.secure) this.user.onEnd();
      else {
        const wrongName = error?.code === 'ERR_TLS_CERT_ALTNAME_INVALID';
        this.user.onHandshakeFailure(this.errno, wrongName ? (sni === null ? 'configured' : 'expected') : null);
      }
    };
    tls.on('secureConnect', () => {
      this.secure = true;
      if (!this.closed) this.user.onConnected();
    });
    tls.on('data', (data: Buffer) => {
      if (!this.closed) this.user.onData(data);
    });
    tls.on('error', failed);
    for (const event of ['end', 'close']) tls.on(event, () => failed());
  }
}

/** The certificate has to be for the SNI, or else for the name that `verifyhost` says; for any where there is neither. */
function tlsOptions({ verify, host, ca }: TlsVerifyPlan, sni: string | null, alpn: readonly string[]): ConnectionOptions {
  const name = sni ?? host;
  return {
    rejectUnauthorized: verify === 'required',
    ...(ca !== null && { ca: ca === 'system' ? [...rootCertificates] : ca }),
    ...(sni !== null && { servername: sni }),
    ...(alpn.length > 0 && { ALPNProtocols: [...alpn] }),
    checkServerIdentity: (_, certificate) => (name === null ? undefined : checkServerIdentity(name, certificate)),
  };
}
