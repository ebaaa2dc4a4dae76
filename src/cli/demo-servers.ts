/**
 * The servers behind the demo, as the balancer's process sees them. They run in a process of their
 * own, so that what top shows for turbo-lb is turbo-lb.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { StartError } from '../master/start-error.js';

/** What the process of the servers says once they listen. */
export interface DemoServersReady {
  readonly servers: readonly { readonly name: string; readonly port: number }[];
}

/** The three small web servers of the demo, in a process of their own. */
export class DemoServers {
  private ended = false;

  private constructor(
    private readonly child: ChildProcess,
    /** A value of `--server` for each of them. */
    readonly flags: readonly string[],
  ) {}

  /** Resolves when they listen. Throws StartError when they do not come to that. */
  static start(): Promise<DemoServers> {
    const child = fork(new URL('./demo-server-process.js', import.meta.url));
    return new Promise((resolve, reject) => {
      const failed = (): void => reject(new StartError('the demo servers could not be started'));
      child.once('error', failed);
      child.once('exit', failed);
      child.once('message', (message) => {
        child.removeListener('exit', failed);
        const { servers } = message as DemoServersReady;
        resolve(
          new DemoServers(
            child,
            servers.map(({ name, port }) => `127.0.0.1:${port},name=${name}`),
          ),
        );
      });
    });
  }

  /** Calls back when they end without being told to. */
  onUnexpectedEnd(callback: () => void): void {
    this.child.once('exit', () => {
      if (!this.ended) callback();
    });
  }

  /** Ends them: they leave when the channel to this process closes, as it does when this process dies. */
  end(): void {
    this.ended = true;
    if (this.child.connected) this.child.disconnect();
  }
}
