/**
 * The number by which entries of stick tables know a server, whatever its place and its id are (`server_key`): of its
 * name, so that clients stay with it when a reload puts others before it.
 */
import { fnv1a } from './fnv.js';

/** 32 bits, unsigned; never 0, which stands for no server. */
export function serverKey(name: string): number {
  const bytes = Buffer.from(name, 'utf8');
  return fnv1a(bytes, bytes.length) >>> 0 || 1;
}
