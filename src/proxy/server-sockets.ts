/**
 * The sockets towards servers: which options each server's get, where they come from (`source`), and
 * which port they go to where that depends on the client's (`:+1`). What can be known before is
 * known before: a plain server costs nothing beside the socket itself.
 */
import { type EncodedAddress, sockaddrBytes } from '../kernel/address.js';
import { encodeSetups, type SocketSettings, type SocketSetup } from '../kernel/socket-setup.js';
import { AF_INET, AF_INET6 } from '../kernel/sys/constants.js';
import { allocate, type Region } from '../kernel/sys/memory.js';
import type { BackendPlan, Plan, ServerPlan } from '../plan/plan.js';
import type { Lane } from './lane.js';
import type { Session } from './session.js';

/**
 * Addresses made for single connections, used in turn. A connect is handed to the kernel, which
 * copies the address, at the latest when the submission queue of 2048 entries is full.
 */
const MADE_MAX = 4096;
/** Bytes kept for each: a sockaddr_in6 takes 28. */
const MADE_BYTES = 32;
/** A port is at byte 2 of a sockaddr_in and of a sockaddr_in6, in network order. */
const PORT_AT = 2;

/** One server as its sockets see it. */
interface Target {
  readonly address: EncodedAddress;
  /** The bytes of `address`, where they have to be copied; null: it is used as it is. */
  readonly bytes: Uint8Array | null;
  /** Added to the port that the client connected to. */
  readonly portOffset: number;
  readonly setup: SocketSetup | null;
  /** The local ports to use in turn; 0: the system's choice. */
  readonly firstPort: number;
  readonly lastPort: number;
  nextPort: number;
}

/** Opens the sockets of one worker. */
export class ServerSockets {
  /** Where the socket opened last is to be connected to; valid until the next one is opened. */
  address: EncodedAddress;
  /** By backend, by server. */
  private readonly targets: readonly (readonly Target[])[];
  private readonly made: EncodedAddress[] = [];
  private readonly region: Region | null = null;
  private next = 0;

  /** @param addresses of all servers, backends in order, their servers in order */
  constructor(
    private readonly lane: Lane,
    addresses: readonly EncodedAddress[],
  ) {
    const { plan } = lane;
    const settings = plan.backends.flatMap((backend) => backend.servers.map((server) => settingsOf(plan, backend, server)));
    const { region, setups } = encodeSetups(settings.map((one, i) => ({ ...one, family: addresses[i].family })));
    let i = 0;
    this.targets = plan.backends.map((backend) =>
      backend.servers.map((server) => {
        const target = targetOf(server, addresses[i], setups[i]);
        i++;
        return target;
      }),
    );
    this.address = addresses[0];
    const holdings = lane.tables.holdings.forWorker(lane.worker);
    if (region !== null) holdings.holdMemory(region.address, region.length);
    if (this.targets.every((servers) => servers.every(({ bytes }) => bytes === null))) return;
    this.region = allocate(MADE_MAX * MADE_BYTES);
    holdings.holdMemory(this.region.address, this.region.length);
  }

  /** A socket for the server chosen, and in `address` where to connect it to; or `-errno`. */
  open(session: Session): number {
    const target = this.targets[session.backend][session.chosen];
    this.address = target.bytes === null ? target.address : this.makeAddress(target.address, target.bytes, session, target);
    return this.lane.engine.openSocket(this.address, target.setup, target.firstPort === 0 ? 0 : takePort(target));
  }

  private makeAddress(address: EncodedAddress, bytes: Uint8Array, session: Session, { portOffset }: Target): EncodedAddress {
    const { region, made } = this;
    if (region === null) return address;
    const at = this.next;
    this.next = (at + 1) % MADE_MAX;
    made[at] ??= { family: 0, address: 0, length: 0 };
    const copy = made[at] as { family: number; address: number; length: number };
    copy.family = address.family;
    copy.address = region.address + at * MADE_BYTES;
    copy.length = address.length;
    const port = (session.readDestination(this.lane.engine).port + portOffset) & 0xffff;
    region.u8.set(bytes, at * MADE_BYTES);
    region.view.setUint16(at * MADE_BYTES + PORT_AT, port, false);
    return copy;
  }
}

function targetOf(server: ServerPlan, address: EncodedAddress, setup: SocketSetup | null): Target {
  const { source, portOffset } = server;
  const isIp = address.family === AF_INET || address.family === AF_INET6;
  const firstPort = source === null || source.address.family === 'unix' ? 0 : source.address.port;
  return {
    address,
    bytes: portOffset === null || !isIp ? null : sockaddrBytes(server.address),
    portOffset: portOffset ?? 0,
    setup,
    firstPort,
    lastPort: source === null ? 0 : Math.max(firstPort, source.lastPort),
    nextPort: firstPort,
  };
}

/** The next port of a range, which begins anew after its last one. */
function takePort(target: Target): number {
  const port = target.nextPort;
  target.nextPort = port >= target.lastPort ? target.firstPort : port + 1;
  return port;
}

function settingsOf({ process }: Plan, { options }: BackendPlan, server: ServerPlan): Omit<SocketSettings, 'family'> {
  const { source } = server;
  return {
    receiveBuffer: process.tune.serverReceiveBuffer,
    sendBuffer: process.tune.serverSendBuffer,
    keepAlive: options.keepAlive,
    userTimeoutMs: server.tcpUserTimeoutMs,
    interface: source?.interface ?? null,
    source: source?.address ?? null,
    sourcePorts: source !== null && source.address.family !== 'unix' && source.address.port > 0,
  };
}
