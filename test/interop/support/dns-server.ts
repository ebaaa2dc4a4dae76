/** A real DNS server, dnsmasq, whose names a test changes while it runs. */
import { writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort, type RunningProcess, scratchFolder, startProcess } from '../../harness.js';

/** What it knows: addresses of names, and servers of services as `target,port,priority,weight`. */
export interface Zone {
  readonly hosts: Readonly<Record<string, readonly string[]>>;
  readonly services?: Readonly<Record<string, readonly string[]>>;
  readonly aliases?: Readonly<Record<string, string>>;
}

/** dnsmasq on a port of its own, which it keeps when it is stopped and started again. */
export class DnsServer {
  private process: RunningProcess | null = null;
  private config = '';

  private constructor(
    readonly port: number,
    private readonly folder: string,
  ) {}

  static async start(zone: Zone): Promise<DnsServer> {
    const server = new DnsServer(await freePort(), scratchFolder());
    await server.serve(zone);
    return server;
  }

  /** Answers from these names from now on. */
  async serve(zone: Zone): Promise<void> {
    const before = this.config;
    this.config = configOf(zone);
    writeFileSync(join(this.folder, 'hosts'), hostsOf(zone));
    // it reads hosts again, and nothing else
    if (this.process !== null && before === this.config) this.process.child.kill('SIGHUP');
    else {
      await this.stop();
      await this.restart();
    }
  }

  async stop(): Promise<void> {
    await this.process?.stop('SIGKILL');
    this.process = null;
  }

  /** Begins to answer again. */
  async restart(): Promise<void> {
    const { folder, port } = this;
    writeFileSync(join(folder, 'config'), this.config);
    const files = [`--conf-file=${join(folder, 'config')}`, `--addn-hosts=${join(folder, 'hosts')}`];
    const network = [`--port=${port}`, '--listen-address=127.0.0.1', '--bind-interfaces', '--local=/test/'];
    const rest = ['--no-daemon', '--no-resolv', '--no-hosts', '--pid-file=', `--user=${userInfo().username}`];
    this.process = await startProcess('dnsmasq', [...files, ...network, ...rest], {
      readyWhen: /started, version[\s\S]*read .*hosts/,
    });
  }
}

function hostsOf({ hosts }: Zone): string {
  return Object.entries(hosts)
    .flatMap(([name, addresses]) => addresses.map((address) => `${address} ${name}\n`))
    .join('');
}

function configOf({ services = {}, aliases = {} }: Zone): string {
  const records = Object.entries(services).flatMap(([name, servers]) => servers.map((server) => `srv-host=${name},${server}\n`));
  return [...records, ...Object.entries(aliases).map(([name, target]) => `cname=${name},${target}\n`)].join('');
}
