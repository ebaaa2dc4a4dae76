/**
 * What serving in turn keeps between choices, of one kind of servers (active or backup), in shared
 * memory; read and written under the group's lock only. The rules are in proxy/balance/roundrobin.ts.
 */
import { GROUP, GROUP_WORDS, ROTATION_WORDS, SERVER, SERVER_WORDS } from './server-layout.js';

const POSITION = 0;
const CURRENT_WEIGHT = 1;
const NEXT_WEIGHT = 2;
const SWAPPED = 3;

/** The turn of the servers of one kind. */
export class Rotation {
  private readonly at: number;

  /** @param kind 0: active servers, 1: backups */
  constructor(
    private readonly words: Int32Array,
    private readonly base: number,
    private readonly kind: number,
  ) {
    this.at = base + GROUP.rotations + kind * ROTATION_WORDS;
  }

  /** The heap of servers that take part in this round. */
  get current(): number {
    return 3 * this.kind;
  }

  /** The heap of servers that join this round at its first gap. */
  get joining(): number {
    return 3 * this.kind + 1 + this.words[this.at + SWAPPED];
  }

  /** The heap of servers that wait for the next round. */
  get waiting(): number {
    return 3 * this.kind + 2 - this.words[this.at + SWAPPED];
  }

  /** Those that waited join now. */
  swap(): void {
    this.words[this.at + SWAPPED] ^= 1;
  }

  /** The choice that is to be made, counted from the sum of weights of the round. */
  get position(): number {
    return this.words[this.at + POSITION];
  }

  set position(position: number) {
    this.words[this.at + POSITION] = position;
  }

  /** The sum of weights when the round began. */
  get currentWeight(): number {
    return this.words[this.at + CURRENT_WEIGHT];
  }

  set currentWeight(weight: number) {
    this.words[this.at + CURRENT_WEIGHT] = weight;
  }

  /** The sum of weights now. */
  get nextWeight(): number {
    return this.words[this.at + NEXT_WEIGHT];
  }

  set nextWeight(weight: number) {
    this.words[this.at + NEXT_WEIGHT] = weight;
  }

  private of(server: number): number {
    return this.base + GROUP_WORDS + server * SERVER_WORDS;
  }

  /** The position at which a server is due; 0: it has none. */
  due(server: number): number {
    return this.words[this.of(server) + SERVER.position];
  }

  /** What the whole number of positions leaves out, in fractions of one by the server's weight. */
  remainder(server: number): number {
    return this.words[this.of(server) + SERVER.remainder];
  }

  setDue(server: number, position: number, remainder: number): void {
    this.words[this.of(server) + SERVER.position] = position;
    this.words[this.of(server) + SERVER.remainder] = remainder;
  }

  /** The position at which it was due before. */
  dueBefore(server: number): number {
    return this.words[this.of(server) + SERVER.lastPosition];
  }

  setDueBefore(server: number, position: number): void {
    this.words[this.of(server) + SERVER.lastPosition] = position;
  }
}
