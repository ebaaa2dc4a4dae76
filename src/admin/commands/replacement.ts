/** The command by which another process takes the listening sockets over (`-x`, `expose-fd listeners`). */
import { setTimeout as delay } from 'node:timers/promises';
import { sendDescriptors } from '../../kernel/descriptor-passing.js';
import { EAGAIN } from '../../kernel/sys/constants.js';
import { handOverMessages, WORKERS_WORD } from '../../master/listeners/handed-listeners.js';
import type { Command, CommandCall } from '../command.js';

/** Between two attempts to send what the other process has no room for yet, in milliseconds. */
const PAUSE_MS = 10;

/** The commands of this file. */
export const REPLACEMENT_COMMANDS: readonly Command[] = [
  { name: '_getsocks', usage: '', help: null, level: 'admin', run: getSockets },
];

/** What the other process answers to each message is not awaited: it takes them in order, in any case. */
async function getSockets({ balancer, session, words }: CommandCall): Promise<string> {
  session.ended = true;
  if (session.descriptor < 0) return '';
  const [word, workers] = words;
  const kept = word === WORKERS_WORD && Number(workers) > 0 ? Number(workers) : null;
  for (const { bytes, descriptors } of handOverMessages(balancer.handOver(kept)))
    if (!(await sendWhole(session.descriptor, bytes, descriptors, session.timeoutMs))) break;
  return '';
}

/** False when the other process has gone, or takes nothing for that long. */
async function sendWhole(fd: number, bytes: Uint8Array, descriptors: readonly number[], timeoutMs: number): Promise<boolean> {
  let left = bytes;
  let passing = descriptors;
  for (let waitedMs = 0; waitedMs < timeoutMs; waitedMs += PAUSE_MS) {
    const sent = sendDescriptors(fd, left, passing);
    if (sent === left.length) return true;
    if (sent < 0 && sent !== -EAGAIN) return false;
    if (sent > 0) {
      left = left.subarray(sent);
      passing = []; // they went with the first bytes
    }
    await delay(PAUSE_MS);
  }
  return false;
}
