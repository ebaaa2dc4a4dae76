/** Servers that checks meet, good and bad: what each does with a connection, by name. */
import type { Socket } from 'node:net';

type Behave = (socket: Socket) => void;

/** Answers whatever comes first, and ends. */
const answers =
  (text: string): Behave =>
  (socket) => {
    socket.once('data', () => socket.end(Buffer.from(text, 'latin1')));
  };

/** Speaks first, and stays. */
const says =
  (text: string): Behave =>
  (socket) => {
    socket.write(Buffer.from(text, 'latin1'));
  };

const http = (head: string, body = '', more = ''): Behave =>
  answers(`HTTP/1.1 ${head}\r\ncontent-length: ${body.length}\r\n${more}\r\n${body}`);

/** By name. */
export const BEHAVIOURS: Readonly<Record<string, Behave>> = {
  web: http('200 OK', 'hello world', 'X-Foo: a, b\r\n'),
  empty: http('200 OK'),
  noContent: answers('HTTP/1.1 204 No Content\r\n\r\n'),
  moved: answers('HTTP/1.1 301 Moved Permanently over there with a long reason\r\n\r\n'),
  missing: http('404 Not Found'),
  verbose: http(`503 ${'because '.repeat(40)}`),
  broken: http('500 Oh no'),
  chunked: answers('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n'),
  old: answers('HTTP/1.0 200\r\n\r\nhello'),
  // heads and bodies that are nearly right
  twoLengths: answers('HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok'),
  sameLengths: answers('HTTP/1.1 200 OK\r\ncontent-length: 2, 2\r\n\r\nok'),
  noLength: answers('HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\nok'),
  gzipCoded: answers('HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\nok'),
  badChunk: answers('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nok'),
  longChunk: answers('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nokx'),
  folded: answers('HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\nok'),
  versionTwo: answers('HTTP/2.0 200 OK\r\n\r\nok'),
  spaced: answers('HTTP/1.1  200 OK\r\n\r\nok'),
  largeStatus: answers('HTTP/1.1 2000 X\r\n\r\nok'),
  smallStatus: answers('HTTP/1.1 99 X\r\n\r\nok'),
  emptyLines: answers('\r\n\r\nHTTP/1.1 200 OK\r\n\r\nok'),
  manyFields: answers(`HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(150)}\r\nok`),
  ssh: answers('SSH-2.0-foo\r\n'),
  stalled: (socket) => {
    socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhel'));
  },
  cut: answers('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhel'),
  halfHead: (socket) => {
    socket.once('data', () => socket.write('HTTP/1.1 20'));
  },
  cutHead: answers('HTTP/1.1 20'),
  banner: says('+OK ready\r\nsecond line\r\n'),
  refuses: says('-ERR fail\r\n'),
  silent: (socket) => {
    socket.resume();
  },
  nul: says('ab\0cd\r\n'),
  /** A line of its own, an escape sequence, quotes, UTF-8 and what is none. */
  unprintable: says('ab\nc\td\x1b[31m"<>\\#\xc3\xa9\xff\x7fz'),
  unprintableReason: answers('HTTP/1.1 500 "a\x1b[31m\xc3\xa9<b>\r\n\r\n'),
  wordless: answers('HTTP/1.1 500\r\n\r\n'),
  slowBody: (socket) => {
    socket.once('data', () => socket.write('HTTP/1.0 200 OK\r\n\r\nabcdef'));
    setTimeout(() => socket.destroyed || socket.write('ghi'), 100);
  },
  slow: (socket) => {
    socket.write('abcdef');
    setTimeout(() => socket.destroyed || socket.write('ghi'), 100);
  },
  ends: (socket) => {
    socket.end();
  },
  endsLater: (socket) => {
    socket.once('data', () => socket.end());
  },
  resets: (socket) => {
    socket.once('data', () => socket.resetAndDestroy());
  },
  floods: (socket) => {
    const more = (): void => {
      while (!socket.destroyed && socket.write('x'.repeat(4000)));
    };
    socket.on('drain', more);
    more();
  },
  pong: answers('+PONG\r\n'),
  redisError: answers('-NOAUTH Authentication required.\r\n'),
  mail: (socket) => {
    socket.write('220 mx.test ESMTP\r\n');
    socket.on('data', (data) => {
      if (String(data).startsWith('HELO')) socket.write('250 mx.test\r\n');
      else if (String(data).startsWith('EHLO')) socket.write('250-mx.test\r\n250 SIZE\r\n');
      else socket.end('221 2.0.0 Bye\r\n');
    });
  },
  mailBusy: (socket) => {
    socket.write('421 too busy\r\n');
  },
  mailRude: (socket) => {
    socket.write('220 mx.test\r\n');
    socket.on('data', () => socket.write('550 go away\r\n'));
  },
  directory: answers('\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00'),
  directoryDenies: answers('\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x30\x04\x00\x04\x00'),
  directoryLong: answers('\x30\x84\x00\x00\x00\x10\x02\x01\x01\x61\x84\x00\x00\x00\x07\x0a\x01\x00\x04\x00\x04\x00'),
  postgres: answers('R\x00\x00\x00\x08\x00\x00\x00\x00'),
  postgresPassword: answers('R\x00\x00\x00\x0c\x00\x00\x00\x05abcd'),
  postgresError: answers('E\x00\x00\x00\x20SFATAL\0C28000\0Mno such user\0\0'),
  mysql: (socket) => {
    socket.write(
      Buffer.from('\x4a\x00\x00\x00\x0a5.7.42\0\x01\x00\x00\x00abcdefgh\x00\xff\xf7\x21\x02\x00\x7f\x80\x15', 'latin1'),
    );
    socket.write(Buffer.from(`${'\0'.repeat(10)}abcdefghijkl\0mysql_native_password\0`, 'latin1'));
    socket.once('data', () => socket.end(Buffer.from('\x07\x00\x00\x02\x00\x00\x00\x02\x00\x00\x00', 'latin1')));
  },
  mysqlDenies: (socket) => {
    socket.write(
      Buffer.from('\x4a\x00\x00\x00\x0a5.7.42\0\x01\x00\x00\x00abcdefgh\x00\xff\xf7\x21\x02\x00\x7f\x80\x15', 'latin1'),
    );
    socket.write(Buffer.from(`${'\0'.repeat(10)}abcdefghijkl\0mysql_native_password\0`, 'latin1'));
    const text = '#28000Access denied for user';
    socket.once('data', () =>
      socket.end(Buffer.from(`${String.fromCharCode(3 + text.length)}\0\0\x02\xff\x15\x04${text}`, 'latin1')),
    );
  },
  /** Answers, and leaves in a hurry. */
  leaves: (socket) => {
    socket.once('data', () => socket.write('fine'));
    setTimeout(() => socket.resetAndDestroy(), 100);
  },
  mysqlBlocked: (socket) => {
    const text = "Host 'x' is blocked";
    socket.end(Buffer.from(`${String.fromCharCode(3 + text.length)}\0\0\0\xff\x69\x04${text}`, 'latin1'));
  },
  tlsHello: answers('\x16\x03\x00\x00\x4a\x02'),
  tlsAlert: answers('\x15\x03\x00\x00\x02\x02\x28'),
};
