/**
 * A value that many threads are to get, as bytes in shared memory: written once, read by each. What
 * goes along with a message itself is copied by the sender for every receiver, which for the Plan of
 * a large configuration holds up the master for a second.
 */
import { deserialize, serialize } from 'node:v8';

/** Writes a structured-cloneable value. Throws for what is none (functions). */
export function writeShared(value: unknown): SharedArrayBuffer {
  const bytes = serialize(value);
  const buffer = new SharedArrayBuffer(bytes.length);
  new Uint8Array(buffer).set(bytes);
  return buffer;
}

/** A copy of the value that was written, of the reader's own. */
export function readShared<T>(buffer: SharedArrayBuffer): T {
  return deserialize(new Uint8Array(buffer)) as T;
}
