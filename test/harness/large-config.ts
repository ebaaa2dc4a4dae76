/**
 * The text of a large configuration: a hundred thousand lines, thousands of backends, as those that
 * are written by programs. Its first and last backend lead to servers that a test names.
 */

/** How large, and what is real in it. */
export interface LargeConfig {
  readonly lines: number;
  readonly backends: number;
  /** Two ports to listen on: the first one leads to the first backend, the other one to the last. */
  readonly ports: readonly [number, number];
  /** The servers of the first and the last backend, as `host:port`. */
  readonly servers: readonly [string, string];
  /** Further lines of section `global`. */
  readonly global?: readonly string[];
}

const ALGORITHMS = ['roundrobin', 'leastconn', 'source', 'random', 'first'];
/** Lines of a backend beside its servers. */
const BACKEND_LINES = 9;

/** The text, which ends with a line feed. Both HAProxy and turbo-lb take it. */
export function largeConfig({ lines, backends, ports, servers, global = [] }: LargeConfig): string {
  const head = [
    ...['global', ' maxconn 1000', ' nbthread 2', ...global],
    ...['defaults', ' mode tcp', ' timeout connect 5s', ' timeout client 50s', ' timeout server 50s'],
    ...['frontend in', ` bind 127.0.0.1:${ports[0]}`, ` bind 127.0.0.1:${ports[1]}`],
    ...[` acl first dst_port ${ports[0]}`, ` acl last dst_port ${ports[1]}`],
    ...[' use_backend %[str(b0)] if first', ` use_backend b${backends - 1} if last`],
  ];
  const perBackend = Math.floor((lines - head.length) / backends) - BACKEND_LINES;
  const body = Array.from({ length: backends }, (_, i) => {
    const real = i === 0 ? servers[0] : i === backends - 1 ? servers[1] : null;
    return backend(i, perBackend, (server) => real ?? `10.${i >> 8}.${i & 255}.${server + 1}:80`);
  });
  const text = [...head, ...body.flat()];
  const filling = Array.from({ length: Math.max(0, lines - text.length) }, () => '# to the full number of lines');
  return `${[...text, ...filling].join('\n')}\n`;
}

function backend(i: number, servers: number, address: (server: number) => string): string[] {
  return [
    `backend b${i}`,
    ` # number ${i}`,
    ` balance ${ALGORITHMS[i % ALGORITHMS.length]}`,
    ' option tcpka',
    ' option redispatch',
    ' retries 2',
    ' timeout queue 10s',
    ` acl local src 127.0.0.0/8 10.${i & 255}.0.0/16`,
    ' use-server s0 if local',
    ...Array.from({ length: servers }, (_, server) => ` server s${server} ${address(server)} weight ${server + 1} maxconn 200`),
  ];
}
