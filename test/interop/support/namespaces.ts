/**
 * A network of hosts that exists for one test: network namespaces with a bridge between them. They
 * are removed with all that runs in them, however the test file ends; what a killed one has left is
 * removed by the next.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { type RunningProcess, runProcess, type StartOptions, startProcess } from '../../harness.js';

/** Names begin so, the number of the test's process follows. */
const PREFIX = 'turbo-lb-test';
let networks = 0;

function ip(...words: string[]): string {
  const { status, stdout, stderr } = spawnSync('ip', words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${words.join(' ')}: ${stderr}`);
  return stdout;
}

const namespaces = (): string[] =>
  ip('netns', 'list')
    .split('\n')
    .map((line) => line.split(' ')[0]);

function remove(namespace: string): void {
  for (const pid of ip('netns', 'pids', namespace).trim().split('\n')) if (pid !== '') spawnSync('kill', ['-KILL', pid]);
  ip('netns', 'delete', namespace);
}

/** Hosts by name, all in 192.0.2.0/24; the first one has the bridge. */
export class Network {
  private readonly prefix = `${PREFIX}-${process.pid}-${networks++}`;
  private readonly remover = (): void => this.remove();

  /** @param hosts name and last byte of the address */
  constructor(private readonly hosts: Readonly<Record<string, number>>) {
    for (const name of namespaces()) {
      const pid = new RegExp(`^${PREFIX}-(\\d+)-`).exec(name)?.[1];
      if (pid !== undefined && !existsSync(`/proc/${pid}`)) remove(name);
    }
    process.on('exit', this.remover);
    const [first, ...others] = Object.keys(hosts);
    for (const host of Object.keys(hosts)) {
      ip('netns', 'add', this.namespace(host));
      ip('-n', this.namespace(host), 'link', 'set', 'lo', 'up');
    }
    const bridge = this.namespace(first);
    ip('-n', bridge, 'link', 'add', 'br0', 'type', 'bridge');
    ip('-n', bridge, 'address', 'add', `192.0.2.${hosts[first]}/24`, 'dev', 'br0');
    ip('-n', bridge, 'link', 'set', 'br0', 'up');
    for (const host of others) {
      const own = this.namespace(host);
      ip('-n', bridge, 'link', 'add', `to-${host}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', own);
      ip('-n', bridge, 'link', 'set', `to-${host}`, 'master', 'br0', 'up');
      ip('-n', own, 'address', 'add', `192.0.2.${hosts[host]}/24`, 'dev', 'eth0');
      ip('-n', own, 'link', 'set', 'eth0', 'up');
    }
  }

  /** Starts a program on a host. */
  start(host: string, command: string, args: readonly string[], options: StartOptions = {}): Promise<RunningProcess> {
    return startProcess('ip', ['netns', 'exec', this.namespace(host), command, ...args], options);
  }

  /** Runs a program on a host to its end. */
  run(host: string, command: string, ...args: string[]): ReturnType<typeof runProcess> {
    return runProcess('ip', ['netns', 'exec', this.namespace(host), command, ...args]);
  }

  /** Whether a host has an address. */
  has(host: string, address: string): boolean {
    return ip('-n', this.namespace(host), 'address', 'show', 'dev', 'eth0').includes(` ${address}/`);
  }

  /** Pulls the cable of a host, on the side of the bridge. */
  unplug(host: string): void {
    ip('-n', this.namespace(Object.keys(this.hosts)[0]), 'link', 'set', `to-${host}`, 'down');
  }

  /** Removes it, and ends what runs in it. */
  remove(): void {
    process.off('exit', this.remover);
    for (const name of namespaces()) if (name.startsWith(`${this.prefix}-`)) remove(name);
  }

  private namespace(host: string): string {
    return `${this.prefix}-${host}`;
  }
}
