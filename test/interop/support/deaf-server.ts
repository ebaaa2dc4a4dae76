/** A server that nobody gets an answer from. */
import { closeDescriptor } from '../../../src/kernel/descriptors.js';
import { localAddress, openListener } from '../../../src/kernel/listener.js';
import { dial } from './peers.js';

/** A listener whose backlog is full: whoever connects gets no answer. */
export class DeafServer {
  private constructor(
    readonly port: number,
    private readonly listener: number,
  ) {}

  static async open(): Promise<DeafServer> {
    const listener = openListener({ address: { family: 'ipv4', host: '127.0.0.1', port: 0 }, backlog: 0, reusePort: false });
    const { port } = localAddress(listener) as { port: number };
    await dial(port); // with a backlog of 0 there is room for one
    return new DeafServer(port, listener);
  }

  close(): void {
    closeDescriptor(this.listener);
  }
}
