/**
 * The number by which entries of stick tables know a server, whatever its place and its id are (`server_key`): of its
 * name, so that clients stay with it when a reload puts others before it.
 */

const FNV_BASIS = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** FNV-1a of 32 bits; never 0, which stands for no server. */
export function serverKey(name: string): number {
  let hash = FNV_BASIS;
  for (const byte of Buffer.from(name, 'utf8')) hash = Math.imul(hash ^ byte, FNV_PRIME);
  return hash >>> 0 || 1;
}
