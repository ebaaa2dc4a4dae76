/**
 * Which servers HAProxy chooses: many backends in one process, whose servers are frontends of the
 * same process that answer with their number. A client asks all of them over one connection, from
 * whatever address its PROXY header says.
 */
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort, type RunningProcess, scratchFolder, startHaproxy } from '../../harness.js';

/** One backend to ask. */
export interface ChoiceBackend {
  /** Lines of the section. */
  readonly lines: readonly string[];
  /** What follows the address of each server. */
  readonly servers: readonly string[];
}

/** A running HAProxy that chooses. */
export interface HaproxyChoices {
  readonly process: RunningProcess;
  /** The servers' numbers that the backends choose, in order, for requests of `/<backend>/<key>` from `source`. */
  ask(source: string, backends: readonly number[], key?: string): Promise<number[]>;
  /** Commands to the statistics socket; its answer. */
  command(text: string): Promise<string>;
}

/** Starts HAProxy with these backends, named b0, b1 ..., whose servers are s0, s1 ... */
export async function startChoices(backends: readonly ChoiceBackend[]): Promise<HaproxyChoices> {
  const port = await freePort();
  const socket = join(scratchFolder(), 'stats.sock');
  const count = Math.max(...backends.map(({ servers }) => servers.length));
  const ports: number[] = [];
  while (ports.length < count) ports.push(await freePort());
  const servers = ports.map(
    (own, server) => `
    frontend server${server}
      bind 127.0.0.1:${own}
      http-request return status 200 hdr x-server ${server}`,
  );
  const sections = backends.map(
    (backend, i) => `
    backend b${i}
      ${backend.lines.join('\n      ')}
      ${backend.servers.map((settings, server) => `server s${server} 127.0.0.1:${ports[server]} ${settings}`).join('\n      ')}`,
  );
  const process = await startHaproxy(`
    global
      nbthread 1
      maxconn 4000
      stats socket ${socket} level admin
      stats timeout 1m
    defaults
      mode http
      http-reuse always
      timeout connect 5s
      timeout client 50s
      timeout server 50s
    ${servers.join('\n')}
    frontend choices
      bind 127.0.0.1:${port} accept-proxy
      use_backend %[path,field(2,/)]
    ${sections.join('\n')}
    `);
  return {
    process,
    ask: (source, numbers, key = '') => ask(port, source, numbers, key),
    command: (text) => command(socket, text),
  };
}

function ask(port: number, source: string, backends: readonly number[], key: string): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.setEncoding('latin1');
    const header = source.includes(':') ? `TCP6 ${source} ::1` : `TCP4 ${source} 127.0.0.1`;
    const requests = backends.map((backend) => `GET /b${backend}/${key} HTTP/1.1\r\nhost: test\r\n\r\n`);
    socket.write(`PROXY ${header} 1024 80\r\n${requests.join('')}`);
    socket.on('data', (chunk) => {
      text += chunk;
      const answers = [...text.matchAll(/x-server: (\d+)\r/g)];
      if (answers.length < backends.length) return;
      resolve(answers.map(([, server]) => Number(server)));
      socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`closed before all answers: ${text.slice(-300)}`)));
  });
}

/** Sends a line to HAProxy's statistics socket; answers what it says. */
export function command(path: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let answer = '';
    socket.setEncoding('utf8');
    socket.write(`${text}\n`);
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}
