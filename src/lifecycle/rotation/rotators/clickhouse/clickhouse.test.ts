import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Secret } from '../../../../core/secret.js';
import { DocumentedClickhouse } from '../../../../testing/documented-clickhouse.js';
import { rotatorContract } from '../rotator.contract.js';
import type { Credential } from '../rotator.js';
import { type ClickhouseSettings, createClickhouseRotator } from './clickhouse.js';

const credentialOf = (fields: Readonly<Record<string, string>>): Credential =>
  new Map(Object.entries(fields).map(([name, text]) => [name, Secret.fromText(text)]));

let server: DocumentedClickhouse;
beforeAll(async () => {
  server = await DocumentedClickhouse.start();
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
