/**
 * What a socket towards a server gets beside TCP_NODELAY: options and a source address, laid out
 * once in memory that the kernel can read, so that opening a connection costs one call for each of
 * them and nothing for a server that asks for nothing.
 */
import { type EncodedAddress, type SocketAddress, sockaddrBytes } from './address.js';
import {
  AF_INET,
  AF_INET6,
  IP_BIND_ADDRESS_NO_PORT,
  IPPROTO_IP,
  IPPROTO_TCP,
  SO_BINDTODEVICE,
  SO_KEEPALIVE,
  SO_RCVBUF,
  SO_REUSEADDR,
  SO_SNDBUF,
  SOL_SOCKET,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_USER_TIMEOUT,
} from './sys/constants.js';
import { sys } from './sys/libc.js';
import { allocate, type Region } from './sys/memory.js';

/** What a socket is to have; 0 and null: as the system does it. Milliseconds and bytes. */
export interface SocketSettings {
  /** AF_*: options of TCP and IP are left out where they do not apply. */
  readonly family: number;
  /** SO_RCVBUF, SO_SNDBUF (socket(7)). */
  readonly receiveBuffer: number;
  readonly sendBuffer: number;
  /** SO_KEEPALIVE and its parameters (tcp(7)). */
  readonly keepAlive: { readonly idleMs: number; readonly intervalMs: number; readonly count: number } | null;
  /** TCP_USER_TIMEOUT (tcp(7)). */
  readonly userTimeoutMs: number;
  /** SO_BINDTODEVICE. */
  readonly interface: string | null;
  /** The address to bind to; its port is given for each socket. */
  readonly source: SocketAddress | null;
  /** Ports are given: one that was used a moment ago may be used again. */
  readonly sourcePorts: boolean;
}

interface SocketOption {
  readonly level: number;
  readonly name: number;
  readonly address: number;
  readonly length: number;
}

/** Such settings, laid out. */
export interface SocketSetup {
  readonly options: readonly SocketOption[];
  readonly source: EncodedAddress | null;
  /** Two bytes of `source`, in network order. */
  readonly sourcePort: Uint8Array;
}

/** Bytes that one option's value, or a sockaddr, takes at most. */
const CELL = 128;
/** More than there are options, and the source. */
const CELLS = 16;

/**
 * Lays settings out, equal ones once: of thousands of servers most are treated alike. null for a socket
 * that needs none. `region`, which holds them all, is null when all are.
 */
export function encodeSetups(settings: readonly SocketSettings[]): { region: Region | null; setups: (SocketSetup | null)[] } {
  const keys = settings.map(keyOf);
  const different = new Map(keys.map((key, i) => [key, settings[i]]));
  const wanted = [...different].filter(([, one]) => one.source !== null || optionsOf(one).length > 0);
  if (wanted.length === 0) return { region: null, setups: settings.map(() => null) };
  const region = allocate(wanted.length * CELLS * CELL);
  const laidOut = new Map(wanted.map(([key, one], i) => [key, layOut(region, i * CELLS * CELL, one)]));
  return { region, setups: keys.map((key) => laidOut.get(key) ?? null) };
}

/** The same for settings that say the same. */
function keyOf({ keepAlive, source, ...flat }: SocketSettings): string {
  return JSON.stringify([Object.values(flat), keepAlive, source]);
}

/** Applies a setup to a socket: 0, or the `-errno` of what was refused. */
export function applySetup(fd: number, setup: SocketSetup, sourcePort: number): number {
  for (const { level, name, address, length } of setup.options) {
    const result = sys.setsockopt(fd, level, name, address, length);
    if (result < 0) return result;
  }
  const { source } = setup;
  if (source === null) return 0;
  setup.sourcePort[0] = sourcePort >> 8;
  setup.sourcePort[1] = sourcePort & 0xff;
  return sys.bind(fd, source.address, source.length);
}

function layOut(region: Region, base: number, settings: SocketSettings): SocketSetup {
  const options = optionsOf(settings);
  const source = settings.source === null ? null : sockaddrBytes(settings.source);
  options.forEach(([, , value], i) => {
    region.u8.set(value, base + i * CELL);
  });
  const at = base + (CELLS - 1) * CELL;
  if (source !== null) region.u8.set(source, at);
  return {
    options: options.map(([level, name, value], i) => ({
      level,
      name,
      address: region.address + base + i * CELL,
      length: value.length,
    })),
    source:
      source === null ? null : { family: region.view.getUint16(at, true), address: region.address + at, length: source.length },
    sourcePort: region.u8.subarray(at + 2, at + 4),
  };
}

type Wanted = readonly [level: number, name: number, value: Uint8Array];

/** In the order in which they are to be set: the ones of an address before it is bound. */
function optionsOf(settings: SocketSettings): Wanted[] {
  const { keepAlive } = settings;
  const isIp = settings.family === AF_INET || settings.family === AF_INET6;
  const device = settings.interface === null ? null : new TextEncoder().encode(`${settings.interface}\0`);
  const seconds = (ms: number): number => Math.ceil(ms / 1000);
  const options: (Wanted | null)[] = [
    number(SOL_SOCKET, SO_RCVBUF, settings.receiveBuffer),
    number(SOL_SOCKET, SO_SNDBUF, settings.sendBuffer),
    keepAlive !== null && isIp ? number(SOL_SOCKET, SO_KEEPALIVE, 1) : null,
    keepAlive !== null && isIp ? number(IPPROTO_TCP, TCP_KEEPIDLE, seconds(keepAlive.idleMs)) : null,
    keepAlive !== null && isIp ? number(IPPROTO_TCP, TCP_KEEPINTVL, seconds(keepAlive.intervalMs)) : null,
    keepAlive !== null && isIp ? number(IPPROTO_TCP, TCP_KEEPCNT, keepAlive.count) : null,
    isIp ? number(IPPROTO_TCP, TCP_USER_TIMEOUT, settings.userTimeoutMs) : null,
    device !== null && isIp ? [SOL_SOCKET, SO_BINDTODEVICE, device] : null,
    // With a port of its own the address may be shared; without one it is chosen by connect(2), when
    // the server is known: more connections than there are ports can have the same source.
    settings.source !== null && isIp && settings.sourcePorts ? number(SOL_SOCKET, SO_REUSEADDR, 1) : null,
    settings.source !== null && isIp && !settings.sourcePorts ? number(IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1) : null,
  ];
  return options.filter((option) => option !== null);
}

function number(level: number, name: number, value: number): Wanted | null {
  return value === 0 ? null : [level, name, new Uint8Array(Int32Array.of(value).buffer)];
}
