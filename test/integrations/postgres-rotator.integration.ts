import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../src/core/secret.js';
import {
  createPostgresRotator,
  type PostgresSettings,
} from '../../src/lifecycle/rotation/rotators/postgres/postgres.js';
import { rotatorContract } from '../../src/lifecycle/rotation/rotators/rotator.contract.js';
import type { Credential } from '../../src/lifecycle/rotation/rotators/rotator.js';
import { PostgresServer } from './postgres-server.js';

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start(['log_statement=all', 'log_connections=on', 'log_min_error_statement=debug5']);
  await server.query('create role "app" nologin');
  await server.query(`create role rotator login createrole password 'of-the-rotator'`);
});
afterAll(() => server.remove());

const credential = (fields: Readonly<Record<string, string>>): Credential =>
  new Map(Object.entries(fields).map(([name, text]) => [name, Secret.fromText(text)]));

let made = 0;
/** New users, the first of whom has the password `first`, and who sets theirs. */
async function users(count: 1 | 2, change: Partial<PostgresSettings> = {}) {
  made += 1;
  const names = ['a', 'b'].slice(0, count).map((letter) => `Bot's "${made}" ${letter}`);
  for (const name of names) {
    const quoted = `"${name.replaceAll('"', '""')}"`;
    await server.query(`create role ${quoted} login in role app; grant ${quoted} to rotator with admin option`);
    if (name === names[0]) await server.query(`alter role ${quoted} password 'first'`);
  }
  const initial = credential(count === 1 ? { value: 'first' } : { username: names[0] ?? '', password: 'first' });
  const administrator = 'database/rotator';
  const rotator = createPostgresRotator({
    postgres: { host: server.folder, users: names, ...(count === 2 && { administrator }), ...change },
    path: 'database/bot',
    fieldsOf: async () => Object.fromEntries(credential({ username: 'rotator', password: 'of-the-rotator' })),
  });
  return { names, rotator, initial };
}

const runner = { describe, test, skip: test.skip };
rotatorContract(runner, 'one user who sets its password', async () => ({ subject: await users(1) }));
rotatorContract(runner, 'one user, by an administrator', async () => ({
  subject: await users(1, { administrator: 'database/rotator' }),
}));
rotatorContract(runner, 'two users, by an administrator', async () => ({ subject: await users(2) }));

describe('the server', () => {
  test('is never sent a password', async () => {
    for (const count of [1, 2] as const) {
      const { rotator, initial } = await users(count);
      const to = await rotator.generate(initial);
      await rotator.set({ from: initial, to });
      await rotator.test(to);
      expect(server.log()).toContain("PASSWORD 'SCRAM-SHA-256$4096:");
      for (const secret of to.values())
        if (secret.exposeBytes().length === 40) expect(server.log()).not.toContain(secret.expose());
    }
  });
});
