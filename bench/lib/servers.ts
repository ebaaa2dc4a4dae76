/** What stands around the balancers: nginx with one small and one large answer, the raw server, and whoever takes log lines. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compiled } from './contenders.js';
import { freePort, Program } from './procs.js';

/** Bytes of the large answer. */
export const BULK_BYTES = 10_000_000;
/** Paths of the small answer (11 bytes) and the large one. */
export const SMALL_PATH = '/small';
export const BULK_PATH = '/bulk';

/** Ports on 127.0.0.1. */
export interface Servers {
  readonly httpPort: number;
  readonly rawPort: number;
  /** Of UDP: every line that arrives is thrown away. */
  readonly logPort: number;
}

/** Starts them, once for the whole benchmark. */
export async function startServers(folder: string, cpus: string | undefined): Promise<Servers> {
  const httpPort = await freePort();
  const rawPort = await freePort();
  const http = await Program.start('nginx (server)', ['nginx', '-e', 'stderr', '-p', folder, '-c', nginxHttp(folder, httpPort)], {
    cpus,
  });
  const raw = await Program.start('raw server', [process.execPath, compiled('../raw-server.js'), String(rawPort)], { cpus });
  await http.listening('127.0.0.1', httpPort);
  await raw.listening('127.0.0.1', rawPort);
  const logPort = await freePort();
  await Program.start('log receiver', ['socat', '-u', `UDP4-RECV:${logPort},bind=127.0.0.1`, 'OPEN:/dev/null'], { cpus });
  return { httpPort, rawPort, logPort };
}

function nginxHttp(folder: string, port: number): string {
  const root = join(folder, 'root');
  mkdirSync(root);
  writeFileSync(join(root, BULK_PATH), Buffer.alloc(BULK_BYTES, 'b'));
  const scratch = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `  ${name}_temp_path ${join(folder, name)};`,
  );
  const text = `daemon off;
worker_processes 1;
pid ${join(folder, 'server.pid')};
error_log stderr;
events { worker_connections 8000; }
http {
${scratch.join('\n')}
  access_log off;
  sendfile on;
  keepalive_requests 1000000000;
  keepalive_timeout 300s;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location = ${SMALL_PATH} { return 200 "hello world"; }
    location = ${BULK_PATH} { root ${root}; }
  }
}
`;
  const file = join(folder, 'server.conf');
  writeFileSync(file, text);
  return file;
}
