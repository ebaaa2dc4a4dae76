/**
 * The kernel settings that matter to a balancer, the one place that knows them: what `doctor`
 * shows, what a start warns of, and the text of `sysctl.conf.example` all come from this table.
 * Meanings: Documentation/networking/ip-sysctl.rst and Documentation/admin-guide/sysctl of Linux.
 */

import { wrapText } from '../wrap.js';
import type { Load } from './sysctl.js';

/** The numbers of another setting; undefined where this system has none. */
export type OtherSetting = (name: string) => readonly number[] | undefined;

/** One kernel setting. Values are compared as the list of numbers that the kernel writes. */
export interface Setting {
  readonly name: string;
  readonly wanted: string;
  /** Why the line is in the example file. */
  readonly why: string;
  /** What it costs to leave a worse value: the end of a sentence, without a full stop. */
  readonly cost: string;
  /** Only for some hosts: the line is in the example file, but commented out. */
  readonly optional?: true;
  /** What this load needs, where that can be more than `wanted`. */
  readonly needs?: (load: Load) => number;
  /** Nothing is gained by changing it. */
  readonly satisfied: (current: readonly number[], wanted: readonly number[], load: Load) => boolean;
  /** The value holds this load back. */
  readonly holdsBack: (current: readonly number[], load: Load, other: OtherSetting) => boolean;
}

/**
 * The load that is assumed behind a number of connections: all of them replaced every 10 seconds.
 * Each leaves its port in TIME_WAIT for 60 seconds, so that six times as many ports wait as are
 * in use.
 */
const TIME_WAITS_PER_CONNECTION = 60 / 10;
/** Bytes of a page, in which pipes are counted. */
const PAGE_BYTES = 4096;
/** The setting of the local ports, which two others depend on. */
const PORT_RANGE = 'net.ipv4.ip_local_port_range';
/** What Linux starts with. */
const PORT_RANGE_DEFAULT = [32768, 60999];
/** Without SYN cookies, the kernel takes unknown clients until so much of the SYN queue is used. */
const SYN_BACKLOG_USABLE = 3 / 4;

const atLeast = ([current]: readonly number[], [wanted]: readonly number[]): boolean => current >= wanted;
const atMost = ([current]: readonly number[], [wanted]: readonly number[]): boolean => current <= wanted;
const equal = ([current]: readonly number[], [wanted]: readonly number[]): boolean => current === wanted;
const covers = ([low, high]: readonly number[], [from, to]: readonly number[]): boolean => low <= from && high >= to;
const always = (): boolean => true;
const never = (): boolean => false;
/** A limit: it holds a load back that needs more. */
const limit = (needs: (load: Load) => number): Pick<Setting, 'needs' | 'holdsBack'> => ({
  needs,
  holdsBack: ([current], load) => current < needs(load),
});
/** Connections that may be open or waiting toward all servers at once. */
const portsOf = ([low, high]: readonly number[], load: Load): number => load.serverAddresses * (high - low + 1);

/** All of them, in the order in which they are shown. */
export const SETTINGS: readonly Setting[] = [
  {
    name: PORT_RANGE,
    wanted: '1024 65023',
    why: 'Each connection to a server takes a local port, unique for the address and port of that server. The range that Linux starts with has 28232 of them, this one 64000.',
    cost: 'a server address cannot have more connections than there are ports, further ones fail with EADDRNOTAVAIL; beyond 64000, add addresses',
    satisfied: covers,
    holdsBack: (range, load) => load.serverAddresses > 0 && load.maxconn > portsOf(range, load),
  },
  {
    name: 'net.ipv4.tcp_tw_reuse',
    wanted: '1',
    why: 'A port whose connection was closed from this side waits for 60 seconds. With 1 a new connection may take it after one second; the value that Linux starts with, 2, allows that on loopback only.',
    cost: 'closed connections keep their ports for 60 s, which bounds new connections to each server at (ports / 60) a second',
    satisfied: equal,
    holdsBack: ([reuse], load, other) =>
      reuse !== 1 &&
      load.serverAddresses > 0 &&
      load.maxconn * (1 + TIME_WAITS_PER_CONNECTION) > portsOf(other(PORT_RANGE) ?? PORT_RANGE_DEFAULT, load),
  },
  {
    name: 'net.ipv4.tcp_max_tw_buckets',
    wanted: '400000',
    why: 'How many closed connections may wait (TIME_WAIT); beyond, they are forgotten at once and late packets of theirs meet new connections.',
    cost: 'closed connections beyond it skip TIME_WAIT ("time wait bucket table overflow" in the kernel log), and their late packets can reset new ones',
    satisfied: atLeast,
    ...limit((load) => load.maxconn * TIME_WAITS_PER_CONNECTION),
  },
  {
    name: 'net.ipv4.tcp_max_orphans',
    wanted: '60000',
    why: 'Connections that were closed here while their last bytes are still on the way. Beyond this number the kernel resets them, and the end of an answer is lost.',
    cost: 'when clients are slow, closed connections beyond it are reset before their last bytes have arrived',
    satisfied: atLeast,
    ...limit((load) => load.maxconn),
  },
  {
    name: 'net.core.somaxconn',
    wanted: '10000',
    why: 'The longest accept queue that a listener can have, whatever it asks for. Each worker has a listener of its own at every address.',
    cost: 'a burst of new connections overflows the accept queues, and clients wait a second or more for their SYN to be sent again',
    satisfied: atLeast,
    ...limit((load) => Math.ceil(Math.min(load.backlog, load.maxconn) / load.workers)),
  },
  {
    name: 'net.ipv4.tcp_max_syn_backlog',
    wanted: '10240',
    why: 'Connections half-open on a listener, as under a SYN flood. Without SYN cookies, those beyond three quarters of it are dropped.',
    cost: 'with SYN cookies off, bursts of new connections beyond three quarters of it are dropped',
    satisfied: atLeast,
    holdsBack: ([backlog], load, other) =>
      other('net.ipv4.tcp_syncookies')?.[0] === 0 && backlog * SYN_BACKLOG_USABLE < Math.min(load.backlog, load.maxconn),
  },
  {
    name: 'net.ipv4.tcp_synack_retries',
    wanted: '3',
    why: 'How often an unanswered SYN+ACK is sent again. With 3, a half-open connection is given up after 15 seconds; with 5, where Linux starts, after 63.',
    cost: 'clients that vanish, or never were, hold places of the SYN queue for a minute instead of 15 s',
    satisfied: atMost,
    holdsBack: never,
  },
  {
    name: 'net.ipv4.tcp_migrate_req',
    wanted: '1',
    why: 'When a listener closes, connections still in its queue move to another one at the same address: to the process that takes over. Linux 5.14 and later.',
    cost: 'connections that wait in the queue of a listener that closes, as when the process is replaced, are reset',
    satisfied: equal,
    holdsBack: never, // costs nothing while no listener closes
  },
  {
    name: 'kernel.io_uring_disabled',
    wanted: '0',
    why: 'With 0 every process may use io_uring, with 1 only privileged ones, with 2 none, and turbo-lb falls back to epoll. Some distributions disable it to keep the kernel smaller for attackers: where untrusted users run programs on this host, leave it so. Linux 6.6 and later.',
    cost: 'turbo-lb runs on epoll instead of io_uring, at more CPU time for each request',
    optional: true,
    satisfied: equal,
    holdsBack: ([disabled], load) => load.ioEngine === 'uring' && (disabled === 2 || (disabled === 1 && !load.privileged)),
  },
  {
    name: 'fs.pipe-user-pages-soft',
    wanted: '262144',
    why: 'Pages that all pipes of one user without privileges may hold, 4 KiB each: 262144 are 1 GiB, which is 16 workers with 256 pipes of 256 KiB. Streams go from socket to socket through such pipes.',
    cost: 'pipes beyond it hold 8 KiB instead of 256 KiB, and long transfers take more CPU time',
    optional: true,
    satisfied: ([pages], _wanted, load) => load.privileged || pages === 0 || pages * PAGE_BYTES >= load.pipeBytes,
    holdsBack: never, // no connection fails, and few hosts carry so many streams at once
  },
  {
    name: 'fs.nr_open',
    wanted: '2097152',
    why: 'The highest RLIMIT_NOFILE that can be set, for root too. Two descriptors for each connection: this suffices for a million. Never lower it: services that ask for more would not start.',
    cost: 'RLIMIT_NOFILE cannot be raised beyond it, which bounds the connections',
    optional: true,
    satisfied: always,
    ...limit((load) => load.descriptors),
  },
  {
    name: 'fs.file-max',
    wanted: '4194304',
    why: 'Open files of the whole host, sockets included. Linux derives it from the memory, and systemd lifts it out of the way; never lower it.',
    cost: 'accept and connect fail with ENFILE when the host has so many files open',
    optional: true,
    satisfied: always,
    ...limit((load) => load.descriptors),
  },
];

/** Columns of the example file. */
const FILE_WIDTH = 100;

const FILE_HEAD = [
  'Kernel settings for a host that runs turbo-lb.',
  '',
  'Install as /etc/sysctl.d/60-turbo-lb.conf, then run: sysctl --system',
  "'turbo-lb doctor' shows which of these matter on this host, and what each is worth. Where a host",
  'already has a higher limit than a line here, delete that line: it would lower the limit.',
  'Lines that are commented out are for some hosts only.',
];

/** The text of sysctl.conf.example, in the form that sysctl.d(5) reads. */
export function sysctlConfExample(): string {
  const head = FILE_HEAD.map((line) => `# ${line}`.trimEnd());
  const entries = SETTINGS.flatMap((setting) => {
    const line = `${setting.name}=${setting.wanted}`;
    return ['', ...comment(setting.why), setting.optional ? `#${line}` : line];
  });
  return `${[...head, ...entries].join('\n')}\n`;
}

function comment(text: string): string[] {
  return wrapText(text, FILE_WIDTH - 2).map((line) => `# ${line}`);
}
