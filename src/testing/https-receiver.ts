import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { testCertificate } from './test-certificate.js';

export interface Received {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export type Answer = (request: Received, outgoing: ServerResponse) => void;

/** A server on this machine that keeps what it is sent. */
export class HttpsReceiver {
  readonly received: Received[] = [];
  /** PEM of the certificate that it shows. */
  readonly certificate: string;
  answer: Answer = (_request, outgoing) => void outgoing.end('ok');
  readonly #server: Server;

  private constructor() {
    const { certificate, key } = testCertificate();
    this.certificate = certificate;
    this.#server = createServer({ cert: certificate, key }, async (incoming, outgoing) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
      const { url: path = '', headers } = incoming;
      const request = { path, headers, body: Buffer.concat(chunks).toString() };
      this.received.push(request);
      this.answer(request, outgoing);
    });
  }

  static async start(): Promise<HttpsReceiver> {
    const receiver = new HttpsReceiver();
    await once(receiver.#server.listen(0, '127.0.0.1'), 'listening');
    return receiver;
  }

  get address(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
