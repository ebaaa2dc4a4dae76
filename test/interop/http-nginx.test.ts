/** curl and wrk talk to nginx through the balancer: answers arrive whole, connections are kept alive, none fails. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { freePort, runProcess, startNginx } from '../harness.js';
import { balance } from './support/balancers.js';
import { interop } from './support/peers.js';

const BODY = 'hello through the balancer';
/** Requests of wrk that must succeed. */
const REQUESTS_MIN = 100_000;

/** nginx with an answer that says on which connection, and as which request of it, it was asked. */
async function startWeb(): Promise<string> {
  const port = await freePort();
  await startNginx(`
    events { worker_connections 4096; }
    http {
      keepalive_requests 1000000000;
      server {
        listen 127.0.0.1:${port} backlog=1024;
        location / { add_header X-Request $connection/$connection_requests; return 200 "${BODY}"; }
      }
    }`);
  return `127.0.0.1:${port}`;
}

for (const workers of [1, 2]) {
  interop(`curl gets status and body from nginx, two requests on one connection, ${workers} workers`, async (engine) => {
    const { port } = await balance(engine, [await startWeb()], { workers });
    const url = `http://127.0.0.1:${port}/`;
    const { code, stdout, stderr } = await runProcess('curl', ['-sS', '-i', '-w', '\\n', url, url]);
    assert.is(code, 0, stderr);
    const statuses = stdout.match(/^HTTP\/1\.1 200 OK/gm) ?? [];
    assert.is(statuses.length, 2);
    assert.is(stdout.split(BODY).length - 1, 2);
    const [first, second] = [...stdout.matchAll(/^X-Request: (\d+)\/(\d+)/gm)];
    assert.equal([first[2], second[2]], ['1', '2']);
    assert.is(first[1], second[1]);
  });

  interop(`wrk makes ${REQUESTS_MIN} requests to nginx without an error, ${workers} workers`, async (engine) => {
    const { port } = await balance(engine, [await startWeb()], { workers });
    let requests = 0;
    while (requests < REQUESTS_MIN) {
      const { code, stdout, stderr } = await runProcess('wrk', ['-t1', '-c64', '-d4s', `http://127.0.0.1:${port}/`]);
      assert.is(code, 0, stderr);
      assert.not.match(stdout, /Socket errors|Non-2xx/);
      const made = Number(/(\d+) requests in/.exec(stdout)?.[1]);
      assert.ok(made > 0, stdout);
      requests += made;
    }
  });
}

interop('curl on a new connection each time reaches nginx', async (engine) => {
  const { port } = await balance(engine, [await startWeb()], { workers: 2 });
  for (let i = 0; i < 20; i++) {
    const { code, stdout } = await runProcess('curl', ['-sS', `http://127.0.0.1:${port}/`]);
    assert.is(`${code} ${stdout}`, `0 ${BODY}`);
  }
});

test.run();
