/** The peers that interop tests rely on start here with the harness, and answer. */

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countersOf, freePort, httpGet, startHaproxy, startNginx, withProcesses } from '../harness.js';

test('nginx, HAProxy and nginx stream stand one behind the other', () =>
  withProcesses(async () => {
    const [web, stream, proxy] = [await freePort(), await freePort(), await freePort()];
    const nginx = await startNginx(`
      events {}
      http {
        server {
          listen 127.0.0.1:${web};
          return 200 "from nginx";
        }
      }
      stream {
        server {
          listen 127.0.0.1:${stream};
          proxy_pass 127.0.0.1:${web};
        }
      }`);
    await startHaproxy(`
      defaults
        mode tcp
        timeout connect 5s
        timeout client 5s
        timeout server 5s
      listen relay
        bind 127.0.0.1:${proxy}
        server s1 127.0.0.1:${stream}
      `);
    const answer = await httpGet(`http://127.0.0.1:${proxy}/`);
    assert.is(`${answer.status} ${answer.body}`, '200 from nginx');
    assert.ok(countersOf(nginx.pid).fds > 0);
  }));

test.run();
