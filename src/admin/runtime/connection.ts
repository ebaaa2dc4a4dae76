/**
 * One connection to the runtime API: reads requests, has them answered one after the other, and
 * writes answers no faster than they are read. A client that is silent, or reads nothing, for as long
 * as `stats timeout` says is disconnected; a trickle of bytes that makes no line is silence. None has the
 * thread to itself, however much it asks: health checks and other clients come between.
 */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setImmediate as breathe } from 'node:timers/promises';
import { sendDescriptors } from '../../kernel/descriptor-passing.js';
import { HostAddress } from '../../kernel/host-address.js';
import { readProxyHeader } from '../../proxy/proxy-protocol.js';
import { type Answer, Message, type ProcessControl, type Reply, type RuntimeSession, replyText } from '../command.js';
import { isForWorker, masterPrompt } from '../master-cli.js';
import { type Request, RequestReader } from './requests.js';

/** Characters that are given to the socket at a time: a slow reader has the timeout for each. */
const PIECE_MAX = 64 * 1024;

/** How long one client may go on without a pause, in milliseconds: a check that is due waits no longer. */
const TURN_MS = 5;

/** Between two looks whether a client still waits for an answer that takes its time, in milliseconds. */
const LOOK_MS = 200;

/** Answers one request; `left` aborts when nobody waits for it. What it throws closes the connection. */
export type Respond = (request: Request, session: RuntimeSession, left: AbortSignal) => Answer;

/** What a connection needs to know beside its socket. */
export interface ConnectionOptions {
  readonly respond: Respond;
  /** Bytes of a line (`tune.bufsize`). */
  readonly lineMax: number;
  /** Milliseconds that the process has been running, for the prompt. */
  readonly uptimeMs: () => number;
  readonly control: ProcessControl;
  /** It begins with a PROXY header (`accept-proxy`), whose addresses nobody asks for here. */
  readonly acceptProxy?: boolean;
}

/** The peer is gone, or was silent for too long. */
class Disconnected extends Error {}

/** One connection. */
export class Connection {
  private readonly reader: RequestReader;
  private readonly leaving = new AbortController();
  /** The client sends no more. */
  private inputEnded = false;
  /** Written and not yet given to the socket: short answers go together. */
  private text = '';
  /** When others come next, as performance.now(). */
  private turnEndsAt = 0;
  /** The last request was answered with a text, or by a worker. */
  private answered = false;

  constructor(
    private readonly socket: Socket,
    private readonly session: RuntimeSession,
    private readonly options: ConnectionOptions,
  ) {
    this.reader = new RequestReader(options.lineMax);
    socket.once('end', () => {
      this.inputEnded = true;
    });
    socket.on('error', () => undefined); // the peer has left: told to whoever waits
  }

  /** Serves until the client or the last command ends it. What a command throws, it throws, disconnected. */
  async serve(): Promise<void> {
    try {
      if (this.options.acceptProxy !== true || (await this.skipProxyHeader())) while (await this.step());
      await this.flush();
      this.socket.end();
      this.socket.resume(); // what is still sent must not keep the socket open
      await this.closed();
    } catch (error) {
      if (!(error instanceof Disconnected)) throw error;
    } finally {
      this.leaving.abort();
      this.socket.destroy();
    }
  }

  /** The whole header has to be in what arrives first, as at a `bind`; false when it is not. */
  private async skipProxyHeader(): Promise<boolean> {
    const deadline = performance.now() + this.session.timeoutMs;
    for (;;) {
      const chunk = this.socket.read() as Buffer | null;
      if (chunk !== null) {
        const length = headerLength(chunk);
        if (length > 0) this.reader.add(chunk.subarray(length));
        return length > 0;
      }
      if (this.inputEnded) return false;
      await this.event(['readable', 'end'], deadline);
    }
  }

  /** Reads and answers one request; false when it was the last. */
  private async step(): Promise<boolean> {
    const { reader, session } = this;
    const request = reader.next();
    if (request === 'too long') return false;
    if (request === 'incomplete') return await this.receive();
    if (request !== 'payload') await this.answer(request);
    await this.write(this.prompt());
    await this.letOthers();
    if (session.ended) return false;
    return session.mode !== 'single' || reader.inPayload || !reader.isEmpty;
  }

  /** Waits for a whole line; false when none will come. */
  private async receive(): Promise<boolean> {
    await this.flush();
    const deadline = performance.now() + this.session.timeoutMs;
    for (;;) {
      const chunk = this.socket.read() as Buffer | null;
      if (chunk !== null) {
        this.reader.add(chunk);
        if (chunk.includes('\n') || !this.reader.hasRoom) return true;
      } else if (this.inputEnded) return false;
      else await this.event(['readable', 'end'], deadline);
    }
  }

  private async answer(request: Request): Promise<void> {
    this.answered = isForWorker(request.words, this.session);
    const answer = this.options.respond(request, this.session, this.leaving.signal);
    if (typeof answer === 'string' || answer instanceof Message) return await this.reply(answer);
    if (answer instanceof Promise) answer.catch(() => undefined); // it fails with nobody to hear it when the client has left
    await this.flush(); // it may take its time
    if (answer instanceof Promise) return await this.reply(await this.whileThere(answer));
    for await (const piece of answer) {
      await this.write(piece);
      await this.letOthers();
    }
  }

  /** Waits for an answer as long as somebody is there to hear it: a client that sends no more may still read. */
  private whileThere(answer: Promise<Reply>): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const look = setInterval(() => {
        if (!this.socket.destroyed && !hasLeft(this.socket)) return;
        this.leaving.abort(); // upon which the answer may fail: nobody hears it
        reject(new Disconnected());
      }, LOOK_MS);
      answer.then(resolve, reject).finally(() => clearInterval(look));
    });
  }

  /** Lets others have the thread when this client's turn is over. */
  private async letOthers(): Promise<void> {
    if (performance.now() < this.turnEndsAt) return;
    await breathe();
    this.turnEndsAt = performance.now() + TURN_MS;
  }

  private reply(reply: Reply): Promise<void> {
    return this.write(replyText(reply, this.session.severityOutput));
  }

  /** Takes a text for the client; resolves when there may be more. */
  private async write(text: string): Promise<void> {
    this.answered ||= text !== '';
    this.text += text;
    if (this.text.length >= PIECE_MAX) await this.flush();
  }

  /** Gives the socket what was written, as fast as it takes it. */
  private async flush(): Promise<void> {
    const { text } = this;
    this.text = '';
    for (let at = 0; at < text.length; at += PIECE_MAX) {
      if (this.socket.destroyed) throw new Disconnected();
      if (!this.socket.write(text.slice(at, at + PIECE_MAX)))
        await this.event(['drain'], performance.now() + this.session.timeoutMs);
    }
  }

  private prompt(): string {
    const { session, reader } = this;
    if (session.ended) return '';
    if (session.isMaster) return this.masterPrompt();
    if (session.mode !== 'prompt') return reader.inPayload ? '' : '\n';
    if (reader.inPayload) return '+ ';
    return session.timed ? `\n[${uptimeText(this.options.uptimeMs())}]> ` : '\n> ';
  }

  /** The master's socket has no empty line after a request to the master without an answer. */
  private masterPrompt(): string {
    const { session, reader, options, answered } = this;
    if (reader.inPayload) return session.mode === 'prompt' ? '+ ' : '';
    return `${answered ? '\n' : ''}${session.mode === 'prompt' ? masterPrompt(session, options.control) : ''}`;
  }

  /** Waits for one of some events. Throws Disconnected at the end of the socket or of the time. */
  private async event(names: readonly string[], deadline: number): Promise<void> {
    const ending = new AbortController();
    const { signal } = ending;
    const late = setTimeout(() => this.socket.destroy(), Math.max(0, deadline - performance.now()));
    try {
      await Promise.race([...names, 'close'].map((name) => once(this.socket, name, { signal })));
    } catch {
      throw new Disconnected(); // `once` rejects upon 'error': EPIPE, ECONNRESET
    } finally {
      clearTimeout(late);
      ending.abort();
    }
    if (this.socket.destroyed) throw new Disconnected();
  }

  private async closed(): Promise<void> {
    if (this.socket.closed) return;
    await this.event(['close'], performance.now() + this.session.timeoutMs);
  }
}

/** Both directions are closed. Node says so only of the one that is read; sending nothing fails when the other is, too. */
function hasLeft(socket: Socket): boolean {
  const fd = descriptorOf(socket);
  return fd >= 0 && sendDescriptors(fd, new Uint8Array(0), []) < 0;
}

/** Node has no public way to it; -1: it is closed. */
export function descriptorOf(socket: Socket): number {
  const { _handle: handle } = socket as unknown as { _handle: { fd?: number } | null };
  return handle?.fd ?? -1;
}

/** Bytes of the PROXY header that these begin with; negative when there is none. */
function headerLength(bytes: Buffer): number {
  const { length } = bytes;
  const read = (offset: number, count: number): string => bytes.toString('latin1', offset, offset + count);
  const view = { length, complete: true, read, byte: (offset: number) => bytes[offset] ?? -1 };
  const nobody = { source: new HostAddress(), destination: new HostAddress() };
  return readProxyHeader(view, { ...nobody, sourceKnown: false, destinationKnown: false });
}

/** `0:00:12:05`: days, hours, minutes, seconds. */
function uptimeText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const two = (value: number): string => String(value % 60).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  return `${Math.floor(hours / 24)}:${String(hours % 24).padStart(2, '0')}:${two(Math.floor(seconds / 60))}:${two(seconds)}`;
}
