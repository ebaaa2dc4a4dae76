/**
 * Where the kernel sends new connections to an address at which several sockets listen (SO_REUSEPORT,
 * socket(7)), of whatever process, so that some of them can be closed without a loss: others are chosen,
 * and those that leave answer nobody who is new, while handshakes that are under way come to their end.
 * When that is due, listeners.ts of the master knows.
 */
import { attachProgram, detachProgram, type Instruction } from './socket-options.js';
import {
  BPF_A,
  BPF_ABS,
  BPF_ADD,
  BPF_ALU,
  BPF_AND,
  BPF_B,
  BPF_JEQ,
  BPF_JMP,
  BPF_K,
  BPF_LD,
  BPF_MOD,
  BPF_RET,
  BPF_W,
  SKF_AD_OFF,
  SKF_AD_RANDOM,
  SO_ATTACH_FILTER,
  SO_ATTACH_REUSEPORT_CBPF,
  SO_DETACH_FILTER,
  SO_DETACH_REUSEPORT_BPF,
  SOL_SOCKET,
} from './sys/constants.js';

/** The byte of a TCP header with its flags, and those of a first segment among them (RFC 9293, section 3.1). */
const FLAGS_AT = 13;
const SYN = 0x02;
const ACK = 0x10;
const WHOLE = 0xffff_ffff;
const NOTHING = 0;

/**
 * New connections come to so many sockets of the address of this one, from the socket of that number on, as
 * they happened to bind it, until `spread`. Numbers that no socket has are no choice: the kernel chooses
 * then. 0, or the `-errno` of what was refused.
 */
export function steer(fd: number, first: number, count: number): number {
  const program: Instruction[] = [
    [BPF_LD | BPF_W | BPF_ABS, 0, 0, (SKF_AD_OFF + SKF_AD_RANDOM) >>> 0],
    [BPF_ALU | BPF_MOD | BPF_K, 0, 0, count],
    [BPF_ALU | BPF_ADD | BPF_K, 0, 0, first],
    [BPF_RET | BPF_A, 0, 0, 0],
  ];
  return attachProgram(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, program);
}

/** Spreads new connections over all sockets of the address again; 0 or `-errno`. */
export function spread(fd: number): number {
  return detachProgram(fd, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF);
}

/**
 * A listening socket drops what begins a connection: who does not know of it asks again a second later, and
 * may be answered by another socket then. Handshakes under way go on. 0, or `-errno`.
 */
export function turnAway(fd: number): number {
  const program: Instruction[] = [
    [BPF_LD | BPF_B | BPF_ABS, 0, 0, FLAGS_AT],
    [BPF_ALU | BPF_AND | BPF_K, 0, 0, SYN | ACK],
    [BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYN],
    [BPF_RET | BPF_K, 0, 0, NOTHING],
    [BPF_RET | BPF_K, 0, 0, WHOLE],
  ];
  return attachProgram(fd, SOL_SOCKET, SO_ATTACH_FILTER, program);
}

/** Answers again; 0, or `-errno`. */
export function turnTo(fd: number): number {
  return detachProgram(fd, SOL_SOCKET, SO_DETACH_FILTER);
}
