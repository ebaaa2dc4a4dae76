/** Fetches of the state of frontends, backends, servers and tables (configuration manual, section 7.3.2). */
import type { ArgumentSpec, FetchSignature } from '../signature.js';
import type { SampleType } from '../syntax.js';

type Row = readonly [name: string, type: SampleType, help: string];

/** Of the proxy or server that is named. */
const named = (argument: ArgumentSpec, rows: readonly Row[]): FetchSignature[] =>
  rows.map(([name, type, help]) => ({ name, arguments: [argument], type, origin: 'internal', help }));

/** Of the frontend, backend or server that the session has. */
const own = (origin: 'frontend' | 'backend' | 'server', rows: readonly Row[]): FetchSignature[] =>
  rows.map(([name, type, help]) => ({ name, arguments: [], type, origin, help }));

/** All of them. */
export const PROXY_FETCHES: readonly FetchSignature[] = [
  ...named('backend', [
    ['avg_queue', 'sint', 'Sessions in the queues of a backend for each of its active servers.'],
    ['be_conn', 'sint', 'Sessions of a backend.'],
    ['be_conn_free', 'sint', 'Free connection slots of the available servers of a backend; -1: no limit.'],
    ['be_sess_rate', 'sint', 'New sessions of a backend in the last second.'],
    ['connslots', 'sint', 'Free connection and queue slots of the available servers of a backend; -1: no limit.'],
    ['nbsrv', 'sint', 'Usable servers of a backend.'],
    ['queue', 'sint', 'Sessions in the queues of a backend.'],
  ]),
  ...named('frontend', [
    ['fe_conn', 'sint', 'Sessions of a frontend.'],
    ['fe_req_rate', 'sint', 'Requests of a frontend in the last second.'],
    ['fe_sess_rate', 'sint', 'New sessions of a frontend in the last second.'],
  ]),
  ...named('server', [
    ['srv_conn', 'sint', 'Connections of a server.'],
    ['srv_conn_free', 'sint', 'Free connection slots of a server; -1: no limit.'],
    ['srv_is_up', 'bool', 'Whether a server is up.'],
    ['srv_iweight', 'sint', 'The configured weight of a server.'],
    ['srv_queue', 'sint', 'Sessions in the queue of a server.'],
    ['srv_sess_rate', 'sint', 'New connections of a server in the last second.'],
    ['srv_uweight', 'sint', 'The weight of a server that users see.'],
    ['srv_weight', 'sint', 'The effective weight of a server.'],
  ]),
  ...named('table', [
    ['table_avl', 'sint', 'Free entries of a stick table.'],
    ['table_cnt', 'sint', 'Entries of a stick table.'],
  ]),
  ...own('frontend', [
    ['fe_client_timeout', 'sint', 'timeout client of the frontend, in milliseconds.'],
    ['fe_defbe', 'str', 'Name of the default backend of the frontend.'],
    ['fe_id', 'sint', 'Number of the frontend.'],
    ['fe_name', 'str', 'Name of the frontend.'],
    ['so_id', 'sint', 'Number of the listening socket.'],
    ['so_name', 'str', 'Name of the listening socket.'],
  ]),
  ...own('backend', [
    ['be_id', 'sint', 'Number of the backend.'],
    ['be_name', 'str', 'Name of the backend.'],
    ['be_server_timeout', 'sint', 'timeout server of the backend, in milliseconds.'],
    ['be_tunnel_timeout', 'sint', 'timeout tunnel of the backend, in milliseconds.'],
    ['cur_server_timeout', 'sint', 'timeout server of the session, in milliseconds.'],
    ['cur_tunnel_timeout', 'sint', 'timeout tunnel of the session, in milliseconds.'],
  ]),
  ...own('server', [
    ['srv_id', 'sint', 'Number of the server.'],
    ['srv_name', 'str', 'Name of the server.'],
  ]),
];
