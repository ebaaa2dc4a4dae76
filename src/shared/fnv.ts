/** FNV-1a, a hash of few instructions for short keys. It is no secret: who chooses keys can choose collisions. */

const BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/** FNV-1a of 32 bits over the first bytes, as a signed number. */
export function fnv1a(bytes: Uint8Array, length: number): number {
  let hash = BASIS;
  for (let i = 0; i < length; i++) hash = Math.imul(hash ^ bytes[i], PRIME);
  return hash | 0;
}
