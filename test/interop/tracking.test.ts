/** What tracked connections are counted as, and when, compared with HAProxy. */
import { test } from 'uvu';
import { dial, echo, serve } from './support/peers.js';
import { attempt, balance, exchange, lineOf } from './support/sticky.js';
import { twins } from './support/twins.js';

const ALL_DATA = [
  'conn_cnt,conn_cur,conn_rate(1h),sess_cnt,sess_rate(1h)',
  'bytes_in_cnt,bytes_out_cnt,bytes_in_rate(1h),bytes_out_rate(1h)',
  'gpc0,gpc0_rate(1h),gpc1,gpc1_rate(1h),gpt0',
  'http_req_cnt,http_req_rate(1h),http_err_cnt,http_err_rate(1h),http_fail_cnt,http_fail_rate(1h)',
].join(',');

const READ = [
  ...['conn_cnt', 'conn_cur', 'conn_rate', 'sess_cnt', 'sess_rate'],
  ...['kbytes_in', 'kbytes_out', 'bytes_in_rate', 'bytes_out_rate'],
  ...['get_gpc0', 'gpc0_rate', 'get_gpc1', 'gpc1_rate', 'get_gpt0'],
  ...['http_req_cnt', 'http_req_rate', 'http_err_cnt', 'http_err_rate', 'http_fail_cnt', 'http_fail_rate'],
];

/** A log format that shows everything of a tracked counter. */
const allOf = (counter: number): string =>
  `${counter}: tracked=%[sc${counter}_tracked] trackers=%[sc${counter}_trackers] ${READ.map((name) => `${name}=%[sc${counter}_${name}]`).join(' ')}`;

const shown = [0, 1, 2].map((counter) => `"${allOf(counter)}"`.replaceAll(' ', '\\ ').replaceAll('"', '')).join('\\ ');

twins('all counters, tracked by connections, sessions and contents', async (run) => {
  const server = await serve(echo);
  const port = await run.port('bind');
  await balance(
    run,
    `
frontend front
  bind 127.0.0.1:${port}
  tcp-request inspect-delay 5s
  tcp-request connection track-sc0 src table connections
  tcp-request session track-sc1 src table sessions
  tcp-request content track-sc2 src table contents if { req.len gt 0 }
  tcp-request content accept if { req.len gt 0 }
  log-format %B\\ ${shown}
  default_backend back
backend back
  server a ${server.address}
backend connections
  stick-table type ip size 100 expire 1h store ${ALL_DATA}
backend sessions
  stick-table type ip size 100 expire 1h store ${ALL_DATA}
backend contents
  stick-table type ip size 100 expire 1h store ${ALL_DATA}`,
  );
  const seen: string[] = [];
  for (let i = 0; i < 3; i++) seen.push(await exchange(run, port, 'x'.repeat(3000)));
  const [first, second] = [await dial(port), await dial(port)];
  await first.echoes('one');
  await second.echoes('two');
  for (const client of [first, second]) {
    const before = run.log.trafficCount;
    client.socket.end();
    await client.over();
    seen.push(await lineOf(run, before));
  }
  seen.push(await exchange(run, port));
  return seen;
});

twins('who connects too often is rejected at the same connection', async (run) => {
  const server = await serve(echo);
  const port = await run.port('bind');
  await balance(
    run,
    `
frontend front
  bind 127.0.0.1:${port}
  tcp-request connection track-sc0 src table st
  tcp-request connection reject if { src_conn_rate(st) gt 3 }
  default_backend back
backend back
  server a ${server.address}
backend st
  stick-table type ip size 100 expire 1h store conn_rate(1h)`,
  );
  const seen: string[] = [];
  for (let i = 0; i < 6; i++) seen.push(await attempt(port));
  return seen;
});

/** A log format of many expressions, with the bytes of the session, so that it is written at its end. */
const format = (...expressions: readonly string[]): string =>
  `log-format %B\\ ${expressions.map((text) => `${text.replaceAll('%', '')}=%[${text}]`).join('\\ ')}`;

twins('general counters and tags: rules, fetches that change them, arrays and the older names', async (run) => {
  const server = await serve(echo);
  const port = await run.port('bind');
  await balance(
    run,
    `
frontend front
  bind 127.0.0.1:${port}
  tcp-request connection track-sc0 src table single
  tcp-request connection track-sc1 src table arrays
  tcp-request connection sc-inc-gpc0(0)
  tcp-request connection sc-inc-gpc1(0)
  tcp-request connection sc-inc-gpc0(1)
  tcp-request connection sc-inc-gpc(2,1)
  tcp-request connection sc-inc-gpc(3,1)
  tcp-request connection sc-set-gpt0(0) 42
  tcp-request connection sc-set-gpt(1,1) 43
  tcp-request session sc-set-gpt0(1) src_get_gpc0(single)
  tcp-request session sc-inc-gpc1(1)
  tcp-request content sc-inc-gpc0(0)
  tcp-request content sc-inc-gpc0(2)
  ${format(
    ...['sc0_get_gpc0', 'sc0_get_gpc1', 'sc0_get_gpt0', 'sc0_gpc0_rate', 'sc0_gpc1_rate', 'sc_get_gpc(0,0)', 'sc_get_gpc(1,0)'],
    ...['sc1_get_gpc0', 'sc1_get_gpc1', 'sc1_get_gpt0', 'sc1_gpc0_rate', 'sc1_gpc1_rate', 'sc_get_gpt(1,1)', 'sc_get_gpt(2,1)'],
    ...['sc_get_gpc(0,1)', 'sc_get_gpc(2,1)', 'sc_get_gpc(3,1)', 'sc_gpc_rate(0,1)', 'sc_gpc_rate(2,1)', 'sc_gpc_rate(3,1)'],
    ...[
      'sc0_inc_gpc0',
      'sc_inc_gpc0(0)',
      'sc1_inc_gpc1',
      'sc_inc_gpc(2,1)',
      'sc_inc_gpc(3,1)',
      'sc_inc_gpc(9,1)',
      'sc2_inc_gpc0',
    ],
    ...['sc0_clr_gpc1', 'sc0_get_gpc1', 'sc0_gpc1_rate', 'sc_clr_gpc(2,1)', 'sc_clr_gpc(9,1)', 'sc0_get_gpc0(arrays)'],
    ...['src_inc_gpc0(single)', 'src_inc_gpc(1,arrays)', 'src_clr_gpc1(arrays)', 'src_get_gpt0(arrays)', 'src_gpc0_rate(single)'],
    ...['src_inc_gpc0(other)', 'src_get_gpc0(other)', 'src_get_gpc1(other)', 'src_clr_gpc0(other)', 'src_get_gpc(0,other)'],
  )}
  default_backend back
backend back
  server a ${server.address}
backend single
  stick-table type ip size 100 expire 1h store gpc0,gpc0_rate(1h),gpc1,gpc1_rate(1h),gpt0
backend arrays
  stick-table type ip size 100 expire 1h store gpc(3),gpc_rate(2,1h),gpt(2)
backend other
  stick-table type ip size 100 expire 1h store gpc0`,
  );
  const seen: string[] = [];
  for (let i = 0; i < 3; i++) seen.push(await exchange(run, port));
  return seen;
});

twins('the address that has no entry, tables of other types, converters and counts of tables', async (run) => {
  const server = await serve(echo);
  const port = await run.port('bind');
  await balance(
    run,
    `
frontend front
  bind 127.0.0.1:${port}
  tcp-request inspect-delay 5s
  tcp-request content track-sc0 req.payload(0,4) table texts if { req.len ge 4 }
  tcp-request content accept if { req.len ge 4 }
  ${format(
    ...['src_conn_cnt(addresses)', 'src_conn_cur(addresses)', 'src_conn_rate(addresses)', 'src_sess_cnt(addresses)'],
    ...['src_kbytes_in(addresses)', 'src_bytes_out_rate(addresses)', 'src_get_gpc0(addresses)', 'src_http_req_cnt(addresses)'],
    ...['table_cnt(addresses)', 'table_avl(addresses)', 'table_cnt(texts)', 'table_avl(texts)', 'src,in_table(addresses)'],
    ...[
      'src,table_conn_cnt(addresses)',
      'src_updt_conn_cnt(addresses)',
      'src_updt_conn_cnt(addresses)',
      'src,in_table(addresses)',
    ],
    ...['src,table_conn_cnt(addresses)', 'str(127.0.0.1),table_conn_cnt(addresses)', 'str(::ffff:127.0.0.1),in_table(addresses)'],
    ...['str(nonsense),in_table(addresses)', 'str(nonsense),table_conn_cnt(addresses)', 'int(2130706433),in_table(addresses)'],
    ...['table_cnt(addresses)', 'table_avl(addresses)', 'src,table_sess_cnt(addresses)', 'src,table_trackers(addresses)'],
    ...['str(abcd),in_table(texts)', 'str(abcd),table_conn_cnt(texts)', 'str(abcd),table_conn_cur(texts)'],
    ...[
      'str(abcd),table_trackers(texts)',
      'str(abcde),in_table(texts)',
      'str(abc),in_table(texts)',
      'str(abcd),table_gpt0(texts)',
    ],
    ...['str(abcd),table_sess_rate(texts)', 'str(abcd),table_server_id(texts)', 'str(abcd),table_gpc(0,texts)'],
    ...['int(5),table_conn_cnt(numbers)', 'str(5),in_table(numbers)', 'src,in_table(numbers)', 'sc0_conn_cnt(addresses)'],
    ...['sc0_conn_cnt(texts)', 'sc0_sess_cnt', 'sc0_kbytes_in', 'sc0_conn_cur', 'sc1_conn_cnt', 'sc1_tracked', 'sc_tracked(0)'],
    ...['sc_trackers(0)', 'sc_trackers(1)', 'sc_conn_cnt(0,texts)', 'sc_http_req_cnt(0)', 'src,table_kbytes_in(addresses)'],
  )}
  default_backend back
backend back
  server a ${server.address}
backend addresses
  stick-table type ip size 100 expire 1h store conn_cnt
backend texts
  stick-table type string len 4 size 100 expire 1h store conn_cnt,conn_cur,sess_cnt
backend numbers
  stick-table type integer size 100 expire 1h store conn_cnt`,
  );
  const seen: string[] = [];
  for (const text of ['abcd', 'abcdef', 'xyzw', 'abcd']) seen.push(await exchange(run, port, text));
  return seen;
});

twins('what waits in queues, of the backend and of a server', async (run) => {
  const server = await serve(echo);
  const port = await run.port('bind');
  const watch = await run.port('watch');
  await balance(
    run,
    `
frontend front
  bind 127.0.0.1:${port}
  no log
  default_backend back
frontend watch
  bind 127.0.0.1:${watch}
  ${format('queue(back)', 'avg_queue(back)', 'srv_queue(back/a)', 'srv_conn(back/a)', 'str(back/a),srv_queue', 'str(back/b),srv_queue')}
  default_backend other
backend back
  server a ${server.address} maxconn 1
backend other
  server o ${server.address}`,
  );
  const first = await dial(port);
  await first.echoes('first');
  const seen = [await exchange(run, watch)];
  const waiting = [await dial(port), await dial(port)];
  for (const client of waiting) client.socket.write('hello');
  const full = /queue\(back\)=2/;
  for (let line = ''; !full.test(line); ) line = await exchange(run, watch);
  seen.push(await exchange(run, watch));
  return seen;
});

test.run();
