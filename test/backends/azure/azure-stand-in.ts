import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server } from 'node:https';
import { removeFolder, temporaryFolder } from '../backend.js';
import { type Answer, AzureVaultState, refuse } from './azure-vault-state.js';
import { issueCertificates } from './certificates.js';
import { TokenEndpoint } from './token-endpoint.js';

const versions = ['7.0', '7.1', '7.1-preview', '7.2', '7.3', '7.4', '7.4-preview.1', '7.5', '7.6', '2025-07-01'];

/** A vault on this machine behind TLS, with the endpoint that gives a managed identity its tokens. */
export class AzureStandIn {
  readonly address: string;
  readonly ca: string;
  readonly caFile: string;
  readonly tokens: TokenEndpoint;
  readonly state = new AzureVaultState();
  /** Other vaults that it answers for, by their hosts. */
  readonly others = new Map<string, AzureVaultState>();
  /** What a token is asked for. */
  resource: string;
  /** How the links in its answers begin; `http` where a proxy without TLS stands before it. */
  scheme: 'https' | 'http' = 'https';
  /** `method path` of each request that it was asked with a token. */
  requests: string[] = [];
  readonly #server: Server;
  readonly #folder: string;

  private constructor(server: Server, port: number, tokens: TokenEndpoint, folder: string, ca: string, caFile: string) {
    this.#server = server;
    this.#folder = folder;
    this.address = `https://127.0.0.1:${port}`;
    this.resource = 'https://127.0.0.1';
    this.tokens = tokens;
    this.ca = ca;
    this.caFile = caFile;
    server.on('request', (incoming, outgoing) => void this.#answer(incoming, outgoing));
  }

  static async start(): Promise<AzureStandIn> {
    const folder = temporaryFolder('azure');
    const { ca, caFile, certificate, key } = issueCertificates(folder);
    const server = createTlsServer({ cert: certificate, key });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const bound = server.address();
    if (bound === null || typeof bound === 'string') throw new Error('the stand-in does not listen');
    return new AzureStandIn(server, bound.port, await TokenEndpoint.start(), folder, ca, caFile);
  }

  /** Forgets everything that was kept and noted. */
  clear(): void {
    this.state.clear();
    this.requests = [];
  }

  async remove(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await this.tokens.stop();
    removeFolder(this.#folder);
  }

  async #answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = incoming;
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
    const base = `${this.scheme}://${headers.host}`;
    const { hostname, pathname, searchParams } = new URL(url, base);
    const state = this.others.get(hostname) ?? this.state;
    const body = Buffer.concat(chunks).toString();
    const isKnown = this.tokens.isValid(headers.authorization?.replace(/^Bearer /, ''));
    if (isKnown) this.requests.push(`${method} ${pathname}`);
    const answer = !isKnown
      ? this.#challenge()
      : versions.includes(searchParams.get('api-version') ?? '')
        ? state.answer({ method, base, pathname, query: searchParams, body })
        : refuse(400, 'BadParameter', 'The specified version is not supported.');
    outgoing.writeHead(answer.status, {
      ...(answer.body !== undefined && { 'content-type': 'application/json; charset=utf-8' }),
      'x-ms-keyvault-region': 'westus',
      'x-ms-keyvault-service-version': '1.9.3070.1',
      'x-ms-keyvault-network-info': 'conn_type=Ipv4;addr=127.0.0.1;act_addr_fam=InterNetwork;',
      'x-ms-request-id': randomBytes(16).toString('hex'),
      ...answer.headers,
    });
    outgoing.end(answer.body === undefined ? undefined : JSON.stringify(answer.body));
  }

  #challenge(): Answer {
    const authority = 'https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000';
    const challenge = `Bearer authorization="${authority}", resource="${this.resource}"`;
    const message = 'AKV10000: Request is missing a Bearer, PoP, or MTLS_POP token.';
    return { ...refuse(401, 'Unauthorized', message), headers: { 'www-authenticate': challenge } };
  }
}
