/** Fetches of the connections of a session (configuration manual, section 7.3.3). */
import type { FetchSignature } from '../signature.js';
import type { SampleType } from '../syntax.js';

type Row = readonly [name: string, type: SampleType, help: string];

const client = (rows: readonly Row[]): FetchSignature[] =>
  rows.map(([name, type, help]) => ({ name, arguments: [], type, origin: 'client', help }));

const serverSide = (rows: readonly Row[]): FetchSignature[] =>
  rows.map(([name, type, help]) => ({ name, arguments: [], type, origin: 'serverConnection', help }));

/** All of them. */
export const CONNECTION_FETCHES: readonly FetchSignature[] = [
  ...client([
    ['dst', 'ipv4', 'Address that the client connected to, or that set-dst or PROXY gave.'],
    ['dst_is_local', 'bool', 'Whether dst is an address of this host.'],
    ['dst_port', 'sint', 'Port that the client connected to.'],
    ['fc_dst', 'ipv4', 'Address that the client connected to, as the connection has it.'],
    ['fc_dst_is_local', 'bool', 'Whether fc_dst is an address of this host.'],
    ['fc_dst_port', 'sint', 'Port that the client connected to, as the connection has it.'],
    ['fc_err', 'sint', 'Error of the connection with the client, as a number.'],
    ['fc_err_str', 'str', 'Error of the connection with the client, as a text.'],
    ['fc_http_major', 'sint', 'Major version of HTTP with the client.'],
    ['fc_rcvd_proxy', 'bool', 'Whether the client began with a PROXY header.'],
    ['fc_src', 'ipv4', 'Address of the client, as the connection has it.'],
    ['fc_src_is_local', 'bool', 'Whether fc_src is an address of this host.'],
    ['fc_src_port', 'sint', 'Port of the client, as the connection has it.'],
    ['src', 'ipv4', 'Address of the client.'],
    ['src_is_local', 'bool', 'Whether src is an address of this host.'],
    ['src_port', 'sint', 'Port of the client.'],
  ]),
  ...serverSide([
    ['bc_dst', 'ipv4', 'Address of the server.'],
    ['bc_dst_port', 'sint', 'Port of the server.'],
    ['bc_http_major', 'sint', 'Major version of HTTP with the server.'],
    ['bc_src', 'ipv4', 'Own address towards the server.'],
    ['bc_src_port', 'sint', 'Own port towards the server.'],
  ]),
];
