import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Secret } from '../../../../core/secret.js';
import { rotatorContract } from '../rotator.contract.js';
import type { Credential } from '../rotator.js';
import { type ClickhouseSettings, createClickhouseRotator } from './clickhouse.js';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const credentialOf = (fields: Readonly<Record<string, string>>): Credential =>
  new Map(Object.entries(fields).map(([name, text]) => [name, Secret.fromText(text)]));

interface Answer {
  readonly status?: number;
  readonly code?: number;
  readonly body?: string;
}

/** What the manual says of users (ALTER USER, HTTP interface), for as long as no server can be installed. */
class DocumentedServer {
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

  static async start(): Promise<DocumentedServer> {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new DocumentedServer(server);
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

let server: DocumentedServer;
beforeAll(async () => {
  server = await DocumentedServer.start();
});
afterAll(() => server.stop());
beforeEach(() => {
  server.answer = undefined;
  server.statements.length = 0;
});

function users(count: 1 | 2, change: Partial<ClickhouseSettings> = {}) {
  const names = ["Bot's `one` \\", 'Bot\'s `two` "'].slice(0, count);
  for (const name of names) server.add(name, 'first');
  server.add('rotator', 'of-the-rotator');
  const rotator = createClickhouseRotator({
    clickhouse: { servers: [server.name], users: names, administrator: 'database/rotator', ...change },
    path: 'database/bot',
    fieldsOf: async () => Object.fromEntries(credentialOf({ username: 'rotator', password: 'of-the-rotator' })),
  });
  const initial = credentialOf(count === 1 ? { value: 'first' } : { username: names[0] ?? '', password: 'first' });
  return { names, rotator, initial };
}

const runner = { describe, test, skip: test.skip };
rotatorContract(runner, 'one user of ClickHouse, by an administrator', async () => ({ subject: users(1) }));
rotatorContract(runner, 'two users of ClickHouse', async () => ({ subject: users(2) }));

describe('the server', () => {
  test('is never sent a password in a statement', async () => {
    const { rotator, initial } = users(1);
    const to = await rotator.generate(initial);
    await rotator.set({ from: initial, to });
    await rotator.revoke(initial, to);
    expect(server.statements).toHaveLength(2);
    expect(server.statements.join()).not.toContain(to.get('value')?.expose());
  });

  test('keeps no password of a user whose turn is over, and never lets it in without one', async () => {
    const { rotator, initial, names } = users(2);
    const to = await rotator.generate(initial);
    await rotator.set({ from: initial, to });
    await rotator.revoke(initial, to);
    await expect(rotator.test(initial)).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(server.methods.get(names[0] ?? '')).toHaveLength(1);
  });

  test('changes one user who may change itself', async () => {
    const { rotator, initial } = users(1, { users: ['self'], administrator: undefined });
    server.add('self', 'first');
    const to = await rotator.generate(initial);
    await rotator.set({ from: initial, to });
    await rotator.revoke(initial, to);
    await rotator.test(to);
    await expect(rotator.test(initial)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  test.each([
    [{ code: 62 }, 'config'],
    [{ code: 192 }, 'config'],
    [{ code: 492 }, 'config'],
    [{ code: 495 }, 'config'],
    [{ code: 36 }, 'config'],
    [{ code: 497 }, 'denied'],
    [{ code: 516 }, 'unauthenticated'],
    [{ code: 202 }, 'unavailable'],
    [{ code: 516, status: 200 }, 'unauthenticated'],
    [{ status: 200, body: '<html>Sign in</html>' }, 'unavailable'],
    [{ status: 502 }, 'unavailable'],
    [{ status: 307 }, 'unavailable'],
  ])('that answers %j is understood, and not quoted', async (answer, code) => {
    const { rotator, initial } = users(1);
    server.answer = () => answer;
    const error = await rotator.set({ from: initial, to: initial }).catch((e) => e);
    expect(error.code).toBe(code);
    expect(`${error.message} ${error.advice}`).not.toMatch(/ALTER|SALT|of-the-rotator/);
  });
});
