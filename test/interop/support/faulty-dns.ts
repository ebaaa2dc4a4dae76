/** A DNS server of the test's own that knows one address and answers as it is told to, well or badly. */
import { createSocket, type Socket } from 'node:dgram';
import { decode, encode, type Packet } from 'dns-packet';

/** What it does with a query. */
export const DNS_FAULTS = ['silent', 'servfail', 'refused', 'empty', 'garbage', 'short', 'foreign', 'cut', 'loop'] as const;
/** One of them. */
export type DnsFault = (typeof DNS_FAULTS)[number];

const RESPONSE_FLAGS = 0x8180;
const SERVFAIL = 2;
const REFUSED = 5;
const TRUNCATED_FLAG = 0x0200;
/** Bytes of a header. */
const HEADER_BYTES = 12;

/** Listens on UDP, 127.0.0.1, until the process ends. */
export class FaultyDns {
  /** null: it answers every name with its address. */
  fault: DnsFault | null = null;
  /** Queries that have come. */
  asked = 0;

  private constructor(
    private readonly socket: Socket,
    private readonly address: string,
  ) {
    socket.on('message', (query, { port }) => {
      this.asked++;
      const answer = this.answerTo(query);
      if (answer !== null) socket.send(answer, port, '127.0.0.1');
    });
  }

  static async start(address: string): Promise<FaultyDns> {
    const socket = createSocket('udp4').unref();
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    return new FaultyDns(socket, address);
  }

  get port(): number {
    return this.socket.address().port;
  }

  private answerTo(query: Buffer): Buffer | null {
    const { id = 0, questions = [] } = decode(query);
    const [{ name, type }] = questions;
    const reply = (code: number, more: Partial<Packet> = {}): Buffer =>
      encode({ type: 'response', id, flags: RESPONSE_FLAGS | code, questions, ...more });
    const good = { answers: type === 'A' ? [{ type: 'A', name, ttl: 1, data: this.address } as const] : [] };
    switch (this.fault) {
      case null:
        return reply(0, good);
      case 'silent':
        return null;
      case 'servfail':
        return reply(SERVFAIL);
      case 'refused':
        return reply(REFUSED);
      case 'empty':
        return reply(0);
      case 'garbage': // behind the right id and counts, what follows is no name
        return Buffer.concat([reply(0, good).subarray(0, HEADER_BYTES), Buffer.alloc(64, 0xff)]);
      case 'short':
        return reply(0, good).subarray(0, HEADER_BYTES - 3);
      case 'foreign':
        return encode({ type: 'response', id: id ^ 1, flags: RESPONSE_FLAGS, questions, ...good });
      case 'cut':
        return reply(TRUNCATED_FLAG);
      case 'loop':
        return reply(0, { answers: [{ type: 'CNAME', name, ttl: 1, data: name }] });
    }
  }
}
