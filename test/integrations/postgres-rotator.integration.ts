import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../src/core/secret.js';
import { currentHolder } from '../../src/lifecycle/rotation/journal.js';
import type { RotationIntent } from '../../src/lifecycle/rotation/rotation.js';
import {
  createPostgresRotator,
  type PostgresSettings,
} from '../../src/lifecycle/rotation/rotators/postgres/postgres.js';
import { rotatorContract } from '../../src/lifecycle/rotation/rotators/rotator.contract.js';
import type { Credential } from '../../src/lifecycle/rotation/rotators/rotator.js';
import { RotationScene } from '../../src/testing/rotation-scene.js';
import { Mortal } from '../../src/testing/simulated-target.js';
import { createTestSecrets } from '../../src/testing/test-secrets.js';
import { count as countOf, fullRunMs, keepEvidence } from '../faults/full-run.js';
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
const credential = (fields: Readonly<Record<string, string>>): Credential =>
  new Map(Object.entries(fields).map(([name, text]) => [name, Secret.fromText(text)]));

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
    fieldsOf: async () => Object.fromEntries(credential({ username: 'rotator', password: 'of-the-rotator' })),
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
  return { names, rotator, fields, initial: credential(fields), logIn };
}

const runner = { describe, test, skip: test.skip };
rotatorContract(runner, 'one user who sets its password', async () => ({ subject: await users(1) }));
rotatorContract(runner, 'one user, by an administrator', async () => ({ subject: await users(1, { administrator }) }));
rotatorContract(runner, 'two users, by an administrator', async () => ({ subject: await users(2) }));

describe('the server', () => {
  test('is never sent a password', async () => {
    for (const count of [1, 2] as const) {
      const { rotator, initial } = await users(count);
      const to = await rotator.generate(initial);
      await rotator.set({ from: initial, to });
      await rotator.test(to);
      expect(server.log()).toContain("PASSWORD 'SCRAM-SHA-256$4096:");
      expect(server.log()).not.toContain(to.get(count === 1 ? 'value' : 'password')?.expose());
    }
  });

  test('that does not permit it, or does not know it, or does not take it, is told from one that is not there', async () => {
    await server.query('create role stranger login');
    const refused = async (names: readonly string[], change: Partial<PostgresSettings> = {}) => {
      const { rotator } = await users(1, { users: names, administrator, ...change });
      const error = await rotator.set({ from: undefined, to: credential({ value: 'stranger' }) }).catch((e) => e);
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
    const initial = credential({ username: 'bot_a', password: 'first' });
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
    await expect(others.rotator.set({ from: undefined, to: credential({ value: 'x' }) })).rejects.toMatchObject({
      code: 'denied',
    });
  });
});

describe.each([
  { kind: 'swap', count: 1 },
  { kind: 'overlap', count: 2 },
] as const)('a rotation of $count (kind $kind)', ({ kind, count }) => {
  const rotated = async () => {
    const scene = new RotationScene(kind);
    const target = await users(count);
    if (count === 2) scene.provider.set(RotationScene.path, target.fields);
    const secrets = createTestSecrets({ providers: [scene.provider], clock: scene.clock });
    const current = async (): Promise<Credential> => {
      if (count === 2) return new Map(Object.entries(await secrets.getAll(RotationScene.path)));
      return new Map([['value', await secrets.get(RotationScene.path)]]);
    };
    const run = async (intent: RotationIntent) => (await scene.run(intent, {}, target.rotator)).state;
    return { scene, secrets, current, run, ...target };
  };

  test(
    `lets ${kind === 'overlap' ? 'no request' : 'nobody for longer than a moment'} fail`,
    async () => {
      const claim = expect.getState().currentTestName ?? '';
      const total = countOf({ daily: 2000, full: 10_000 });
      const { scene, secrets, current, run, logIn } = await rotated();
      const refusedMs: number[] = [];
      let requests = 0;
      const request = async () => {
        const began = performance.now();
        let isRefused = false;
        for (;;) {
          try {
            await (await logIn(await current())).end();
            break;
          } catch (error) {
            expect(error).toMatchObject({ code: '28P01' });
            isRefused = true;
            await secrets.refresh();
          }
        }
        requests += 1;
        if (isRefused) refusedMs.push(Math.round(performance.now() - began));
      };
      const requestsUntil = (last: number) =>
        Promise.all(
          Array.from({ length: 4 }, async () => {
            while (requests < last) await request();
          }),
        );
      for (const turn of [1, 2, 3]) {
        await Promise.all([run('start'), requestsUntil((total * (turn - 0.5)) / 3)]);
        await scene.clock.advance(RotationScene.graceMs);
        await secrets.refresh();
        const [state] = await Promise.all([run('resume'), requestsUntil((total * turn) / 3)]);
        expect(state).toBe('retired');
      }
      await secrets.close();
      if (kind === 'overlap') expect(refusedMs).toEqual([]);
      const longestMs = Math.max(0, ...refusedMs);
      keepEvidence(`postgres-${kind}`, claim, { requests, rotations: 3, refused: refusedMs.length, longestMs });
    },
    fullRunMs,
  );

  test(
    'that ends anywhere leaves a value that works, and goes on or back',
    async () => {
      const stride = countOf({ daily: 2, full: 1 });
      for (const isAfter of [false, true]) {
        for (let at = 1, isOver = true; isOver; at += stride) {
          const { scene, current, run, rotator, initial, secrets } = await rotated();
          const mortal = new Mortal(at, isAfter, () => undefined);
          const { records, provider } = scene;
          const ending = {
            records: mortal.wrap(records),
            provider: mortal.wrap(provider),
            holder: { ...currentHolder(), pid: 2 ** 30 },
          };
          await scene.run('start', ending, mortal.wrap(rotator)).catch((error) => {
            if (!mortal.isOver) throw error;
          });
          isOver = mortal.isOver;
          if (kind === 'overlap') await rotator.test(await current());
          const isBack = at % 2 === 0 && (await records.get('rotation/1')) !== undefined;
          let state = await run(isBack ? 'undo' : 'due').catch(() => run('due'));
          for (let turn = 0; turn < 5 && state !== 'retired' && state !== 'rolled_back'; turn += 1) {
            await scene.clock.advance(RotationScene.graceMs);
            await secrets.refresh();
            state = await run('resume');
          }
          await secrets.refresh();
          await rotator.test(await current());
          const isFormer = state === 'rolled_back';
          if (isFormer) await rotator.test(initial);
          else await expect(rotator.test(initial)).rejects.toMatchObject({ code: 'unauthenticated' });
          await secrets.close();
        }
      }
    },
    fullRunMs,
  );
});
