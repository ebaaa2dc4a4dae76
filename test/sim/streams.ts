/**
 * The byte streams of the simulation. Every stream has a number that its first two bytes tell, and
 * every byte after them follows from that number and its place: whoever receives a stream knows
 * after two bytes whose it is and what must come, so that a lost, doubled, moved or foreign byte
 * shows at once.
 */
import { Violation } from './violation.js';

/** The byte of stream `id` at `position`. */
export function streamByte(id: number, position: number): number {
  if (position === 0) return id >> 8;
  if (position === 1) return id & 0xff;
  return Math.imul(Math.imul(position, 0x9e37_79b1) ^ id, 0x85eb_ca6b) >>> 24;
}

/** Fills `bytes` with what stream `id` has from `position` on. */
export function fillFromStream(bytes: Uint8Array, id: number, position: number): void {
  for (let i = 0; i < bytes.length; i++) bytes[i] = streamByte(id, position + i);
}

/** Holds what arrives against what the stream that it belongs to must bring. */
export class StreamReader {
  /** Bytes that arrived. */
  position = 0;
  /** The number of the stream, or -1 before two bytes have arrived. */
  id = -1;
  private first = 0;

  /** Takes the next bytes. Throws Violation at the first one that is not the right one. */
  take(bytes: Uint8Array): void {
    for (const byte of bytes) this.takeByte(byte);
  }

  private takeByte(byte: number): void {
    const position = this.position++;
    if (position === 0) this.first = byte;
    else if (position === 1) this.id = (this.first << 8) | byte;
    else if (byte !== streamByte(this.id, position))
      throw new Violation(`byte ${position} of stream ${this.id} arrived as ${byte}, not ${streamByte(this.id, position)}`);
  }
}
