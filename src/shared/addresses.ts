/**
 * Where servers are at the moment, for those whose address has changed since the plan was made: by
 * DNS, by an operator, by a state file. One row for each server, which the master alone writes; a
 * worker compares the number of the row with that of its own copy at each connection, and reads the
 * row only when they differ. Servers on UNIX sockets stay where the plan says.
 */
import { FAMILY_IPV4, FAMILY_IPV6, HostAddress } from '../kernel/host-address.js';

/** Words of a row: one cache line. */
const ROW_WORDS = 16;
/**
 * How often the row was written, times two; odd while it is being written; 0: never, the plan holds.
 * It may wrap: a reader would have to sleep through 2^31 changes.
 */
const SEQUENCE = 0;
const FAMILY = 1;
const PORT = 2;
/** The port of a connection is that of the client and PORT, which is an offset. */
const MAPS_PORT = 3;
/** Four words in network order. */
const HOST = 4;

/** The row of a server: an address, and how to read its port. */
export class ServerAddressRow {
  readonly address = new HostAddress();
  /** `address.port` is added to the port that the client connected to. */
  mapsPort = false;
}

/** The rows of all servers. */
export class ServerAddressTable {
  private readonly words: Int32Array;
  /** The row of each backend's first server. */
  private readonly firsts: readonly number[];

  static create(backendSizes: readonly number[]): SharedArrayBuffer {
    return new SharedArrayBuffer(backendSizes.reduce((sum, size) => sum + size, 0) * ROW_WORDS * 4);
  }

  constructor(buffer: SharedArrayBuffer, backendSizes: readonly number[]) {
    this.words = new Int32Array(buffer);
    let first = 0;
    this.firsts = backendSizes.map((size) => {
      first += size;
      return first - size;
    });
  }

  /** Another number after each change of the address; 0: there was none, the plan's address holds. */
  sequence(backend: number, server: number): number {
    return Atomics.load(this.words, this.at(backend, server) + SEQUENCE);
  }

  /** Writes a row. For the master alone. */
  write(backend: number, server: number, { address, mapsPort }: ServerAddressRow): void {
    const at = this.at(backend, server);
    Atomics.add(this.words, at + SEQUENCE, 1);
    Atomics.store(this.words, at + FAMILY, address.family);
    Atomics.store(this.words, at + PORT, address.port);
    Atomics.store(this.words, at + MAPS_PORT, mapsPort ? 1 : 0);
    Atomics.store(this.words, at + HOST, address.word0);
    Atomics.store(this.words, at + HOST + 1, address.word1);
    Atomics.store(this.words, at + HOST + 2, address.word2);
    Atomics.store(this.words, at + HOST + 3, address.word3);
    Atomics.add(this.words, at + SEQUENCE, 1);
  }

  /**
   * Reads a row as it was at one moment, and answers the number it had then. The master is never in
   * the middle of writing for longer than it takes to store eight words, so nobody waits for long.
   */
  read(backend: number, server: number, into: ServerAddressRow): number {
    const at = this.at(backend, server);
    for (;;) {
      const sequence = Atomics.load(this.words, at + SEQUENCE);
      if ((sequence & 1) !== 0) continue;
      this.copy(at, into);
      if (Atomics.load(this.words, at + SEQUENCE) === sequence) return sequence;
    }
  }

  /** No function in it captures anything: that would cost an object a call. */
  private copy(at: number, into: ServerAddressRow): void {
    const { words } = this;
    const family = Atomics.load(words, at + FAMILY);
    const port = Atomics.load(words, at + PORT);
    const word0 = Atomics.load(words, at + HOST);
    const word1 = Atomics.load(words, at + HOST + 1);
    const word2 = Atomics.load(words, at + HOST + 2);
    const word3 = Atomics.load(words, at + HOST + 3);
    into.mapsPort = Atomics.load(words, at + MAPS_PORT) !== 0;
    if (family === FAMILY_IPV6) into.address.setIpv6(word0, word1, word2, word3, port);
    else if (family === FAMILY_IPV4) into.address.setIpv4(word0, port);
    else into.address.clear();
  }

  private at(backend: number, server: number): number {
    return (this.firsts[backend] + server) * ROW_WORDS;
  }
}
