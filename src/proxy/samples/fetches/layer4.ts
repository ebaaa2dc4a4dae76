/** Fetches of the two connections of a session: addresses, ports, captures (configuration manual, 7.3.3). */
import { networkInterfaces } from 'node:os';
import { FAMILY_IPV4, FAMILY_NONE, HostAddress } from '../../../kernel/host-address.js';
import { NO_FD } from '../../session.js';
import { formatIpv4, formatIpv6 } from '../addresses.js';
import { numberArgument } from '../arguments.js';
import type { FetchFactory, FetchFamily, SampleContext } from '../context.js';
import { FOUND, MISSING, type Sample } from '../sample.js';
import { constant, count, flag } from './results.js';

/** Reads one end of a connection. */
type End = (context: SampleContext) => HostAddress;

/** For addresses that sessions do not keep; read and used at once. */
const scratch = new HostAddress();

const source: End = ({ session, lane }) => session.readSource(lane.engine);
const destination: End = ({ session, lane }) => session.readDestination(lane.engine);

const serverSource: End = ({ session, lane }) => {
  scratch.clear();
  if (session.server.fd !== NO_FD) lane.engine.localAddress(session.server.fd, scratch);
  return scratch;
};

const serverDestination: End = ({ session, lane }) => {
  scratch.clear();
  if (session.server.fd !== NO_FD) lane.engine.peerAddress(session.server.fd, scratch);
  return scratch;
};

function setHost(sample: Sample, address: HostAddress): void {
  if (address.family === FAMILY_IPV4) sample.setIpv4(address.word0);
  else sample.setIpv6(address.word0, address.word1, address.word2, address.word3);
}

function host(end: End): FetchFactory {
  return () => (context, sample) => {
    const address = end(context);
    if (address.family === FAMILY_NONE) return MISSING;
    setHost(sample, address);
    return FOUND;
  };
}

const port = (end: End): FetchFactory =>
  count((context) => {
    const address = end(context);
    return address.family === FAMILY_NONE ? -1 : address.port;
  });

/** How long the addresses of the system are taken for unchanged, in milliseconds. */
const ADDRESSES_MS = 10000;
/** 127.0.0.0/8: all of it is the system's. */
const LOOPBACK = 127;

/** The addresses of the system, as texts. */
class OwnAddresses {
  private texts: ReadonlySet<string> = new Set();
  private readAtMs = 0;

  has(address: HostAddress, nowMs: number): boolean {
    if (address.family === FAMILY_IPV4 && address.word0 >>> 24 === LOOPBACK) return true;
    if (this.texts.size === 0 || ((nowMs - this.readAtMs) | 0) > ADDRESSES_MS) this.read(nowMs);
    return this.texts.has(this.textOf(address));
  }

  private read(nowMs: number): void {
    const interfaces = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    this.texts = new Set(['::1', ...interfaces.map(({ address }) => address)]);
    this.readAtMs = nowMs;
  }

  private textOf({ family, word0, word1, word2, word3 }: HostAddress): string {
    return family === FAMILY_IPV4 ? formatIpv4(word0) : formatIpv6([word0, word1, word2, word3]);
  }
}

const own = new OwnAddresses();

function isLocal(end: End): FetchFactory {
  return () => (context, sample) => {
    const address = end(context);
    if (address.family === FAMILY_NONE) return MISSING;
    sample.setBool(own.has(address, context.nowMs));
    return FOUND;
  };
}

const capture: FetchFactory = (plan) => {
  const slot = numberArgument(plan, 0);
  return ({ session }, sample) => {
    const captured = session.captures?.[slot] ?? null;
    if (captured === null) return MISSING;
    sample.setString(captured);
    return FOUND;
  };
};

/** Fetches of the connections of a session. */
export const LAYER4_FETCHES: FetchFamily = {
  src: host(source),
  src_port: port(source),
  src_is_local: isLocal(source),
  dst: host(destination),
  dst_port: port(destination),
  dst_is_local: isLocal(destination),
  fc_src: host(source),
  fc_src_port: port(source),
  fc_src_is_local: isLocal(source),
  fc_dst: host(destination),
  fc_dst_port: port(destination),
  fc_dst_is_local: isLocal(destination),
  bc_src: host(serverSource),
  bc_src_port: port(serverSource),
  bc_dst: host(serverDestination),
  bc_dst_port: port(serverDestination),
  fc_rcvd_proxy: flag(({ lane, session }) => lane.plan.frontends[session.frontend].binds[session.bind].acceptProxy),
  /** In mode tcp connections speak no HTTP that anybody knows of, and there is no version. */
  fc_http_major: count(() => -1),
  bc_http_major: count(() => -1),
  /** A connection that failed has no rules: there is never an error. */
  fc_err: count(() => 0),
  fc_err_str: () => constant((sample) => sample.setString('Success')),
  'capture.req.hdr': capture,
};
