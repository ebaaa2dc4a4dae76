/**
 * The sockets towards servers: which options each server's get, where they come from (`source`), where
 * they go now that the master may have moved the server (DNS, the operator), and which port they go to
 * where that depends on the client's (`:+1`). What can be known before is known before: a plain
 * server costs nothing beside the socket itself and a look at whether it has moved.
 */
import { type EncodedAddress, setHostAddress, writeSockaddr } from '../kernel/address.js';
import { FAMILY_IPV4 } from '../kernel/host-address.js';
import { encodeSetups, type SocketSettings, type SocketSetup } from '../kernel/socket-setup.js';
import { AF_INET, AF_INET6 } from '../kernel/sys/constants.js';
import { allocate, type Region } from '../kernel/sys/memory.js';
import type { BackendPlan, Plan, ServerPlan } from '../plan/plan.js';
import { ServerAddressRow, type ServerAddressTable } from '../shared/addresses.js';
import type { Lane } from './lane.js';
import type { Session } from './session.js';

/**
 * Addresses made for single connections, used in turn. A connect is handed to the kernel, which
 * copies the address, at the latest when the submission queue of 2048 entries is full.
 */
const MADE_MAX = 4096;
/** Bytes kept for each: a sockaddr_in6 takes 28. */
const MADE_BYTES = 32;
const SOCKADDR_IN_BYTES = 16;
const SOCKADDR_IN6_BYTES = 28;

/** One server as its sockets see it. */
interface Target {
  /** As the plan says; null: its address is made for each connection, from `row`. */
  address: EncodedAddress | null;
  /** Where it is, once it has moved or when its port depends on the client's. */
  readonly row: ServerAddressRow;
  /** The number of the shared row that `row` is a copy of. */
  sequence: number;
  readonly setup: SocketSetup | null;
  /** The local ports to use in turn; 0: the system's choice. */
  readonly firstPort: number;
  readonly lastPort: number;
  nextPort: number;
}

/** A sockaddr of the kind that is rewritten. */
type MadeAddress = { -readonly [K in keyof EncodedAddress]: EncodedAddress[K] };

/** Opens the sockets of one worker. */
export class ServerSockets {
  /** Where the socket opened last is to be connected to; valid until the next one is opened. */
  address: EncodedAddress;
  /** By backend, by server. */
  private readonly targets: readonly (readonly Target[])[];
  private readonly table: ServerAddressTable;
  private readonly made: MadeAddress[] = [];
  /** Where those lie; null: none was needed yet. */
  private region: Region | null = null;
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
    this.table = lane.tables.addresses;
    this.address = addresses[0];
    if (region !== null) this.hold(region);
  }

  /** A socket for the server chosen, and in `address` where to connect it to; or `-errno`. */
  open(session: Session): number {
    const { backend, chosen } = session;
    const target = this.targets[backend][chosen];
    if (this.table.sequence(backend, chosen) !== target.sequence) {
      target.sequence = this.table.read(backend, chosen, target.row);
      target.address = null;
    }
    this.address = target.address ?? this.makeAddress(target.row, session);
    return this.lane.engine.openSocket(this.address, target.setup, target.firstPort === 0 ? 0 : takePort(target));
  }

  private makeAddress({ address, mapsPort }: ServerAddressRow, session: Session): EncodedAddress {
    this.region ??= this.hold(allocate(MADE_MAX * MADE_BYTES));
    const at = this.next;
    this.next = (at + 1) % MADE_MAX;
    this.made[at] ??= { family: 0, address: this.region.address + at * MADE_BYTES, length: 0 };
    const made = this.made[at];
    const isIpv4 = address.family === FAMILY_IPV4;
    made.family = isIpv4 ? AF_INET : AF_INET6;
    made.length = isIpv4 ? SOCKADDR_IN_BYTES : SOCKADDR_IN6_BYTES;
    const port = mapsPort ? (session.readDestination(this.lane.engine).port + address.port) & 0xffff : address.port;
    writeSockaddr(this.region, at * MADE_BYTES, address, port);
    return made;
  }

  private hold(region: Region): Region {
    this.lane.holdings.holdMemory(region.address, region.length);
    return region;
  }
}

function targetOf(server: ServerPlan, address: EncodedAddress, setup: SocketSetup | null): Target {
  const { source, portOffset } = server;
  const row = new ServerAddressRow();
  const isMade = portOffset !== null && server.address.family !== 'unix';
  if (isMade) {
    setHostAddress(row.address, server.address);
    row.address.port = portOffset;
    row.mapsPort = true;
  }
  const firstPort = source === null || source.address.family === 'unix' ? 0 : source.address.port;
  return {
    address: isMade ? null : address,
    row,
    sequence: 0,
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
