/** rsyslog with the example's rules receives our lines, by UDP and by its socket, and logrotate turns the files. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { SessionLog } from '../../src/proxy/log/session-log.js';
import { COUNTER } from '../../src/shared/counters.js';
import { eventually, freePort, type RunningProcess, runProcess, scratchFolder, startProcess, withProcesses } from '../harness.js';
import { compiler, contextOf, formatOf, planOf, sessionOf, surroundingsOf, targetOf, udp } from '../proxy/log/support/lab.js';

const example = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../../examples/${name}`, import.meta.url)), 'utf8');

/** A syslog service of a test, in a folder of its own. */
class Syslog {
  readonly folder = scratchFolder();
  readonly socket = join(this.folder, 'log');
  private running: RunningProcess | null = null;

  constructor(readonly port: number) {
    const rules = example('rsyslog-turbo-lb.conf').replaceAll('/var/log/', `${this.folder}/`).replace('"514"', `"${port}"`);
    writeFileSync(join(this.folder, 'rules.conf'), rules);
    writeFileSync(
      join(this.folder, 'rsyslog.conf'),
      `global(workDirectory="${this.folder}")
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="${this.socket}")
$IncludeConfig ${this.folder}/rules.conf
*.* ${this.folder}/everything-else\n`,
    );
  }

  async start(): Promise<void> {
    const args = ['-n', '-i', join(this.folder, 'pid'), '-f', join(this.folder, 'rsyslog.conf')];
    this.running = await startProcess('rsyslogd', args, {
      env: { PATH: `${process.env.PATH}:/usr/sbin` },
      readyWhen: () => existsSync(this.socket) && isBound(this.port),
    });
  }

  async stop(): Promise<void> {
    await this.running?.stop();
  }

  get pid(): number {
    return this.running?.pid ?? 0;
  }

  read(file: string): string {
    const path = join(this.folder, file);
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }
}

/** Whether somebody receives at this UDP port. */
function isBound(port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return readFileSync('/proc/net/udp', 'utf8').includes(`0100007F:${hex} `);
}

/** Our log: everything to local0 by UDP, errors to local1 by the socket. */
class Ours {
  readonly said: string[] = [];
  readonly dropped: () => number;
  private readonly log: SessionLog;
  private nowMs = 0;

  constructor(syslog: Syslog) {
    const socket = { kind: 'socket', address: { family: 'unix', path: syslog.socket, abstract: false } } as const;
    const plan = planOf({
      targets: [
        targetOf(udp(syslog.port), { format: 'local', facility: 16 }),
        targetOf(socket, { format: 'local', facility: 17, maxLevel: 5 }),
      ],
      format: formatOf('%ci %b/%s %ts'),
      separateErrors: true,
    });
    const lane = surroundingsOf(plan, this.said);
    this.dropped = () => lane.counters[COUNTER.logsDropped];
    this.log = new SessionLog(lane, compiler);
  }

  write(termination: '--' | 'sD', client: number): void {
    const session = sessionOf({ termination });
    session.source.setIpv4(client, 1);
    this.log.write(session, { ...contextOf(session), nowMs: this.nowMs }, false);
    this.log.flush(this.nowMs);
  }

  passTime(ms: number): void {
    this.nowMs += ms;
  }
}

const holds = (syslog: Syslog, file: string, text: string): Promise<unknown> =>
  eventually(`${file} holds ${text}`, () => syslog.read(file).includes(text));

test('local0 goes to one file and local1 to another', () =>
  withProcesses(async () => {
    const syslog = new Syslog(await freePort());
    await syslog.start();
    const ours = new Ours(syslog);
    ours.write('--', 0x0a000001);
    ours.write('sD', 0x0a000002);
    await holds(syslog, 'turbo-lb.log', '10.0.0.2 be/s1 sD');
    await holds(syslog, 'turbo-lb-notice.log', '10.0.0.2 be/s1 sD');
    const line = / haproxy\[\d+\]: 10\.0\.0\.[12] be\/s1 (--|sD)$/;
    const lines = (file: string): string[] => syslog.read(file).trimEnd().split('\n');
    assert.is(lines('turbo-lb.log').length, 2);
    assert.is(lines('turbo-lb-notice.log').length, 1);
    for (const one of [...lines('turbo-lb.log'), ...lines('turbo-lb-notice.log')]) assert.match(one, line);
    await syslog.stop();
    assert.not.match(syslog.read('everything-else'), 'be/s1');
    assert.is(ours.dropped(), 0);
  }));

test('rsyslog goes away and comes back: lines are dropped, counted, and said once', () =>
  withProcesses(async () => {
    const syslog = new Syslog(await freePort());
    const ours = new Ours(syslog);
    ours.write('sD', 1);
    ours.write('sD', 2);
    assert.is(ours.dropped(), 2, 'those for the socket; what goes by UDP nobody knows of');
    await syslog.start();
    ours.passTime(10_000);
    ours.write('sD', 3);
    await holds(syslog, 'turbo-lb-notice.log', '0.0.0.3 be/s1');
    assert.is(ours.dropped(), 2);
    assert.is(ours.said.length, 2);
    assert.match(ours.said[0], /^warning: log lines to unix@.*\/log are dropped: .*ENOENT/);
    assert.is(ours.said[1], 'notice: log lines are delivered again, 2 were dropped');
    await syslog.stop();
  }));

test('logrotate turns the files, and logging goes on in the new one', () =>
  withProcesses(async () => {
    const syslog = new Syslog(await freePort());
    await syslog.start();
    const ours = new Ours(syslog);
    const hup = join(syslog.folder, 'rsyslog-rotate');
    writeFileSync(hup, `#!/bin/sh\nkill -HUP ${syslog.pid}\n`);
    chmodSync(hup, 0o755);
    const rules = join(syslog.folder, 'logrotate');
    const text = example('logrotate-turbo-lb').replaceAll('/var/log/', `${syslog.folder}/`);
    writeFileSync(rules, text.replaceAll('/usr/lib/rsyslog/rsyslog-rotate', hup));
    chmodSync(rules, 0o644);
    const rotate = async (): Promise<void> => {
      const args = ['-f', '-s', join(syslog.folder, 'state'), rules];
      const { code, stderr } = await runProcess('logrotate', args, { env: { PATH: `${process.env.PATH}:/usr/sbin` } });
      assert.is(code, 0, stderr);
    };
    for (let day = 1; day <= 9; day++) {
      ours.write('--', day);
      // The old file is still open for a moment after the signal; what is written then goes there.
      await eventually(`day ${day} is in the new file`, () => {
        if (syslog.read('turbo-lb.log').includes(`0.0.0.${day} be/s1`)) return true;
        ours.write('--', day);
        return false;
      });
      await rotate();
    }
    const oldest = gunzipSync(readFileSync(join(syslog.folder, 'turbo-lb.log.7.gz'))).toString();
    assert.match(oldest, '0.0.0.3 be/s1');
    assert.match(syslog.read('turbo-lb.log.1'), '0.0.0.9 be/s1');
    assert.not.ok(existsSync(join(syslog.folder, 'turbo-lb.log.8.gz')), 'seven are kept');
    await syslog.stop();
  }));

test.run();
