/** Variables of log formats (configuration manual, section 8.2.6). */

/** One variable: `%ci`. */
export interface FormatVariable {
  readonly name: string;
  /** It exists in mode http only. */
  readonly http?: true;
  readonly help: string;
}

const tcp = (rows: Readonly<Record<string, string>>): FormatVariable[] =>
  Object.entries(rows).map(([name, help]) => ({ name, help }));
const http = (rows: Readonly<Record<string, string>>): FormatVariable[] =>
  Object.entries(rows).map(([name, help]) => ({ name, http: true, help }));

/** All of them, by name. */
export const FORMAT_VARIABLES: ReadonlyMap<string, FormatVariable> = new Map(
  [
    ...tcp({
      o: 'nothing; its flags hold for all that follow',
      B: 'bytes from server to client',
      H: 'name of this host',
      ID: 'unique ID',
      ST: 'status code',
      T: 'date and time, UTC',
      Tc: 'time to connect to the server',
      Td: 'time of data transfer',
      Th: 'time of handshakes with the client',
      Tl: 'date and time, local',
      Ts: 'seconds since 1970',
      Tt: 'time of the session',
      Tu: 'time as the user saw it',
      Tw: 'time in queues',
      U: 'bytes from client to server',
      ac: 'connections of the process',
      b: 'name of the backend',
      bc: 'connections of the backend',
      bi: 'own address towards the server',
      bp: 'own port towards the server',
      bq: 'place in the queue of the backend',
      ci: 'address of the client',
      cp: 'port of the client',
      f: 'name of the frontend',
      fc: 'connections of the frontend',
      fi: 'address that the client connected to',
      fp: 'port that the client connected to',
      ft: 'name of the frontend, with ~ for TLS',
      hr: 'captures of the request, in braces',
      hrl: 'captures of the request, one by one',
      hs: 'captures of the response, in braces',
      hsl: 'captures of the response, one by one',
      lc: 'number of the log line of the frontend',
      ms: 'milliseconds of the date of accepting',
      pid: 'number of the process',
      rc: 'retries of connecting',
      rt: 'number of the session',
      s: 'name of the server',
      sc: 'connections of the server',
      si: 'address of the server',
      sp: 'port of the server',
      sq: 'place in the queue of the server',
      sslc: 'cipher of TLS',
      sslv: 'version of TLS',
      t: 'date and time with milliseconds',
      ts: 'how the session ended',
      tsc: 'how the session ended, with cookies',
    }),
    ...http({
      CC: 'cookie of the request',
      CS: 'cookie of the response',
      HM: 'method',
      HP: 'URI without its query',
      HPO: 'path',
      HQ: 'query',
      HU: 'URI',
      HV: 'version of HTTP',
      Ta: 'active time of the request',
      Ti: 'idle time before the request',
      Tq: 'time up to the end of the request',
      TR: 'time to receive the request',
      Tr: 'time of the response',
      r: 'request line',
      tr: 'date and time of the request',
      trg: 'date and time of the request, UTC',
      trl: 'date and time of the request, local',
    }),
  ].map((variable) => [variable.name, variable]),
);
