import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KeywardError } from '../../src/core/errors.js';
import {
  createPostgresRotator,
  type PostgresSettings,
} from '../../src/lifecycle/rotation/rotators/postgres/postgres.js';
import { rotatorContract } from '../../src/lifecycle/rotation/rotators/rotator.contract.js';
import type { Credential } from '../../src/lifecycle/rotation/rotators/rotator.js';
import { testKilledRotations } from '../killed-rotations.js';
import { credentialOf, describeRotatedLogins, worksBy } from '../rotated-login.js';
import { testUntoldRotations } from '../untold-rotations.js';
import { PostgresServer } from './postgres-server.js';

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start(['log_statement=all', 'log_connections=on', 'log_min_error_statement=debug5']);
  await server.query('create role app nologin');
  await server.query("create role rotator login createrole password 'of-the-rotator'");
  await server.query("alter role rotator set session_preload_libraries = 'passwordcheck'");
});
afterAll(() => server.remove());

const administrator = 'database/rotator';
let made = 0;
/** New users, the first of whom has the password `first`; of two, the rotator sets it. */
async function users(count: 1 | 2, change: Partial<PostgresSettings> = {}) {
  made += 1;
  const names = ['a', 'b'].slice(0, count).map((letter) => `Bot's "${made}" ${letter}`);
  for (const name of names) {
    const quoted = `"${name.replaceAll('"', '""')}"`;
    await server.query(`create role ${quoted} login in role app; grant ${quoted} to rotator with admin option`);
    if (name === names[0]) await server.query(`alter role ${quoted} password 'first'`);
  }
  const fields = count === 1 ? { value: 'first' } : { username: names[0] ?? '', password: 'first' };
  const rotator = createPostgresRotator({
    postgres: { host: server.folder, users: names, ...(count === 2 && { administrator }), ...change },
    path: 'database/bot',
    fieldsOf: async () => Object.fromEntries(credentialOf({ username: 'rotator', password: 'of-the-rotator' })),
  });
  const logIn = async (login: Credential): Promise<pg.Client> => {
    const [user, password] = [login.get('username') ?? names[0], login.get('password') ?? login.get('value')];
    const session = new pg.Client({
      host: server.folder,
      database: 'postgres',
      user: typeof user === 'string' ? user : user?.expose(),
      password: password?.expose(),
    });
    await session.connect();
    return session;
  };
  return { names, rotator, fields, initial: credentialOf(fields), logIn };
}

const runner = { describe, test, skip: test.skip };
rotatorContract(runner, 'one user who sets its password', async () => ({ subject: await users(1) }));
rotatorContract(runner, 'one user, by an administrator', async () => ({ subject: await users(1, { administrator }) }));
rotatorContract(runner, 'two users, by an administrator', async () => ({ subject: await users(2) }));

describe('the server', () => {
  test('that does not permit it, or does not know it, or does not take it, is told from one that is not there', async () => {
    await server.query('create role stranger login');
    const refused = async (names: readonly string[], change: Partial<PostgresSettings> = {}) => {
      const { rotator } = await users(1, { users: names, administrator, ...change });
      const error = await rotator.set({ from: undefined, to: credentialOf({ value: 'stranger' }) }).catch((e) => e);
      expect(error.message).not.toMatch(/SCRAM|of-the-rotator/);
      return error.code;
    };
    expect(await refused(['stranger'])).toBe('denied');
    expect(await refused(['postgres'])).toBe('denied');
    expect(await refused(['nobody at all'])).toBe('config');
    expect(await refused(['stranger'], { database: 'nowhere' })).toBe('config');
    expect(await refused(['stranger'], { port: 1 })).toBe('unavailable');
    expect(await refused(['stranger'], { host: 'localhost', port: 1 })).toBe('unavailable');
    await server.query('grant stranger to rotator with admin option');
    expect(await refused(['stranger'])).toBe('invalid');
  });

  test('ends the sessions of a user whose turn is over, if told', async () => {
    await server.query('grant pg_signal_backend to rotator');
    for (const endSessions of [true, false]) {
      const { rotator, initial, logIn } = await users(2, { endSessions });
      const to = await rotator.generate(initial);
      await rotator.set({ from: initial, to });
      const session = await logIn(initial);
      const ended = new Promise((resolve) => session.once('end', resolve));
      session.on('error', () => undefined);
      await rotator.revoke(initial, to);
      if (endSessions) await ended;
      else await session.query('select 1');
      await session.end();
    }
  });

  test('set up as the guide says lets the rotator set these passwords and no others', async () => {
    const guide = readFileSync(join(import.meta.dirname, '../../docs/guide/rotation.md'), 'utf8');
    const setUp = /```sql\n(.*?)```/s.exec(guide)?.[1]?.replace('CREATE ROLE rotator', 'ALTER ROLE rotator');
    await server.query('create database bot');
    await server.query(setUp ?? 'no set-up');
    await server.query("alter role bot_a password 'first'; create role another login");
    const bots = await users(2, { users: ['bot_a', 'bot_b'], database: 'bot' });
    const initial = credentialOf({ username: 'bot_a', password: 'first' });
    const to = await bots.rotator.generate(initial);
    await bots.rotator.set({ from: initial, to });
    await bots.rotator.test(to);
    const session = await bots.logIn(to);
    const { rows } = await session.query('select session_user, current_user');
    await session.end();
    expect(rows).toEqual([{ session_user: 'bot_b', current_user: 'bot' }]);
    await bots.rotator.revoke(initial, to);
    await expect(bots.rotator.test(initial)).rejects.toMatchObject({ code: 'unauthenticated' });
    const others = await users(1, { users: ['another'], administrator });
    await expect(others.rotator.set({ from: undefined, to: credentialOf({ value: 'x' }) })).rejects.toMatchObject({
      code: 'denied',
    });
  });
});

for (const count of [1, 2] as const) {
  testUntoldRotations(`PostgreSQL with ${count} at a time`, async () => {
    const { names, fields } = await users(count);
    await server.query(`create role "stranger ${made}" login password 'of-the-stranger'`);
    const watched = await server.watch();
    return {
      rotator: { postgres: { host: server.folder, users: names, administrator: 'app/administrator' } },
      fields,
      administrator: { username: 'rotator', password: 'of-the-rotator' },
      stranger: { username: `stranger ${made}`, password: 'of-the-stranger' },
      noted: async () => ({ log: server.log(), ...(await watched()) }),
      saying: "PASSWORD 'SCRAM-SHA-256$4096:",
    };
  });
}

for (const count of [1, 2] as const) {
  const kind = count === 1 ? 'swap' : 'overlap';
  describeRotatedLogins({
    evidence: `postgres-${kind}`,
    kind,
    async make() {
      const made = await users(count);
      const logIn = async (login: Credential) => {
        try {
          await (await made.logIn(login)).end();
        } catch (error) {
          expect(error).toMatchObject({ code: '28P01' });
          throw new KeywardError('unauthenticated', 'the server refuses the login');
        }
      };
      return { ...made, logIn };
    },
  });
  testKilledRotations(`postgres-${kind}`, {
    kind,
    async make() {
      const { names, rotator, fields } = await users(count);
      const postgres = { host: server.folder, users: names, administrator: 'app/administrator' };
      const administrator = { username: 'rotator', password: 'of-the-rotator' };
      return { rotator: { postgres }, fields, administrator, works: worksBy(rotator) };
    },
  });
}
