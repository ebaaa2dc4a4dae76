/** The smallest HTTP client that tests need: one request, the whole answer. */
import { type Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';

/** An answer, with its body read to the end. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The client's own port, to tell connections apart. */
  readonly localPort: number;
}

export interface HttpOptions {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  /** With `keepAlive` to send more than one request on a connection; a connection of its own when not given. */
  readonly agent?: Agent;
  readonly body?: string | Uint8Array;
}

/** Sends one request. Rejects when the connection fails or the answer is cut short. */
export function httpGet(url: string, options: HttpOptions = {}): Promise<HttpAnswer> {
  const { method = 'GET', headers = {}, agent = false, body } = options;
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent }, (answer) => {
      const localPort = answer.socket.localPort ?? 0;
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.once('error', reject);
      answer.once('end', () => {
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks), localPort });
      });
    });
    sent.once('error', reject);
    sent.end(body);
  });
}
