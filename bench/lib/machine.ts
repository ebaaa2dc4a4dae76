/** Where and with what the figures were taken: machine, kernel, versions. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';

/** Lines of Markdown: date, machine, system, versions. */
export function machineText(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  const lines = [
    `Date: ${new Date().toISOString().slice(0, 10)}`,
    `Machine: ${availableParallelism()} CPUs (${cpus()[0]?.model.trim() ?? 'unknown'}), ${memory} GiB`,
    `System: ${systemName()}, Linux ${release()}`,
    `TCP congestion control: ${readFileSync('/proc/sys/net/ipv4/tcp_congestion_control', 'utf8').trim()}`,
    `Node.js ${process.version}`,
    `${firstLine('haproxy', '-v')}`,
    `${firstLine('nginx', '-v')}`,
    `${firstLine('wrk', '-v')}`,
  ];
  return lines.map((line) => `- ${line}`).join('\n');
}

function systemName(): string {
  return /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'unknown system';
}

/** Programs print their version on either stream and end with any status. */
function firstLine(program: string, flag: string): string {
  const { stdout, stderr, error } = spawnSync(program, [flag], { encoding: 'utf8' });
  if (error) return `${program}: not installed`;
  return (stdout + stderr)
    .trim()
    .split('\n')[0]
    .replace(/ - https.*| Copyright.*/, '');
}
