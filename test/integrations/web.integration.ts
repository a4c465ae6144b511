import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { Example, type Started } from './example.js';

let example: Example;
afterEach(() => example.remove());

const first = 'the-first-value-of-all';
const second = 'the-second-value-of-all';
const anyPort = { PORT: '0' };

describe('express', () => {
  async function start(): Promise<{ server: Started; url: string; post: (key: string) => Promise<number> }> {
    example = Example.withStore('express');
    example.keyward(['set', 'app/webhook_key'], first);
    const server = example.start(['server.mjs'], anyPort);
    const port = await server.printed(/listening on (\d+)/);
    const url = `http://127.0.0.1:${port}/webhook`;
    const post = async (key: string) => {
      const body = '{"paid":true}';
      const signature = createHmac('sha256', key).update(body).digest('hex');
      const headers = { 'x-signature': signature };
      return (await fetch(url, { method: 'POST', body, headers })).status;
    };
    return { server, url, post };
  }

  test('takes what is signed with the key of the moment, and goes over to the next one while it runs', async () => {
    const { server, post } = await start();
    expect([await post(first), await post(second)]).toEqual([204, 401]);
    example.keyward(['set', 'app/webhook_key'], second);
    await expect.poll(() => post(second), { timeout: 30_000 }).toBe(204);
    expect(await post(first)).toBe(401);
    expect(await server.end()).toBe(0);
    expect(server.output()).not.toContain(first);
  });

  test('refuses what is not signed at all, and what no client sends', async () => {
    const { url } = await start();
    const status = async (init: RequestInit) => (await fetch(url, { method: 'POST', ...init })).status;
    const tooWide = { 'x-signature': '\u00e9'.repeat(64) };
    expect([await status({}), await status({ body: '{}' }), await status({ body: '{}', headers: tooWide })]).toEqual([
      401, 401, 401,
    ]);
  });

  test('answers 503 and no details from the moment the key is gone', async () => {
    const { post } = await start();
    example.keyward(['delete', 'app/webhook_key']);
    await expect.poll(() => post(first), { timeout: 30_000 }).toBe(503);
  });

  test('does not start without its key', async () => {
    example = Example.withStore('express');
    const server = example.start(['server.mjs'], anyPort);
    await expect(server.printed(/listening on (\d+)/)).rejects.toThrow(/ended with 1: .*app\/webhook_key/s);
  });
});

describe('fastify', () => {
  test('asks for the token of the moment, and no token is in its log', async () => {
    example = Example.withStore('fastify');
    example.keyward(['set', 'app/api_token'], first);
    const server = example.start(['server.mjs'], anyPort);
    const port = await server.printed(/listening at http:\/\/127\.0\.0\.1:(\d+)/);
    const get = async (token: string) => {
      const headers = { authorization: `Bearer ${token}`, 'x-copy': `a copy of ${token}` };
      return (await fetch(`http://127.0.0.1:${port}/orders`, { headers })).status;
    };
    expect([await get(first), await get('another')]).toEqual([200, 401]);
    example.keyward(['set', 'app/api_token'], second);
    await server.printed(/the token was replaced/);
    expect([await get(first), await get(second)]).toEqual([401, 200]);
    expect(await server.end()).toBe(0);
    expect(server.output()).toContain('orders were asked for');
    expect(server.output()).toContain('a copy of ***REDACTED***');
    expect(server.output()).not.toMatch(new RegExp(`${first}|${second}`));
  });
});
