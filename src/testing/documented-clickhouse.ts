import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

export interface Answer {
  readonly status?: number;
  readonly code?: number;
  readonly body?: string;
}

/** What the manual says of users (ALTER USER, HTTP interface), for as long as no server can be installed. */
export class DocumentedClickhouse {
  readonly statements: string[] = [];
  readonly methods = new Map<string, (readonly [hash: string, salt: string])[]>();
  /** Answers in the place of the documented ones. */
  answer: ((statement: string) => Answer | undefined) | undefined;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', async (incoming, outgoing) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk);
      const statement = Buffer.concat(chunks).toString();
      const login = Buffer.from(incoming.headers.authorization?.replace('Basic ', '') ?? '', 'base64').toString();
      const { code, status = code === undefined ? 200 : 403, body = '' } = this.#respond(login, statement);
      if (code !== undefined) outgoing.setHeader('X-ClickHouse-Exception-Code', code);
      outgoing.writeHead(status).end(code === undefined ? body : `Code: ${code}. DB::Exception: ${statement}`);
    });
  }

  static async start(): Promise<DocumentedClickhouse> {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new DocumentedClickhouse(server);
  }

  get name(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  add(user: string, password: string): void {
    this.methods.set(user, [[sha256(`${password}salt`), 'salt']]);
  }

  stop(): void {
    this.#server.close();
  }

  #respond(login: string, statement: string): Answer {
    this.statements.push(statement);
    const own = this.answer?.(statement);
    if (own !== undefined) return own;
    const [user = '', password = ''] = login.split(/:(.*)/s);
    const isKnown = this.methods.get(user)?.some(([hash, salt]) => hash === sha256(`${password}${salt}`));
    if (isKnown !== true) return { code: 516 };
    if (statement === 'SELECT 1') return { body: '1\n' };
    const [, name = '', add, hash = '', salt = ''] =
      /^ALTER USER `((?:[^\\`]|\\.)*)` (ADD )?IDENTIFIED WITH sha256_hash BY '([\da-f]{64})' SALT '([\da-f]{32})'$/s.exec(
        statement,
      ) ?? [];
    const methods = this.methods.get(name.replaceAll(/\\(.)/g, '$1'));
    if (hash === '') return { code: 62 };
    if (methods === undefined) return { code: 192 };
    if (user !== 'rotator' && user !== name) return { code: 497 };
    methods.splice(0, add === undefined ? methods.length : 0, [hash, salt]);
    return {};
  }
}
