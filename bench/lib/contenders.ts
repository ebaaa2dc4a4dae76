/**
 * The balancers that are compared, each with one worker, the same timeouts and room for the same
 * number of connections. A contender is a function from where to listen and whom to serve to a
 * command line; it may write configuration files into the folder it is given. HAProxy and turbo-lb
 * run the same file.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Argv } from './procs.js';

/** Concurrent client connections: with pipes for splice(2) 2.5 descriptors each, within a limit of 20000. */
const MAXCONN = 6000;
/** Where Debian's libnginx-mod-stream puts its module. */
const STREAM_MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so';

/** Every contender, in the order of the tables. */
export const CONTENDER_IDS = [
  'haproxy',
  'haproxy-splice',
  'haproxy-log',
  'nginx',
  'node',
  'turbo-uring',
  'turbo-uring-log',
  'turbo-epoll',
  'turbo-epoll-log',
] as const;
export type ContenderId = (typeof CONTENDER_IDS)[number];

/** What a contender is to do, as `host:port` texts. */
export interface Task {
  /** An empty folder of its own. */
  readonly folder: string;
  readonly bind: string;
  readonly servers: readonly string[];
  /** Further lines of the proxy; of HAProxy and turbo-lb alone. */
  readonly proxy: readonly string[];
  readonly workers: number;
  /** Where those that log send their lines: a UDP port of 127.0.0.1. */
  readonly logPort: number;
}

/** A line for each connection, as operators have it. */
const LOGGING = (port: number): HaproxyLines => ({
  global: [`log 127.0.0.1:${port} local0`],
  defaults: ['log global', 'option tcplog'],
});

/** The command line of a contender. */
export function command(id: ContenderId, task: Task): Argv {
  switch (id) {
    case 'haproxy':
      return haproxy(task);
    case 'haproxy-splice':
      return haproxy(task, { defaults: ['option splice-auto'] });
    case 'haproxy-log':
      return haproxy(task, LOGGING(task.logPort));
    case 'nginx':
      return nginxStream(task);
    case 'node':
      return [process.execPath, compiled('../node-proxy.js'), task.bind, ...task.servers];
    case 'turbo-uring':
      return turbo(task, 'uring');
    case 'turbo-uring-log':
      return turbo(task, 'uring', LOGGING(task.logPort));
    case 'turbo-epoll':
      return turbo(task, 'epoll');
    case 'turbo-epoll-log':
      return turbo(task, 'epoll', LOGGING(task.logPort));
  }
}

/** The path of a compiled program of this project, from this file's folder. */
export function compiled(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

/** Further lines of sections. */
interface HaproxyLines {
  readonly global?: readonly string[];
  readonly defaults?: readonly string[];
}

function haproxy(task: Task, lines: HaproxyLines = {}): Argv {
  return ['haproxy', '-db', '-f', writeConfig(task, lines)];
}

/** The configuration that HAProxy and turbo-lb share; answers the path of its file. */
function writeConfig(task: Task, { global = [], defaults = [] }: HaproxyLines): string {
  const servers = task.servers.map((address, i) => `    server s${i} ${address}`);
  const file = join(task.folder, 'haproxy.cfg');
  const text = `global
    nbthread ${task.workers}
    maxconn ${MAXCONN}
${global.map((line) => `    ${line}\n`).join('')}defaults
    mode tcp
    timeout connect 5s
    timeout client 50s
    timeout server 50s
${defaults.map((line) => `    ${line}\n`).join('')}listen bench
    bind ${task.bind}
    balance roundrobin
${task.proxy.map((line) => `    ${line}\n`).join('')}${servers.join('\n')}
`;
  writeFileSync(file, text);
  return file;
}

function nginxStream(task: Task): Argv {
  const servers = task.servers.map((address) => `    server ${address};`);
  const text = `load_module ${STREAM_MODULE};
daemon off;
worker_processes ${task.workers};
pid ${join(task.folder, 'nginx.pid')};
error_log stderr;
events { worker_connections ${2 * MAXCONN + 100}; }
stream {
  upstream servers {
${servers.join('\n')}
  }
  server {
    listen ${task.bind};
    proxy_connect_timeout 5s;
    proxy_timeout 50s;
    proxy_pass servers;
  }
}
`;
  const file = join(task.folder, 'nginx.conf');
  writeFileSync(file, text);
  return ['nginx', '-e', 'stderr', '-p', task.folder, '-c', file];
}

function turbo(task: Task, engine: 'uring' | 'epoll', lines: HaproxyLines = {}): Argv {
  const main = compiled('../../src/cli/main.js');
  const file = writeConfig(task, { ...lines, global: [...(lines.global ?? []), `tune.io-engine ${engine}`] });
  return [process.execPath, main, '-db', '--no-pin', '-f', file];
}
