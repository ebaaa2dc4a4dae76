/** Asks a kernel which io_uring operations it knows (IORING_REGISTER_PROBE, io_uring_register(2)). */
import { SystemCallError } from '../errno.js';
import {
  IO_URING_OP_SUPPORTED,
  IORING_OP_ACCEPT,
  IORING_OP_ASYNC_CANCEL,
  IORING_OP_CLOSE,
  IORING_OP_CONNECT,
  IORING_OP_POLL_ADD,
  IORING_OP_RECV,
  IORING_OP_SEND,
  IORING_REGISTER_PROBE,
} from '../sys/constants.js';
import { allocate } from '../sys/memory.js';
import { Ring } from './ring.js';

/** Every operation that `engine.ts` submits. */
const NEEDED = {
  poll: IORING_OP_POLL_ADD,
  accept: IORING_OP_ACCEPT,
  cancel: IORING_OP_ASYNC_CANCEL,
  connect: IORING_OP_CONNECT,
  close: IORING_OP_CLOSE,
  send: IORING_OP_SEND,
  receive: IORING_OP_RECV,
} as const;

/** struct io_uring_probe and io_uring_probe_op, in bytes: a header, then one entry for each operation. */
export const PROBE_HEADER = 16;
export const PROBE_ENTRY = 8;
export const PROBE_ENTRY_FLAGS = 2;
const PROBE_ENTRIES = 256;

/** The names of needed operations that this kernel lacks. Throws SystemCallError when it refuses a ring. */
export function missingOperations(): string[] {
  const ring = new Ring(8, 16);
  const probe = allocate(PROBE_HEADER + PROBE_ENTRIES * PROBE_ENTRY);
  const result = ring.register(IORING_REGISTER_PROBE, probe.address, PROBE_ENTRIES);
  const supported = (operation: number): boolean =>
    (probe.view.getUint16(PROBE_HEADER + operation * PROBE_ENTRY + PROBE_ENTRY_FLAGS, true) & IO_URING_OP_SUPPORTED) !== 0;
  const missing = Object.entries(NEEDED).filter(([, operation]) => !supported(operation));
  probe.unmap();
  ring.close();
  if (result < 0) throw new SystemCallError('io_uring_register(PROBE)', result);
  return missing.map(([name]) => name);
}
