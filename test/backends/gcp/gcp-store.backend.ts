import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parsePath } from '../../../src/core/path.js';
import { binaryPayload, payloadText, textPayload } from '../../../src/core/payload.js';
import type { Provider } from '../../../src/core/provider.js';
import { listed, rejected } from '../../../src/core/provider-read.contract.js';
import { parseRef } from '../../../src/core/ref.js';
import { FaultProxy } from '../../../src/testing/fault-proxy.js';
import { Drongo } from './drongo.js';
import { type GcpOptions, gcpProvider, putSecret } from './gcp-fixture.js';
import { GcpFront } from './gcp-front.js';

const path = parsePath('app/token');
const id = 'app--token';

let server: Drongo;
let front: GcpFront;
let proxy: FaultProxy;
let project: string;
let provider: Provider;
let count = 0;

beforeAll(async () => {
  server = await Drongo.start();
  front = await GcpFront.start(server.address);
  proxy = await FaultProxy.start(front);
});
afterAll(async () => {
  await proxy?.stop();
  await front?.stop();
  await server?.remove();
});
beforeEach(async () => {
  count += 1;
  project = `own-${count}`;
  provider = made({});
  await proxy.heal();
});

const made = (options: GcpOptions) => gcpProvider({ project, endpoint: proxy.address, ...options });
const put = (name: string, text: string) => putSecret(front.address, `projects/${project}`, name, Buffer.from(text));
const write = (text: string, ifVersion?: number) =>
  provider.write(path, { payload: textPayload(text) }, ifVersion === undefined ? {} : { ifVersion });
const read = async (ref: string, from = provider) => {
  const found = await from.read(parseRef(ref));
  return found && payloadText(found.payload);
};
const api = async (method: string, at: string, body?: unknown): Promise<Readonly<Record<string, unknown>>> => {
  const response = await fetch(`${front.address}/v1/projects/${project}/secrets/${at}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return JSON.parse(await response.text());
};
const annotate = (name: string, annotations: Readonly<Record<string, string>>) =>
  api('PATCH', `${name}?updateMask=annotations,versionAliases`, { annotations, versionAliases: { good: '1' } });

describe('versions', () => {
  test('are current when they are newest, whatever their state, and previous when they are the next enabled', async () => {
    for (const text of ['one', 'two', 'three', 'four']) await write(text);
    await api('POST', `${id}/versions/3:disable`, {});
    expect([await read(path), await read(`${path}@previous`), await read(`${path}@1`)]).toEqual(['four', 'two', 'one']);
    await api('POST', `${id}/versions/4:disable`, {});
    expect((await rejected(provider.read({ path }), 'deleted')).advice).toContain('gcloud secrets versions');
    expect((await provider.describe(path))?.current).toBeUndefined();
    await api('POST', `${id}/versions/4:destroy`, {});
    await rejected(provider.read({ path }), 'deleted');
    await rejected(provider.restore({ path }), 'deleted');
    expect(
      (await provider.describe(path))?.versions.map(({ number, state, stages }) => [number, state, ...stages]),
    ).toEqual([
      [4, 'destroyed', 'current'],
      [3, 'deleted'],
      [2, 'live', 'previous'],
      [1, 'live'],
    ]);
  });

  test('are read by the aliases of the service too', async () => {
    for (const text of ['one', 'two']) await write(text);
    await annotate(id, {});
    expect(await read(`${path}@good`)).toBe('one');
    expect(await read(`${path}@bad`)).toBeUndefined();
    expect((await provider.describe(path))?.versions[1]?.stages).toEqual(['previous', 'good']);
  });

  test('are none in a secret that was only created, which the next write fills', async () => {
    await api('POST', `../secrets?secretId=${id}`, {});
    expect(await provider.read({ path })).toBeUndefined();
    expect(await write('first', 0)).toMatchObject({ number: 1 });
  });

  test('hold 64 KiB, and a byte more is refused before anything is sent', async () => {
    const bytes = Uint8Array.from({ length: 65_536 }, (_, i) => i % 251);
    await provider.write(path, { payload: binaryPayload(bytes) });
    expect((await provider.read({ path }))?.payload.bytes).toEqual(bytes);
    await proxy.heal();
    await rejected(provider.write(path, { payload: binaryPayload(new Uint8Array(65_537)) }), 'too_large');
    expect(proxy.requests).toEqual([]);
  });
});

describe('a write onto an expected version', () => {
  test('is won by one of many writers, each with a provider of its own', async () => {
    await write('first');
    const writers = Array.from({ length: 8 }, () => made({}));
    const writes = writers.map((writer, i) => writer.write(path, { payload: textPayload(`w${i}`) }, { ifVersion: 1 }));
    const results = await Promise.allSettled(writes);
    const winners = results.flatMap(({ status }, i) => (status === 'fulfilled' ? [`w${i}`] : []));
    expect(winners).toHaveLength(1);
    expect(await read(path)).toBe(winners[0]);
    expect((await provider.describe(path))?.versions).toHaveLength(2);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'conflict' });
    }
  });

  test('stands back while somebody is writing, and no longer than twenty seconds', async () => {
    await write('first');
    await annotate(id, { 'keyward-writing': `2 ${Date.now()}` });
    await rejected(write('mine', 1), 'throttled');
    expect(await read(path)).toBe('first');
    for (const since of [Date.now() - 20_001, Date.now() + 900_000, 'soon', '']) {
      const { number = 0 } = (await provider.read({ path }))?.version ?? {};
      await annotate(id, { 'keyward-writing': `${number + 1} ${since}` });
      expect(await write('mine', number)).toMatchObject({ number: number + 1 });
    }
  });

  test('says so when somebody who expects nothing came in between', async () => {
    await write('first');
    await proxy.script(({ path: asked }) => {
      if (asked.includes(':addVersion')) front.before = () => put(id, 'theirs');
      return undefined;
    });
    const error = await rejected(write('mine', 1), 'integrity');
    expect(error.advice).toContain(`versions access 2 --secret=${id}`);
    expect(await read(`${path}@2`)).toBe('theirs');
  });

  test('frees the place again when it was refused, and not when nobody knows', async () => {
    await write('first');
    await proxy.spoil(
      { kind: 'answer', status: 403, body: '{"error":{"status":"PERMISSION_DENIED"}}' },
      { at: ':add' },
    );
    await rejected(write('mine', 1), 'denied');
    await proxy.spoil({ kind: 'reset' }, { at: ':add' });
    await rejected(write('mine', 1), 'unavailable');
    await proxy.heal();
    await rejected(write('mine', 1), 'throttled');
    expect(await write('anyway')).toMatchObject({ number: 2 });
    expect(await write('mine', 2)).toMatchObject({ number: 3 });
  });

  test('does nothing to a secret that was deleted or created meanwhile', async () => {
    await rejected(write('mine', 3), 'conflict');
    await write('first');
    await rejected(write('mine', 0), 'conflict');
    expect((await provider.describe(path))?.versions).toHaveLength(1);
  });
});

describe('notes', () => {
  test('are annotations; ours are not shown and not lost', async () => {
    const dashes = made({ naming: 'dashes' });
    await dashes.write(path, { payload: textPayload('x'), metadata: { owner: 'trading' } });
    expect((await api('GET', 'app-token'))['annotations']).toEqual({ owner: 'trading', 'keyward-path': path });
    await dashes.write(path, { metadata: { purpose: 'orders' }, ifMetadata: { owner: 'trading' } });
    expect((await dashes.describe(path))?.metadata).toEqual({ purpose: 'orders' });
    expect((await api('GET', 'app-token'))['annotations']).toEqual({ purpose: 'orders', 'keyward-path': path });
  });

  test('are not changed without an etag', async () => {
    await write('x');
    const body = JSON.stringify({ name: `projects/1/secrets/${id}`, replication: { automatic: {} } });
    await proxy.spoil({ kind: 'answer', status: 200, body });
    await rejected(provider.write(path, { metadata: { owner: 'me' } }), 'invalid');
  });

  test('are not changed when somebody else has changed the secret in between', async () => {
    await write('x');
    await proxy.script(({ method }) => {
      if (method === 'PATCH') front.before = () => annotate(id, { owner: 'them' });
      return undefined;
    });
    await rejected(provider.write(path, { metadata: { owner: 'me' } }), 'conflict');
    expect((await provider.describe(path))?.metadata).toEqual({ owner: 'them' });
    await rejected(provider.write(parsePath('unknown'), { metadata: {} }), 'not_found');
  });

  test('that annotations cannot hold are refused before anything is written', async () => {
    const refuse = (metadata: Readonly<Record<string, string>>, code: 'unsupported' | 'too_large') =>
      rejected(provider.write(path, { payload: textPayload('x'), metadata }), code);
    for (const name of ['keyward-path', 'a b', '-a', 'a-', 'x'.repeat(64), '__proto__']) {
      await refuse(Object.fromEntries([[name, 'x']]), 'unsupported');
    }
    await refuse({ long: 'x'.repeat(16_384) }, 'too_large');
    expect(await listed(provider, '')).toEqual([]);
  });
});

describe('names', () => {
  test('made of dashes belong to one path', async () => {
    const dashes = made({ naming: 'dashes' });
    await put('exchange-binance-api-key', 'of gcloud');
    expect(await read('exchange/binance/api_key', dashes)).toBe('of gcloud');
    expect(await listed(dashes, '')).toEqual(['exchange-binance-api-key']);
    await dashes.write(parsePath('exchange/binance/api_key'), { payload: textPayload('ours') });
    expect(await listed(dashes, 'exchange')).toEqual(['exchange/binance/api_key']);
    const other = parsePath('exchange/binance-api-key');
    await rejected(dashes.read({ path: other }), 'integrity');
    await rejected(dashes.write(other, { payload: textPayload('x') }), 'integrity');
    await rejected(dashes.remove({ path: other }, { mode: 'purge' }), 'integrity');
    expect(await read('exchange/binance/api_key', dashes)).toBe('ours');
  });

  test('that would be too long are hashes, with the path beside them', async () => {
    const long = parsePath(`deep/${'Long_'.repeat(60)}`);
    await provider.write(long, { payload: textPayload('x') });
    expect(await read(long)).toBe('x');
    expect(await listed(provider, 'deep')).toEqual([long]);
  });

  test('of others are left out of listings, and named secrets are found', async () => {
    for (const name of ['PROD_DB', '-', '--', '-h', 'UPPER', 'a---b', '-x00', id]) await put(name, 'x');
    expect(await listed(provider, '')).toEqual([path]);
    const named = made({ names: { 'database/url': 'PROD_DB' }, prefix: '' });
    expect(await listed(named, '')).toEqual([path, 'database/url']);
    expect(await read('database/url', named)).toBe('x');
  });

  test('stand below the prefix, and beside those of a region', async () => {
    const inside = made({ prefix: 'bot/{env}' });
    await inside.write(path, { payload: textPayload('x') });
    expect(await listed(provider, '')).toEqual(['bot/production/app/token']);
    expect(await listed(inside, 'app')).toEqual([path]);
    const regional = made({ location: 'europe-west3' });
    expect(await regional.read({ path: parsePath('bot/production/app/token') })).toBeUndefined();
    await regional.write(path, { payload: textPayload('there'), metadata: { a: 'b' } }, { ifVersion: 0 });
    expect(await read(path, regional)).toBe('there');
    expect((await regional.describe(path))?.metadata).toEqual({ a: 'b' });
  });
});

test('an answer about another secret or version is none', async () => {
  await write('x');
  const answer = (name: string) => ({
    kind: 'answer' as const,
    status: 200,
    body: JSON.stringify({ name, payload: { data: 'eA==' } }),
  });
  for (const name of ['', 'projects/1/secrets/other/versions/1', `projects/1/secrets/${id}/versions/01`, id]) {
    await proxy.spoil(answer(name));
    await rejected(provider.read({ path }), 'invalid');
  }
  await proxy.spoil(answer(`projects/1/secrets/${id}/versions/2`));
  await rejected(provider.read(parseRef(`${path}@1`)), 'invalid');
  expect(await read(path)).toBe('x');
});

test('a list that goes round in circles ends', async () => {
  await proxy.spoil({ kind: 'answer', status: 200, body: '{"nextPageToken":"again"}' });
  await rejected(listed(provider, ''), 'invalid');
});

test('who may not list is healthy, and told so', async () => {
  const status = 'PERMISSION_DENIED';
  await proxy.spoil({ kind: 'answer', status: 403, body: JSON.stringify({ error: { code: 403, status } }) });
  expect(await provider.health()).toMatchObject({ status: 'healthy', findings: [{ severity: 'info' }] });
  await rejected(provider.read({ path }), 'denied');
});
