/**
 * What the service manager is told (`-Ws`): ready, reloading, stopping, and that the process is alive
 * (sd_notify(3), systemd.service(5) Type=notify-reload and WatchdogSec). A manager that cannot be
 * reached is reported once and no reason not to serve.
 */
import { resolve } from 'node:path';
import { errnoText } from '../../kernel/errno.js';
import { NotifySocket } from '../../kernel/notify-socket.js';
import type { Log } from '../log.js';

/** The part of the environment that the manager has set. */
export type ManagerEnvironment = Readonly<Partial<Record<'NOTIFY_SOCKET' | 'WATCHDOG_USEC' | 'WATCHDOG_PID', string>>>;

/** Pings are sent this often within the time that the manager waits for one. */
const PINGS = 2;

/**
 * A reload may keep the main thread for this many of the manager's periods: files with millions of patterns take
 * a while to read, and nobody pings meanwhile. Workers go on to serve.
 */
const RELOAD_PERIODS = 10;

/** Notifications to the service manager. */
export class Systemd {
  private socket: NotifySocket | null = null;
  private watchdog: NodeJS.Timeout | null = null;
  private failed = false;

  /** Connects while the socket's path is in sight, which it is not after a chroot. */
  constructor(
    private readonly environment: ManagerEnvironment,
    private readonly log: Log,
  ) {
    const { NOTIFY_SOCKET: name } = environment;
    if (name === undefined || name === '') return;
    const abstract = name.startsWith('@');
    try {
      this.socket = new NotifySocket({ family: 'unix', path: abstract ? name.slice(1) : resolve(name), abstract, tight: true });
    } catch (error) {
      this.fail((error as Error).message);
    }
  }

  /** Connections are accepted; also after a reload. */
  ready(): void {
    this.notify(`READY=1\nMAINPID=${process.pid}\nSTATUS=Ready.\n${this.pingWithin(1)}`);
    this.startWatchdog();
  }

  /** A reload begins; `ready` or `reloadFailed` ends it. */
  reloading(): void {
    const microseconds = process.hrtime.bigint() / 1000n; // CLOCK_MONOTONIC, as the protocol wants it
    this.notify(
      `RELOADING=1\nSTATUS=Reloading Configuration.\nMONOTONIC_USEC=${microseconds}\n${this.pingWithin(RELOAD_PERIODS)}`,
    );
  }

  /** The configuration in force stays. */
  reloadFailed(): void {
    this.notify(`READY=1\nSTATUS=Reload failed!\n${this.pingWithin(1)}`);
  }

  /** The end has begun. */
  stopping(): void {
    this.notify('STOPPING=1');
  }

  close(): void {
    if (this.watchdog !== null) clearInterval(this.watchdog);
    this.socket?.close();
    this.socket = null;
  }

  private startWatchdog(): void {
    const period = this.watchdogUsec();
    if (this.watchdog !== null || this.socket === null || period === 0) return;
    this.watchdog = setInterval(() => this.notify('WATCHDOG=1'), period / 1000 / PINGS).unref();
  }

  /** How long the manager waits for a ping; 0: it waits for none. */
  private watchdogUsec(): number {
    const { WATCHDOG_USEC: period, WATCHDOG_PID: pid } = this.environment;
    const isMeant = pid === undefined || pid === String(process.pid);
    return isMeant && Number(period) > 0 ? Number(period) : 0;
  }

  /** The line that has the manager wait for the next ping as long as this many periods, from now on. */
  private pingWithin(periods: number): string {
    const period = this.watchdogUsec();
    return period === 0 ? '' : `WATCHDOG_USEC=${period * periods}\n`;
  }

  private notify(text: string): void {
    const result = this.socket?.send(text) ?? 0;
    if (result < 0) this.fail(errnoText(result));
  }

  private fail(why: string): void {
    if (!this.failed) this.log.warning(`the service manager cannot be notified: ${why}`);
    this.failed = true;
  }
}
