import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';

type Json = Readonly<Record<string, unknown>>;

interface Exchange {
  readonly id: string;
  readonly request: { readonly headers: Readonly<Record<string, string>>; readonly body: Json | null };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Json;
    readonly body_text?: string;
  };
}

interface Recordings {
  readonly exchanges: readonly Exchange[];
  readonly reported: readonly {
    readonly id: string;
    readonly response: { readonly status: number; readonly error: string };
  }[];
}

const file = new URL('../../../../shared/recordings/aws-secrets-manager.json', import.meta.url);

export const hasRecordings = existsSync(file);
const recordings: Recordings = hasRecordings ? JSON.parse(readFileSync(file, 'utf8')) : { exchanges: [], reported: [] };
export const { reported } = recordings;

export function exchange(id: string): Exchange {
  const found = recordings.exchanges.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no exchange is called ${id}`);
  return found;
}

const headers = { 'content-type': 'application/x-amz-json-1.1' };

/** An answer in the form of the service's. */
export const answer = (body: Json) => ({ status: 200, headers, body });

/** A refusal in the form of the service's, whose text may stand in no error of ours. */
export const refusal = (error: string) => ({ status: 400, headers, body: { __type: error, Message: 'CANARY-4f1c9a' } });

/** Answers what the real service did, in the order in which it is told, and notes what it was asked. */
export class RecordedService {
  readonly #server: Server;
  #left: readonly (Exchange | Exchange['response'])[] = [];
  #asked: { readonly operation: string; readonly body: Json }[] = [];
  address = '';

  private constructor() {
    this.#server = createServer(async (incoming, outgoing) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
      const operation = String(incoming.headers['x-amz-target']);
      this.#asked.push({ operation, body: JSON.parse(Buffer.concat(chunks).toString()) });
      const [next, ...left] = this.#left;
      this.#left = left;
      if (next === undefined || ('request' in next && next.request.headers['x-amz-target'] !== operation)) {
        incoming.socket.destroy();
        return;
      }
      const {
        status,
        headers,
        body,
        body_text: text = JSON.stringify(body),
      } = 'request' in next ? next.response : next;
      const { 'content-length': _, ...kept } = headers;
      outgoing.writeHead(status, kept).end(text);
    });
  }

  static async start(): Promise<RecordedService> {
    const service = new RecordedService();
    await new Promise<void>((resolve) => service.#server.listen(0, '127.0.0.1', resolve));
    const bound = service.#server.address();
    if (bound === null || typeof bound === 'string') throw new Error('the service does not listen');
    service.address = `http://127.0.0.1:${bound.port}`;
    return service;
  }

  /** What comes next: exchanges by their id, each only for its own operation, or answers to whatever is asked. */
  play(...answers: readonly (string | Exchange['response'])[]): void {
    this.#asked = [];
    this.#left = answers.map((one) => (typeof one === 'string' ? exchange(one) : one));
  }

  /** What was asked since, with how much of it was not. */
  get played(): {
    readonly asked: readonly { readonly operation: string; readonly body: Json }[];
    readonly left: number;
  } {
    return { asked: this.#asked, left: this.#left.length };
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
