/** What tests of stick tables have in common: configurations, exchanges one after the other, and tables in one line. */
import { dial, type Peer, type Target } from './peers.js';
import type { Run } from './twins.js';

/** Starts a balancer on these sections; logs go to the run's receiver. */
export async function balance(run: Run, sections: string): Promise<void> {
  await run.start(`
global
  log 127.0.0.1:${run.log.port} len 8192 local0
defaults
  mode tcp
  log global
  timeout connect 2s
  timeout client 30s
  timeout server 30s
  timeout queue 30s
${sections}`);
}

/** Connects, says `text` and hears it from an echoing server, and ends; answers the line that was logged of it. */
export async function exchange(run: Run, target: Target, text = 'hello'): Promise<string> {
  const before = run.log.trafficCount;
  const client = await dial(target);
  await client.echoes(text);
  client.socket.end();
  await client.over();
  return await lineOf(run, before);
}

/** Connects and waits for the end of the connection; answers whether a server did. */
export async function attempt(target: Target, text = 'hello'): Promise<string> {
  let client: Peer;
  try {
    client = await dial(target);
  } catch {
    return 'refused';
  }
  client.socket.write(text);
  await client.hears(text).catch(() => undefined);
  client.socket.end();
  await client.over();
  return client.heard === text ? 'served' : 'refused';
}

/** The line of traffic number `nth`, without its head, when it has come. */
export async function lineOf(run: Run, nth: number): Promise<string> {
  const lines = await run.logged(nth + 1);
  return lines[nth].replace(/^.*?\]: /, '');
}
