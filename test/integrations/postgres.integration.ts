import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Example, type Started } from './example.js';
import { PostgresServer } from './postgres-server.js';

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
  await server.query("create role bot login password 'first'");
  await server.query('create database bot owner bot');
});
afterAll(() => server.remove());

let example: Example;
beforeEach(() => {
  example = Example.withStore('postgres');
});
afterEach(() => example.remove());

/** Logs in anew for each line, and says whether it could. */
const loggingIn = `
import { createInterface } from 'node:readline/promises';
import { openSecrets } from 'keyward';
import { createPool } from './pool.mjs';
const secrets = await openSecrets();
const pool = await createPool(secrets, { host: process.env.PGHOST, user: 'bot', database: 'bot' });
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  try {
    const client = await pool.connect();
    await client.query('select 1');
    client.release(line === 'anew');
    console.log('logged in');
  } catch (error) {
    console.log('refused with ' + error.code);
  }
}
`;

async function startLoggingIn(): Promise<Started> {
  example.write('logging-in.mjs', loggingIn);
  const program = example.start(['logging-in.mjs'], { PGHOST: server.folder });
  await program.printed(/ready/);
  return program;
}

describe('a pool of PostgreSQL', () => {
  test('logs in with the password of the moment, also when that was replaced while it runs', async () => {
    await server.query("alter role bot password 'first'");
    example.keyward(['set', 'database/postgres/password'], 'first');
    const program = await startLoggingIn();
    expect(await program.ask('anew')).toBe('logged in');
    await server.query("alter role bot password 'second'");
    expect(await program.ask('anew')).toBe('refused with 28P01');
    example.keyward(['set', 'database/postgres/password'], 'second');
    await expect.poll(() => program.ask('anew'), { timeout: 30_000 }).toBe('logged in');
  });

  test('keeps the connections that it has, and opens none when the password is gone', async () => {
    await server.query("alter role bot password 'first'");
    example.keyward(['set', 'database/postgres/password'], 'first');
    const program = await startLoggingIn();
    expect(await program.ask('again')).toBe('logged in');
    example.keyward(['delete', 'database/postgres/password']);
    expect(await program.ask('anew')).toBe('logged in');
    await expect.poll(() => program.ask('anew'), { timeout: 30_000 }).toBe('refused with deleted');
  });

  test('answers a query of the program of the example', async () => {
    await server.query("alter role bot password 'first'");
    example.keyward(['set', 'database/postgres/password'], 'first');
    const printed = example.node(['server-time.mjs'], { env: { PGHOST: server.folder } });
    expect(printed).toMatch(/^20\d\d-/);
  });
});
