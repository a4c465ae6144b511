import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, request as requestOverTls } from 'node:https';
import type { Socket } from 'node:net';
import type { WireFault } from '../core/provider-faults.contract.js';

/** The server behind the proxy. */
export interface ProxyTarget {
  readonly address: string;
  /** PEM of the authority that issued its certificate. */
  readonly ca?: string;
  /** Whether it is told the name that the proxy was asked under, as one that signs or links needs it. */
  readonly keepsHost?: boolean;
}

/** What the proxy shows to its clients: PEM of a certificate and its key. */
export interface ProxyIdentity {
  readonly certificate: string;
  readonly key: string;
}

export interface ProxiedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** Stands in front of a server of HTTP, notes the exchanges, and passes them on or spoils them as it is told to. */
export class FaultProxy {
  readonly #server: Server;
  readonly #target: ProxyTarget | undefined;
  readonly #scheme: 'http' | 'https';
  readonly #sockets = new Set<Socket>();
  readonly #arrivals: (() => void)[] = [];
  #requests: ProxiedRequest[] = [];
  #choose: (request: ProxiedRequest) => WireFault | undefined = () => undefined;
  #port = 0;

  private constructor(target: ProxyTarget | undefined, identity: ProxyIdentity | undefined) {
    this.#target = target;
    this.#scheme = identity === undefined ? 'http' : 'https';
    const handle = (incoming: IncomingMessage, outgoing: ServerResponse) => {
      this.#handle(incoming, outgoing).catch(() => incoming.socket.destroy());
    };
    this.#server =
      identity === undefined
        ? createServer(handle)
        : createTlsServer({ cert: identity.certificate, key: identity.key }, handle);
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /**
   * @param target What it stands in front of; without one, every exchange is a reset.
   * @param identity Speaks TLS with it; plain HTTP without one.
   */
  static async start(target?: ProxyTarget, identity?: ProxyIdentity): Promise<FaultProxy> {
    const proxy = new FaultProxy(target, identity);
    await proxy.#listen();
    return proxy;
  }

  get address(): string {
    return `${this.#scheme}://127.0.0.1:${this.#port}`;
  }

  /** Every request since the last change of what is spoiled. */
  get requests(): readonly ProxiedRequest[] {
    return this.#requests;
  }

  /** Resolves when the next request has come. */
  arrival(): Promise<void> {
    return new Promise((resolve) => void this.#arrivals.push(resolve));
  }

  /** Spoils the next exchanges, up to the count; of those only whose path holds the text. */
  async spoil(fault: WireFault, { count = Number.POSITIVE_INFINITY, at = '' } = {}): Promise<void> {
    if (fault.kind === 'refuse') return this.#stopListening();
    let left = count;
    await this.script(({ path }) => {
      if (!path.includes(at) || left <= 0) return undefined;
      left -= 1;
      return fault;
    });
  }

  /** Decides for each exchange. */
  async script(choose: (request: ProxiedRequest) => WireFault | undefined): Promise<void> {
    if (!this.#server.listening) await this.#listen();
    this.#requests = [];
    this.#choose = choose;
  }

  heal(): Promise<void> {
    return this.script(() => undefined);
  }

  async stop(): Promise<void> {
    if (this.#server.listening) await this.#stopListening();
  }

  async #listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    const bound = this.#server.address();
    if (bound === null || typeof bound === 'string') throw new Error('the proxy does not listen');
    this.#port = bound.port;
  }

  async #stopListening(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers, socket } = incoming;
    const asked = { method, path, headers };
    this.#requests.push(asked);
    const fault = this.#choose(asked);
    for (const arrived of this.#arrivals.splice(0)) arrived();
    const body = await bodyOf(incoming);
    switch (fault?.kind) {
      case undefined:
        return send(outgoing, await this.#pass(asked, body));
      case 'answer':
        outgoing.writeHead(fault.status, fault.headers).end(fault.body);
        return;
      case 'reset':
        if (fault.afterAsking === true) await this.#pass(asked, body);
        socket.resetAndDestroy();
        return;
      case 'truncate': {
        const answer = await this.#pass(asked, body);
        outgoing.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length + 1 });
        outgoing.write(answer.body, () => socket.destroy());
        return;
      }
      case 'garbage':
        socket.end(fault.text);
        return;
      case 'drip':
        outgoing.writeHead(200, { 'content-type': 'application/json' });
        outgoing.write('{');
        return;
      case 'flood':
        return flood(outgoing);
      case 'silence':
      case 'refuse':
        return;
    }
  }

  async #pass({ method, path, headers }: ProxiedRequest, body: Buffer): Promise<Answer> {
    if (this.#target === undefined) throw new Error('nothing stands behind this proxy');
    const { address, ca, keepsHost } = this.#target;
    const url = new URL(path, address);
    const open = url.protocol === 'https:' ? requestOverTls : request;
    const { host, connection: _, ...others } = headers;
    const passed = keepsHost === true ? { ...others, host } : others;
    const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = open(url, { method, headers: passed, agent: false, ...(ca !== undefined && { ca }) }, resolve);
      outgoing.once('error', reject);
      outgoing.end(body);
    });
    return { status: incoming.statusCode ?? 0, headers: incoming.headers, body: await bodyOf(incoming) };
  }
}

/** Without an end, for as long as somebody takes it. */
function flood(outgoing: ServerResponse): void {
  const chunk = Buffer.alloc(1024 * 1024, ' ');
  const pour = () => {
    while (!outgoing.destroyed && outgoing.write(chunk));
  };
  outgoing.writeHead(200, { 'content-type': 'application/json' });
  outgoing.on('drain', pour);
  pour();
}

function send(outgoing: ServerResponse, { status, headers, body }: Answer): void {
  const { connection: _, 'transfer-encoding': __, ...passed } = headers;
  const length = status === 204 ? {} : { 'content-length': body.length };
  outgoing.writeHead(status, { ...passed, ...length }).end(body);
}

async function bodyOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
