import { createServer, type Server } from 'node:http';
import type { Exchange } from './recordings.js';
import { TokenEndpoint } from './token-endpoint.js';

/** What is answered to a request, in the order of the answers; the last one stays. */
export type Script = Readonly<Record<string, readonly Exchange['response'][]>>;

/** Gives recorded answers on this machine; its host takes the place of the recorded one, as the recorders did too. */
export class AzureReplay {
  readonly address: string;
  readonly tokens: TokenEndpoint;
  /** What was asked with a token, and what was not in the script. */
  asked: string[] = [];
  surprises: string[] = [];
  readonly #server: Server;
  #script = new Map<string, Exchange['response'][]>();
  #challenge: Exchange | undefined;

  private constructor(server: Server, port: number, tokens: TokenEndpoint) {
    this.#server = server;
    this.address = `http://127.0.0.1:${port}`;
    this.tokens = tokens;
    server.on('request', (incoming, outgoing) => {
      const { pathname, searchParams } = new URL(incoming.url ?? '', this.address);
      const skip = searchParams.get('$skiptoken');
      const what = `${incoming.method} ${pathname}${skip === null ? '' : ` ${skip}`}`;
      const isSigned = incoming.headers.authorization !== undefined;
      if (isSigned) this.asked.push(`${incoming.method} ${pathname}`);
      const answers = this.#script.get(what) ?? [];
      const answer = isSigned ? (answers.length > 1 ? answers.shift() : answers[0]) : this.#challenge?.response;
      if (answer === undefined) this.surprises.push(what);
      const { status = 418, body = null, headers = {} } = answer ?? {};
      const challenge = headers['www-authenticate']?.replace(/resource="[^"]*"/, 'resource="https://127.0.0.1"');
      outgoing.writeHead(status, {
        ...(headers['content-type'] !== undefined && { 'content-type': headers['content-type'] }),
        ...(challenge !== undefined && { 'www-authenticate': challenge }),
      });
      outgoing.end(body === null ? undefined : this.#here(JSON.stringify(body)));
    });
  }

  static async start(): Promise<AzureReplay> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const bound = server.address();
    if (bound === null || typeof bound === 'string') throw new Error('the replay does not listen');
    return new AzureReplay(server, bound.port, await TokenEndpoint.start());
  }

  /** @param challenge What is answered without a token. */
  play(challenge: Exchange, script: Script): void {
    this.#challenge = challenge;
    this.#script = new Map(Object.entries(script).map(([what, answers]) => [what, [...answers]]));
    this.asked = [];
    this.surprises = [];
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await this.tokens.stop();
  }

  /** Links name the server that answered. */
  #here(text: string): string {
    return text.replaceAll(/"nextLink":"https:\/\/[^/]+/g, `"nextLink":"${this.address}`);
  }
}
