import { createServer, type Server } from 'node:http';

/** An exchange as the recordings have it. */
export interface Recorded {
  readonly id: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly query: Readonly<Record<string, string>>;
    readonly body: Readonly<Record<string, unknown>> | null;
  };
  readonly response: { readonly status: number; readonly body: unknown };
}

/** Answers as the real service answered, in the order of the recording; anything else that is asked is an error. */
export class GcpReplay {
  readonly #server: Server;
  #steps: readonly Recorded[] = [];
  #done = 0;
  /** What was asked that was not recorded so. */
  readonly surprises: string[] = [];
  address = '';

  private constructor() {
    this.#server = createServer(async (incoming, outgoing) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
      const text = Buffer.concat(chunks).toString();
      const url = new URL(incoming.url ?? '/', this.address);
      const step = this.#steps[this.#done];
      this.#done += 1;
      const asked = `${incoming.method} ${url.pathname} ${shown(Object.fromEntries(url.searchParams))}`;
      const recorded = step && `${step.request.method} ${step.request.path} ${shown(step.request.query)}`;
      if (asked !== recorded) this.surprises.push(`${asked}, where the recording has ${recorded}`);
      const body = text === '' ? {} : JSON.parse(text);
      for (const [name, value] of Object.entries(step?.request.body ?? {})) {
        const isSame =
          name === 'etag' || name === 'payload' ? JSON.stringify(body[name])?.startsWith(shape(value)) : true;
        if (!isSame) this.surprises.push(`${step?.id}: another ${name}`);
      }
      outgoing.writeHead(step?.response.status ?? 418, { 'content-type': 'application/json; charset=UTF-8' });
      outgoing.end(JSON.stringify(step?.response.body ?? {}));
    });
  }

  static async start(): Promise<GcpReplay> {
    const replay = new GcpReplay();
    await new Promise<void>((resolve) => replay.#server.listen(0, '127.0.0.1', resolve));
    const bound = replay.#server.address();
    if (bound === null || typeof bound === 'string') throw new Error('the replay does not listen');
    replay.address = `http://127.0.0.1:${bound.port}`;
    return replay;
  }

  play(...steps: readonly Recorded[]): void {
    this.#steps = steps;
    this.#done = 0;
  }

  /** How many of the steps nobody has asked for. */
  get left(): number {
    return this.#steps.length - this.#done;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** The query without what only says the form of the answer. */
function shown({ $alt: _, alt: __, ...query }: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(query).sort());
}

/** The beginning of the value as JSON: of an object, its first member, since checksums may follow. */
function shape(value: unknown): string {
  return JSON.stringify(value).replace(/\}$/, '');
}
