import { expect, test } from 'vitest';
import { parsePath } from '../../src/core/path.js';
import { fieldOf } from '../../src/core/payload.js';
import { assignFields } from '../../src/resolver/assign.js';
import { createMemoryProvider } from '../../src/testing/memory-provider.js';

const path = parsePath('exchange/binance');

async function fieldsAfter(prepare: (provider: ReturnType<typeof createMemoryProvider>) => Promise<void>) {
  const provider = createMemoryProvider();
  await prepare(provider);
  const names = ['api_key', 'api_secret', 'passphrase'];
  await Promise.all(names.map((name) => assignFields(provider, path, new Map([[name, name]]), {})));
  const payload = (await provider.read({ path }))?.payload;
  return names.filter((name) => payload !== undefined && fieldOf(payload, name) !== undefined);
}

const all = ['api_key', 'api_secret', 'passphrase'];

test('fields that are set at once in one document are all kept', async () => {
  const prepare = async (provider: ReturnType<typeof createMemoryProvider>) => {
    await assignFields(provider, path, new Map([['testnet', 'false']]), {});
  };
  expect(await fieldsAfter(prepare)).toEqual(all);
});

test('fields that are set at once in a document that nobody has made yet are all kept', async () => {
  expect(await fieldsAfter(async () => undefined)).toEqual(all);
});

test('fields that are set at once in a document that was deleted are all kept', async () => {
  const prepare = async (provider: ReturnType<typeof createMemoryProvider>) => {
    await assignFields(provider, path, new Map([['testnet', 'false']]), {});
    await provider.remove({ path }, { mode: 'soft' });
  };
  expect(await fieldsAfter(prepare)).toEqual(all);
});
