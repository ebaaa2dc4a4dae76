/** What `hard-stop-after` does to sessions that a soft stop waits for too long, beside HAProxy: ends, log lines, what is said of it. */
import { test } from 'uvu';
import { dial, serve } from './support/peers.js';
import { twins } from './support/twins.js';

twins('sessions that go on for longer than hard-stop-after are closed, each with its line', async (run) => {
  const greeter = await serve((peer) => peer.socket.write('hello'));
  const [one, two] = [await run.port('one'), await run.port('two')];
  const { child, exited, ...balancer } = await run.start(`global
    log 127.0.0.1:${run.log.port} local0
    hard-stop-after 500ms
    maxconn 100
defaults
    mode tcp
    log global
    timeout connect 1m
    timeout client 1m
    timeout server 1m
frontend one
    bind 127.0.0.1:${one}
    option tcplog
    use_backend served
frontend two
    bind 127.0.0.1:${two}
    option tcplog
    use_backend served
frontend idle
    bind 127.0.0.1:${await run.port('idle')}
    use_backend served
backend served
    server s ${greeter.address}
    option tcplog`);
  const clients = [await dial(one), await dial(one), await dial(two)];
  for (const client of clients) await client.hears('hello');
  child.kill('SIGUSR1');
  const ends = await Promise.all(clients.map((client) => client.over()));
  const ended = await exited;
  const lines = await run.logged(3);
  const hard = / : (soft-stop .*|.* hard-stopped .*)$/gm;
  return {
    ends,
    ended,
    // which of them is closed first, with how many others there, is each one's own
    lines: lines.map((line) => line.replace(/ [\d/]+ 0\/0\n$/, '')).sort(),
    said: [...balancer.stderr.matchAll(hard)].map(([, text]) => text),
    told: run.log.lines.flatMap((line) => / (soft-stop .*|Proxy .* hard-stopped .*)$/m.exec(line)?.[1] ?? []),
  };
});

test.run();
