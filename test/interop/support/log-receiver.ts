/** A syslog receiver on UDP inside the test's own process: the lines it got, and lines made comparable. */
import { createSocket, type Socket } from 'node:dgram';
import { eventually } from '../../harness.js';

/** Milliseconds of one class of durations: two runs of one event differ by far less than half of it. */
const DURATION_CLASS_MS = 500;

const openReceivers = new Set<LogReceiver>();

/** Receives datagrams, one line each. */
export class LogReceiver {
  readonly lines: string[] = [];

  private constructor(private readonly socket: Socket) {
    openReceivers.add(this);
    socket.on('message', (message) => this.lines.push(message.toString('latin1')));
  }

  static async open(): Promise<LogReceiver> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    socket.unref(); // whoever waits for lines waits by a timer
    return new LogReceiver(socket);
  }

  get port(): number {
    return this.socket.address().port;
  }

  /** The first `count` lines of traffic, when they have come: those that speak of the process itself are left out. */
  async traffic(count: number): Promise<string[]> {
    return await eventually(`${count} log lines, there are ${this.lines.length}`, () => {
      const traffic = this.ofTraffic();
      return traffic.length >= count && traffic;
    });
  }

  /** Resolves when there are lines that make this true. */
  async until(met: () => boolean, what: () => string): Promise<void> {
    await eventually(what(), met).catch((error: Error) => {
      throw new Error(`${error.message}; now ${what()}`);
    });
  }

  /** Lines of traffic so far. */
  get trafficCount(): number {
    return this.ofTraffic().length;
  }

  private ofTraffic(): string[] {
    return this.lines.filter((line) => !isOfProcess(line));
  }

  close(): void {
    if (openReceivers.delete(this)) this.socket.close();
  }
}

/** Closes those that are still open. */
export function closeReceivers(): void {
  for (const receiver of [...openReceivers]) receiver.close();
}

/** What the process says of its own proxies, listeners and servers. */
function isOfProcess(line: string): boolean {
  return /: (soft-stop|Proxy|Stopping|Pausing|Server|backend|Backup Server|Health check|Connect\(\) failed|Cannot bind) /i.test(
    line,
  );
}

/**
 * A line in which everything that differs between two runs of the same traffic has given way to its
 * kind: the time of day, the number of the process, the client's port, and durations to classes of
 * half a second.
 */
export function comparable(line: string): string {
  return line
    .replace(/^(<\d+>)[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d /, '$1TIME ')
    .replace(/^(<\d+>1 )[-\dT:.+]+ (\S+) (\S+) \d+ - /, '$1TIME $2 $3 PID - ')
    .replace(/\[\d+\]: /, '[PID]: ')
    .replace(/(\d+\.\d+\.\d+\.\d+|::ffff:\d+\.\d+\.\d+\.\d+|::1):\d+ \[/, '$1:PORT [')
    .replace(/(Connect from \S+):\d+ /, '$1:PORT ')
    .replace(/\[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d\.\d{3}\]/, '[DATE]')
    .replace(
      / (\+?-?\d+)\/(\+?-?\d+)\/(\+?-?\d+) /,
      (_, ...timers: string[]) => ` ${timers.slice(0, 3).map(durationClass).join('/')} `,
    );
}

/** `-1` stays; everything else becomes the half seconds nearest to it, with its `+`. */
function durationClass(text: string): string {
  if (text === '-1') return text;
  const plus = text.startsWith('+') ? '+' : '';
  return `${plus}${Math.round(Number(text) / DURATION_CLASS_MS)}h`;
}

/**
 * A text with comparable lines, without the lengths of what lasted, and without the connections that were counted: one
 * thread may still count a session of which it has sent the end when another one logs.
 */
export function withoutWhatVaries(text: string): string {
  return text.replace(/\b\d+h\b/g, 'h').replace(/ ac\/\d+\/\d+\/\d+\//g, ' ac/');
}
