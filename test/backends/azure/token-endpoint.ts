import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';

const secret = 'identity-header-of-the-test';

/** What App Service offers a managed identity: tokens by resource, for who knows the header. */
export class TokenEndpoint {
  /** For the environment of who shall have the identity. */
  readonly env: Readonly<Record<string, string>>;
  /** The resources that tokens were asked for, in order. */
  asked: string[] = [];
  readonly #server: Server;
  readonly #tokens = new Set<string>();

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.env = { IDENTITY_ENDPOINT: `http://127.0.0.1:${port}/msi/token`, IDENTITY_HEADER: secret };
    server.on('request', (incoming, outgoing) => {
      const { searchParams } = new URL(incoming.url ?? '', 'http://127.0.0.1');
      const resource = searchParams.get('resource') ?? '';
      outgoing.setHeader('content-type', 'application/json');
      if (incoming.headers['x-identity-header'] !== secret) {
        outgoing.writeHead(401).end('{"statusCode":401,"message":"no"}');
        return;
      }
      this.asked.push(resource);
      const claims = Buffer.from(JSON.stringify({ appid: 'app-of-the-test', tid: 'tenant-of-the-test' }));
      const token = `token.${claims.toString('base64url')}.${randomBytes(16).toString('hex')}`;
      this.#tokens.add(token);
      const expires = Math.floor(Date.now() / 1000) + 86_400;
      outgoing.end(
        JSON.stringify({ access_token: token, expires_on: String(expires), resource, token_type: 'Bearer' }),
      );
    });
  }

  static async start(): Promise<TokenEndpoint> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const bound = server.address();
    if (bound === null || typeof bound === 'string') throw new Error('the token endpoint does not listen');
    return new TokenEndpoint(server, bound.port);
  }

  get tokens(): readonly string[] {
    return [...this.#tokens];
  }

  isValid(token: string | undefined): boolean {
    return token !== undefined && this.#tokens.has(token);
  }

  /** No token that was given is taken any more. */
  revoke(): void {
    this.#tokens.clear();
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
