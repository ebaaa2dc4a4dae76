/** The programs that interop tests are made of: the balancer itself, HAProxy and nginx. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isListening } from './ports.js';
import { type RunningProcess, type StartOptions, scratchFolder, startProcess } from './processes.js';

/** The compiled command line; this file runs from `dist/test/harness`. */
const TURBO_LB = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

/** The two I/O engines of the data plane. */
export const ENGINES = ['uring', 'epoll'] as const;
/** One of them, as `--io-engine` takes it. */
export type EngineChoice = (typeof ENGINES)[number];

export interface TurboOptions extends StartOptions {
  /** Left to the program's own choice when not given. */
  readonly engine?: EngineChoice;
}

/**
 * Starts turbo-lb with these arguments, and answers when it listens on every `--bind` of them, or
 * as `readyWhen` says. What connects from then on is served, if need be out of the accept queue.
 */
export function startTurbo(args: readonly string[], options: TurboOptions = {}): Promise<RunningProcess> {
  const { engine, ...rest } = options;
  const engineArgs = engine === undefined ? [] : ['--io-engine', engine];
  return startProcess(process.execPath, [TURBO_LB, ...args, ...engineArgs], { readyWhen: listensOn(bindsOf(args)), ...rest });
}

/** The values of `--bind x` and `--bind=x`. */
function bindsOf(args: readonly string[]): string[] {
  return args.flatMap((arg, index) => {
    if (arg.startsWith('--bind=')) return [arg.slice('--bind='.length)];
    return args[index - 1] === '--bind' ? [arg] : [];
  });
}

/** Starts HAProxy in the foreground with this configuration; answers when it listens on every `bind` of it. */
export function startHaproxy(config: string): Promise<RunningProcess> {
  const file = join(scratchFolder(), 'haproxy.cfg');
  writeFileSync(file, `${config}\n`);
  const binds = [...config.matchAll(/^\s*bind\s+(\S+)/gm)].map((match) => match[1]);
  return startProcess('haproxy', ['-db', '-f', file], { readyWhen: listensOn(binds) });
}

/** Debian builds the stream module apart. */
const NGINX_STREAM_MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so';
/** What nginx keeps below its prefix instead of where only root may write. */
const NGINX_TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  .map((name) => `${name}_temp_path ${name};`)
  .join(' ');

/**
 * Starts nginx in the foreground with this configuration, from `events` on: the process id file,
 * the error log, the temporary paths, no access log and the stream module are added here. Relative
 * paths begin at a new folder. Answers when it listens on every `listen` of it.
 */
export function startNginx(config: string): Promise<RunningProcess> {
  const folder = scratchFolder();
  const module =
    /^\s*stream\s*\{/m.test(config) && existsSync(NGINX_STREAM_MODULE) ? `load_module ${NGINX_STREAM_MODULE};\n` : '';
  const body = config.replace(/^\s*http\s*\{/m, (opening) => `${opening} access_log off; ${NGINX_TEMPORARY}`);
  writeFileSync(join(folder, 'nginx.conf'), `${module}daemon off;\npid nginx.pid;\nerror_log stderr;\n${body}`);
  const listens = [...config.matchAll(/^\s*listen\s+([^\s;]+)/gm)].map((match) => match[1]);
  return startProcess('nginx', ['-e', 'stderr', '-p', folder, '-c', 'nginx.conf'], { readyWhen: listensOn(listens) });
}

/**
 * Whether something listens on all of these: `8080`, `:8080`, `127.0.0.1:8080`, `[::1]:8080`,
 * a path, `unix@path`, `unix:path`.
 */
function listensOn(addresses: readonly string[]): () => boolean {
  return () =>
    addresses.every((address) => {
      const port = /(?:^|:)(\d+)$/.exec(address);
      return port ? isListening(Number(port[1])) : existsSync(address.replace(/^unix[@:]/, ''));
    });
}
