import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { Example } from './example.js';

let example: Example;
afterEach(() => example.remove());

const first = 'the-first-value-of-all';
const second = 'the-second-value-of-all';

describe.each([
  ['Express', () => Example.withStore('express-api-keys'), /listening on (\d+)/],
  ['Fastify', () => Example.withStore('fastify-api-keys'), /listening at http:\/\/127\.0\.0\.1:(\d+)/],
] as const)('clients of %s', (_, make, listening) => {
  async function start() {
    example = make();
    example.keyward(['set', 'service/api_keys/alice'], first);
    example.keyward(['set', 'service/api_keys/bob'], first);
    const server = example.start(['server.mjs'], { PORT: '0' });
    const url = `http://127.0.0.1:${await server.printed(listening)}/orders`;
    const get = (key: string) => fetch(url, { headers: { 'x-api-key': key } });
    return { server, url, get };
  }

  test('lets clients through by their keys, with the former value too after a rotation', async () => {
    const { server, url, get } = await start();
    expect(await (await get(`bob.${first}`)).json()).toEqual({ client: 'bob', orders: [] });
    example.keyward(['set', 'service/api_keys/bob'], second);
    expect([(await get(`bob.${second}`)).status, (await get(`bob.${first}`)).status]).toEqual([200, 200]);
    expect((await fetch(url)).status).toBe(401);
    for (const wrong of [`bob.${first}x`, `mallory.${first}`, first, 'bob.', `alice.${second}`]) {
      expect((await get(wrong)).status).toBe(401);
    }
    expect(await server.end()).toBe(0);
    expect(server.output()).not.toMatch(new RegExp(`${first}|${second}`));
  });

  test('answers 429 and when to try again, and writes down who used which key how often', async () => {
    const { server, get } = await start();
    const answers = [];
    for (let turn = 0; turn < 6; turn += 1) answers.push(await get(`alice.${first}`));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429]);
    expect(Number(answers.at(-1)?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await get(`bob.${first}`)).status).toBe(200);
    expect(await server.end()).toBe(0);
    const uses = readFileSync(join(example.folder, 'access.log'), 'utf8')
      .split('\n')
      .filter((line) => line.includes('"key_use"'))
      .map((line) => JSON.parse(line));
    const alice = { path: 'service/api_keys/alice', provider: 'keyward', version: 1 };
    expect(uses).toMatchObject([
      { ...alice, answer: 'accepted', count: 5 },
      { ...alice, answer: 'throttled', count: 1 },
      { path: 'service/api_keys/bob', answer: 'accepted', count: 1 },
    ]);
  });
});
