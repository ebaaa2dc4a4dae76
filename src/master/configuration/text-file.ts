/** Texts that a configuration consists of or names: files, and pipes, up to a size that none of them has. */

import { closeSync, openSync, readSync } from 'node:fs';
import { constants } from 'node:os';

/** Bytes; a file of 100,000 lines has some ten millions. What is longer is a device, or a mistake. */
export const TEXT_BYTES_MAX = 256 * 1024 * 1024;
const CHUNK = 1024 * 1024;

/** The whole text, in UTF-8. Throws the system's error, and one with the code EFBIG for what is too long. */
export function readTextFile(path: string): string {
  const fd = openSync(path, 'r');
  try {
    const chunks: Buffer[] = [];
    for (let total = 0; ; ) {
      const chunk = Buffer.allocUnsafe(CHUNK);
      const count = readSync(fd, chunk);
      if (count === 0) return Buffer.concat(chunks).toString('utf8');
      chunks.push(chunk.subarray(0, count));
      total += count;
      if (total > TEXT_BYTES_MAX) throw tooLarge(path);
    }
  } finally {
    closeSync(fd);
  }
}

function tooLarge(path: string): Error {
  return Object.assign(new Error(`EFBIG: file too large, read '${path}'`), { code: 'EFBIG', errno: -constants.errno.EFBIG });
}
