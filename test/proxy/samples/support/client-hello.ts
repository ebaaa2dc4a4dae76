/** TLS client hellos to take apart (RFC 8446 section 4.1.2). */

function two(value: number): string {
  return String.fromCharCode(value >> 8, value & 255);
}

function extension(type: number, data: string): string {
  return two(type) + two(data.length) + data;
}

/** What a hello has; what is left out is not there. */
export interface HelloOptions {
  readonly serverName?: string;
  readonly protocols?: readonly string[];
  readonly curves?: boolean;
  readonly ticket?: string;
  readonly sessionId?: string;
  /** Minor version in the hello itself; 3 is TLS 1.2. */
  readonly minor?: number;
}

/** A whole hello in one record, a character for each byte. */
export function clientHello(options: HelloOptions): string {
  const { serverName, protocols, curves, ticket, sessionId = '', minor = 3 } = options;
  let extensions = extension(23, '');
  if (serverName !== undefined) {
    const name = `\0${two(serverName.length)}${serverName}`;
    extensions += extension(0, two(name.length) + name);
  }
  if (curves) extensions += extension(10, `${two(4)}\0\x1d\0\x17`);
  if (protocols !== undefined) {
    const list = protocols.map((one) => String.fromCharCode(one.length) + one).join('');
    extensions += extension(16, two(list.length) + list);
  }
  if (ticket !== undefined) extensions += extension(35, ticket);
  const random = 'r'.repeat(32);
  const ciphers = two(4) + '\x13\x01\xc0\x2f';
  const start = `\x03${String.fromCharCode(minor)}${random}${String.fromCharCode(sessionId.length)}${sessionId}${ciphers}\x01\0`;
  const body = start + two(extensions.length) + extensions;
  const message = `\x01\0${two(body.length)}${body}`;
  return `\x16\x03\x01${two(message.length)}${message}`;
}
