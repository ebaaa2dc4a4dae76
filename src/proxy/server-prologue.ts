/**
 * What a connection to a server begins with, before anything of the client's: the header of the
 * PROXY protocol, in a buffer of the pool. Where no buffer is free, sessions wait in line; the pool
 * keeps some that only headers get, so that they cannot all be filled by slow peers.
 */
import { NO_BUFFER } from '../kernel/buffers.js';
import type { Decisions } from './dispatch.js';
import type { Lane } from './lane.js';
import { type HeaderForm, headerForm, ProxyHeaderWriter } from './proxy-header.js';
import type { Session } from './session.js';

/**
 * Buffers that each worker keeps for headers: as many are sent at once while all others are in use. They
 * are kept whatever the plan, since the next one may want them; unused memory costs nothing.
 */
export const HEADER_BUFFERS = 32;

/** Prepends headers in one worker. */
export class ServerPrologue {
  /** By backend, by server; null where nothing is sent. */
  private readonly forms: readonly (readonly (HeaderForm | null)[])[];
  private readonly writer: ProxyHeaderWriter;
  /** Connected, but without a buffer; first come, first served. At most one place for each session. */
  private readonly line: Session[] = [];

  constructor(
    private readonly lane: Lane,
    private readonly decisions: Decisions | null,
  ) {
    this.forms = lane.plan.backends.map(({ servers }) =>
      servers.map(({ sendProxy, proxyV2Options }) => (sendProxy === 0 ? null : headerForm(sendProxy, proxyV2Options))),
    );
    this.writer = new ProxyHeaderWriter(lane.engine.buffers);
  }

  /** Queues what the server gets first; false when that has to wait: `nextServed` will tell. */
  prepare(session: Session): boolean {
    const form = this.forms[session.backend][session.chosen];
    if (form === null) return true;
    if (this.line.length === 0 && this.prepend(session, form)) return true;
    this.line.push(session);
    return false;
  }

  /** The next session of the line for which a buffer was free; null when nobody else can go on. */
  nextServed(): Session | null {
    if (this.line.length === 0) return null;
    const [session] = this.line;
    const form = this.forms[session.backend][session.chosen];
    if (form !== null && !this.prepend(session, form)) return null;
    this.line.shift();
    return session;
  }

  /** The session is over. */
  forget(session: Session): void {
    if (this.line.length === 0) return;
    const at = this.line.indexOf(session);
    if (at >= 0) this.line.splice(at, 1);
  }

  /** Writes the header and puts it before what the client has sent already. */
  private prepend(session: Session, form: HeaderForm): boolean {
    const { engine } = this.lane;
    const { buffers } = engine;
    const { server } = session;
    const buffer = buffers.takeReserved();
    if (buffer === NO_BUFFER) return false;
    const id = form.uniqueId ? (this.decisions?.uniqueId(session) ?? '') : '';
    this.writer.write(buffer, form, session.readSource(engine), session.readDestination(engine), id);
    buffers.next[buffer] = server.head;
    server.head = buffer;
    if (server.tail === NO_BUFFER) server.tail = buffer;
    server.queued++;
    return true;
  }
}
