/** Commands about checks and agents beside HAProxy: the same words, the same answers, the same states after them, and where checks then go. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { eventually, withProcesses } from '../harness.js';
import { closeAll, echo, type Peer, serve, silent } from './support/peers.js';
import { type Managed, manage, NUMBERED, runtimeConfig, sameAnswer, sideBySide } from './support/runtime.js';

/** Nothing is due while commands are given: results do not come between. */
const SECTIONS = `
frontend f
  bind 127.0.0.1:{traffic}
  default_backend b
backend b
  server agent 127.0.0.1:{silent} agent-check agent-port {silent} agent-inter 1h
  server both 127.0.0.1:{silent} check inter 1h agent-check agent-port {silent} agent-inter 1h agent-addr 127.0.0.9 agent-send foo
  server check 127.0.0.1:{silent} check inter 1h port 99
  server none 127.0.0.1:{silent}
  server off 127.0.0.1:{silent} check inter 1h agent-check agent-port {silent} agent-inter 1h disabled
  server follows 127.0.0.1:{silent} track both`;

const SERVERS = ['agent', 'both', 'check', 'none', 'off', 'follows'];
const WORDS = [
  ...['agent', 'agent up', 'agent down', 'agent x', 'agent up x', 'agent DOWN'],
  ...['agent-addr', 'agent-addr 127.0.0.2', 'agent-addr 127.0.0.2 port', 'agent-addr 127.0.0.2 port 90', 'agent-addr ::1'],
  ...['agent-addr x', 'agent-addr 127.0.0.2 port x', 'agent-addr 127.0.0.2 port 70000', 'agent-addr 127.0.0.2 foo'],
  ...['agent-port', 'agent-port 91', 'agent-port 0', 'agent-port 65536', 'agent-port -1', 'agent-port x', 'agent-port +5'],
  ...['agent-send', 'agent-send hello', 'agent-send hello\\nworld', 'agent-send a b'],
  ...[
    'check-addr',
    'check-addr 127.0.0.3',
    'check-addr 127.0.0.3 port 93',
    'check-addr x',
    'check-addr ::1',
    'check-addr 127.0.0.3 port x',
  ],
  ...['check-port', 'check-port 94', 'check-port 0', 'check-port 65536', 'check-port x', 'check-port -1'],
  ...['health up', 'health down', 'health stopping', 'health x', 'health', 'agent up', 'health up'],
];
const SWITCHES = ['disable agent', 'enable agent', 'disable health', 'enable health', 'disable agent', 'enable agent'];

/** Times since changes are each one's own, and so is what the first checks have come to. */
function comparable(answer: string, { socket }: Managed): string {
  return answer
    .replace(/^ {2}.*\n/gm, '')
    .replaceAll(socket, '{socket}')
    .replace(/^(\d+ b \d+ \S+ \S+ \d+ \d+ \d+ \d+) \d+ \d+ \d+/gm, '$1 SINCE STATUS RESULT');
}

test('the same words about agents and checks, the same answers and states', () =>
  withProcesses(async () => {
    const { port } = await serve(silent);
    const both = await sideBySide(runtimeConfig(SECTIONS, NUMBERED), { silent: port });
    for (const server of SERVERS) {
      // A health that is given to a server in maintenance is lost when it leaves it: only HAProxy shows it until then.
      const meant = WORDS.filter((words) => server !== 'off' || !words.startsWith('health '));
      for (const words of meant) await sameAnswer(both, `set server b/${server} ${words};show servers state b\n`, comparable);
      for (const words of SWITCHES) await sameAnswer(both, `${words} b/${server};show servers state b\n`, comparable);
    }
  }).finally(closeAll));

test('checks and agents go where they are sent, and say what they are told to', () =>
  withProcesses(async () => {
    const agent = await serve((peer) => peer.socket.on('data', () => peer.socket.end('up\n')));
    const [first, next, server] = [await serve(echo), await serve(echo, { host: '127.0.0.2' }), await serve(echo)];
    const sections = `
listen l
  bind 127.0.0.1:{traffic}
  option tcp-check
  tcp-check send hello
  server s 127.0.0.1:{server} check inter 100ms port {first} agent-check agent-port {first} agent-send one\\n agent-inter 100ms`;
    const ports = { first: first.port, server: server.port };
    const own = await manage({ name: 'turbo-lb', engine: 'epoll', workers: 1 }, runtimeConfig(sections), ports);
    const heard = (peers: readonly Peer[], text: string): boolean => peers.some((peer) => peer.heard === text);
    await eventually('both come to the first', () => heard(first.peers, 'hello') && heard(first.peers, 'one\n'));
    await own.ask(`set server l/s check-addr 127.0.0.2 port ${next.port}\n`);
    await eventually('checks come to the next', () => heard(next.peers, 'hello'));
    await own.ask(`set server l/s agent-port ${agent.port};set server l/s agent-send two\n`);
    await eventually('the agent is asked otherwise', () => heard(agent.peers, 'two'));
    await own.ask(`set server l/s agent-addr 127.0.0.2 port ${next.port}\n`);
    await eventually('elsewhere, too', () => heard(next.peers, 'two'));
    assert.is(server.peers.length, 0);
  }).finally(closeAll));

test.run();
