/** The PROXY header that clients begin with: versions 1 and 2, whole, broken and missing, as HAProxy takes them. */
import { test } from 'uvu';
import { type Situation, same } from './support/differential.js';
import { type Ends, ending } from './support/ends.js';
import { interop } from './support/peers.js';

const FORMAT = '%ci:%cp %fi:%fp %ft %b/%s %B %U %ts';
const V1 = 'PROXY TCP4 192.0.2.1 198.51.100.2 1111 2222\r\n';

/** A header of version 2. */
function v2(command: number, family: number, addresses: Buffer, length = addresses.length): Buffer {
  const head = Buffer.from('\r\n\r\n\0\r\nQUIT\n0000', 'latin1');
  head[12] = command;
  head[13] = family;
  head.writeUInt16BE(length, 14);
  return Buffer.concat([head, addresses]);
}

const TCP4 = Buffer.from('c0000201c6336402045708ae', 'hex');
const TCP6 = Buffer.from(`20010db8${'00'.repeat(11)}01${'20010db8'}${'00'.repeat(11)}02045708ae`, 'hex');
/** A value that receivers do not know: type 0xe0, three bytes. */
const UNKNOWN_VALUE = Buffer.from('e00003616263', 'hex');

/** A session that gets through: the addresses are logged, the data arrives. */
async function passes({ client, server }: Ends, header: string | Buffer): Promise<string[]> {
  client.socket.write(Buffer.concat([Buffer.from(header as string), Buffer.from('data')]));
  const peer = await server();
  await peer.hears('data');
  client.socket.end();
  await peer.hearsEnd();
  peer.socket.end('bye');
  return [await ending(client), await ending(peer)];
}

const expected: Readonly<Record<string, string | Buffer>> = {
  'version 1 over IPv4': V1,
  'version 1 over IPv6': 'PROXY TCP6 2001:db8::1 2001:db8::2 1111 2222\r\n',
  'version 2 over IPv4': v2(0x21, 0x11, TCP4),
  'version 2 over IPv6': v2(0x21, 0x21, TCP6),
  'version 2 with a value that nobody knows': v2(0x21, 0x11, Buffer.concat([TCP4, UNKNOWN_VALUE])),
};

/** Those in which HAProxy logs ports of the connection itself. */
const local: Readonly<Record<string, string | Buffer>> = {
  'version 1, UNKNOWN': 'PROXY UNKNOWN\r\n',
  'version 2, LOCAL': v2(0x20, 0x00, Buffer.alloc(0)),
  'version 2, LOCAL with addresses': v2(0x20, 0x11, TCP4),
};

const refused: Readonly<Record<string, string | Buffer>> = {
  'no header at all': 'GET / HTTP/1.0\r\n\r\n',
  'a piece of a line': 'PROXY TCP4 192.0.2.1',
  'a few bytes': 'PRO',
  'a line that is too long': `${V1.slice(0, -2)}${' '.repeat(100)}\r\n`,
  'a line without an address': 'PROXY TCP4 192.0.2.1 1111 2222\r\n',
  'a line with too much': 'PROXY TCP4 192.0.2.1 198.51.100.2 1111 2222 3333\r\n',
  'a port that is none': 'PROXY TCP4 192.0.2.1 198.51.100.2 x 2222\r\n',
  'an address of the other family': 'PROXY TCP6 192.0.2.1 198.51.100.2 1111 2222\r\n',
  'a protocol that is not TCP': 'PROXY UDP4 192.0.2.1 198.51.100.2 1111 2222\r\n',
  'a line that ends in LF only': V1.replace('\r', ''),
  'a piece of a binary header': v2(0x21, 0x11, TCP4).subarray(0, 20),
  'a binary header of another version': v2(0x31, 0x11, TCP4),
  'a command that nobody knows': v2(0x22, 0x11, TCP4),
  'too few bytes of addresses': v2(0x21, 0x11, TCP4.subarray(0, 4)),
  'a value that is longer than the header': v2(0x21, 0x11, Buffer.concat([TCP4, Buffer.from('e000ff61', 'hex')])),
  'a header that is announced longer than it comes': v2(0x21, 0x11, TCP4, 200),
};

const accepting = { bind: 'accept-proxy' };

for (const [name, header] of Object.entries(expected))
  interop(`${name} gives the addresses`, (engine) =>
    same(engine, { ...accepting, format: FORMAT, traffic: (ends) => passes(ends, header) }),
  );

for (const [name, header] of Object.entries(local))
  interop(`${name} leaves the connection's own addresses`, (engine) =>
    same(engine, { ...accepting, format: '%ci %fi %ft %b/%s %B %U %ts', traffic: (ends) => passes(ends, header) }),
  );

for (const [name, header] of Object.entries(refused))
  interop(`refused with a reset: ${name}`, (engine) =>
    same(engine, {
      ...accepting,
      traffic: async ({ client }) => {
        client.socket.write(header);
        return [await client.closed];
      },
      logged: 0,
    }),
  );

const silent: Situation = {
  ...accepting,
  lines: ['timeout client 300'],
  traffic: async ({ client }) => [await ending(client)],
  logged: 0,
};

interop('a client that says nothing is given up after timeout client', (engine) => same(engine, silent));

interop('a client that ends before its header', (engine) =>
  same(engine, {
    ...accepting,
    traffic: async ({ client }) => {
      client.socket.end();
      return [await ending(client)];
    },
    logged: 0,
  }),
);

interop('a rule that expects the header', (engine) =>
  same(engine, {
    lines: ['tcp-request connection expect-proxy layer4 if { src 127.0.0.1 }'],
    format: FORMAT,
    traffic: (ends) => passes(ends, V1),
  }),
);

test.run();
