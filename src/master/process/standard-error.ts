/**
 * Standard error of a process that has more to do than to speak: a disk that is full, or a reader that is gone, loses
 * what is said and ends nothing. Node's own stream would end the process, and never write again to a disk that has
 * room once more. A pipe that nobody empties is waited for at the end; until then what it is told is kept, up to a bound.
 */
import { fstatSync, writeSync } from 'node:fs';

const STDERR = 2;
/** Bytes that wait for a reader, at most: more than a file of ten thousand mistakes has. What is said beyond is lost. */
const PENDING_MAX = 16 * 1024 * 1024;

/** Whether it is a file or a device, which is written to directly; terminals, pipes and sockets are Node's to write to. */
function isFile(): boolean {
  const stat = fstatSync(STDERR);
  return stat.isFile() || (stat.isCharacterDevice() && !process.stderr.isTTY);
}

function writeFile(text: string): void {
  try {
    for (let rest = Buffer.from(text); rest.length > 0; ) rest = rest.subarray(writeSync(STDERR, rest));
  } catch {
    // There is no other place to say it; what matters is in the logs of `global`, too.
  }
}

let write: ((text: string) => void) | null = null;
/** Node's stream, where it is the one that writes. */
let stream: NodeJS.WriteStream | null = null;

/** What is said on standard error, now or never. */
export const STANDARD_ERROR = {
  get isTTY(): boolean {
    return process.stderr.isTTY === true;
  },
  write(text: string): void {
    write ??= open();
    write(text);
  },
  /** Resolves when the reader has taken everything, or is gone: a process that ends before forgets what a pipe had no room for. */
  async written(): Promise<void> {
    if (stream !== null) await written(stream);
  },
};

/** Resolves when a stream has written what it was given, or has failed and said so. */
export async function written(to: NodeJS.WriteStream): Promise<void> {
  await new Promise((resolve) => to.write('', resolve));
  await new Promise(setImmediate); // a failure is told to who wrote first, and then to who listens
}

function open(): (text: string) => void {
  if (isFile()) return writeFile;
  const { stderr } = process;
  stderr.on('error', () => undefined); // nobody reads any more, and nobody will
  stream = stderr;
  return (text) => {
    if (stderr.writableLength < PENDING_MAX) stderr.write(text);
  };
}
