import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parsePath } from '../../../src/core/path.js';
import { binaryPayload, textPayload } from '../../../src/core/payload.js';
import { providerContract } from '../../../src/core/provider.contract.js';
import { listed, rejected } from '../../../src/core/provider-read.contract.js';
import { parseRef } from '../../../src/core/ref.js';
import { azureProvider, seedInto } from './azure-fixture.js';
import { AzureStandIn } from './azure-stand-in.js';
import { refuse } from './azure-vault-state.js';

const runner = { describe, test, skip: test.skip };
const noDestroying = 'Key Vault takes no single version away for good; it is refused before anything is sent';

let server: AzureStandIn;

beforeAll(async () => {
  server = await AzureStandIn.start();
  Object.assign(process.env, server.tokens.env);
});
afterAll(() => server?.remove());

providerContract(
  runner,
  'azure over the stand-in',
  async () => {
    server.clear();
    server.state.settleAfter = 1;
    server.state.hasEmptyPages = true;
    const provider = azureProvider(server);
    return { subject: { provider, seed: seedInto(server) }, dispose: () => provider.close() };
  },
  [
    { test: 'gives 64 KiB back exactly', reason: 'a value has at most 25 KiB; a longer one is refused' },
    {
      test: 'makes one version of a write that is repeated with its token',
      reason: 'the service knows no such token; a write with one is refused before anything is sent',
    },
    { test: 'destroys one version for good and leaves the others', reason: noDestroying },
    { test: 'says not_found when there is nothing to remove', reason: noDestroying },
  ],
);

describe('a secret', () => {
  const path = parsePath('app/token');
  const name = 'app--token';
  const put = (text: string) => azureProvider(server).write(path, { payload: textPayload(text) });

  beforeEach(() => server.clear());

  test('that is disabled is deleted, and one that may not be read is denied', async () => {
    server.state.seed(name, { value: 'older' });
    server.state.seed(name, { value: 'newest', enabled: false });
    const error = await rejected(azureProvider(server).read({ path }), 'deleted');
    expect(error.advice).toContain(`set-attributes --enabled true --vault-name 127 --name ${name}`);
    server.state.refusal = refuse(403, 'Forbidden', 'Caller is not authorized: appid=a;oid=b', 'ForbiddenByRbac');
    const denied = await rejected(azureProvider(server).read({ path }), 'denied');
    expect(denied.message).not.toContain('appid');
    expect((await azureProvider(server).health()).status).toBe('unhealthy');
  });

  test('is disabled by version, and enabled again, while the others stay', async () => {
    const provider = azureProvider(server);
    const first = await put('first');
    await put('second');
    await provider.remove(parseRef(`${path}@${first?.id}`), { mode: 'soft' });
    await rejected(provider.read(parseRef(`${path}@${first?.id}`)), 'deleted');
    expect((await provider.read({ path }))?.payload).toEqual(textPayload('second'));
    expect((await provider.describe(path))?.versions.find(({ id }) => id === first?.id)?.state).toBe('deleted');
    await provider.restore(parseRef(`${path}@${first?.id}`));
    expect((await provider.read(parseRef(`${path}@${first?.id}`)))?.payload).toEqual(textPayload('first'));
  });

  test('that is deleted as a whole is no absence, keeps its name, and comes back', async () => {
    const provider = azureProvider(server);
    server.state.settleAfter = 3;
    const first = await put('kept');
    await provider.remove({ path }, { mode: 'soft' });
    const error = await rejected(provider.read({ path }), 'deleted');
    expect(error.advice).toContain(`az keyvault secret recover --vault-name 127 --name ${name}`);
    await rejected(provider.read(parseRef(`${path}@${first?.id}`)), 'deleted');
    await rejected(provider.read(parseRef(`${path}@previous`)), 'deleted');
    expect(await provider.describe(path)).toMatchObject({
      current: undefined,
      versions: [{ id: first?.id, state: 'deleted', stages: ['current'] }],
    });
    expect(await listed(provider, '')).toEqual([]);
    await rejected(put('another'), 'deleted');
    await provider.remove({ path }, { mode: 'soft' });
    await provider.restore(parseRef(`${path}@${first?.id}`));
    expect((await provider.read({ path }))?.payload).toEqual(textPayload('kept'));
  });

  test('that was deleted before is purged too', async () => {
    const provider = azureProvider(server);
    await put('x');
    await provider.remove({ path }, { mode: 'soft' });
    await provider.remove({ path }, { mode: 'purge' });
    expect(await provider.describe(path)).toBeUndefined();
  });

  test('that the vault protects is neither deleted nor purged by a purge', async () => {
    server.state.recoveryLevel = 'Recoverable';
    await put('x');
    await rejected(azureProvider(server).remove({ path }, { mode: 'purge' }), 'unsupported');
    expect((await azureProvider(server).read({ path }))?.payload).toEqual(textPayload('x'));
  });

  test('that is not there is not removed, and no version of it is destroyed', async () => {
    const provider = azureProvider(server);
    for (const mode of ['soft', 'purge'] as const) await rejected(provider.remove({ path }, { mode }), 'not_found');
    await rejected(provider.restore({ path }), 'not_found');
    await put('x');
    const before = server.requests.length;
    await rejected(provider.remove({ path }, { mode: 'destroy' }), 'unsupported');
    await rejected(provider.remove(parseRef(`${path}@current`), { mode: 'purge' }), 'invalid');
    expect(server.requests).toHaveLength(before);
  });

  test('whose deletion is not finished in time is said to be so, and goes on', async () => {
    const provider = azureProvider(server);
    await put('x');
    server.state.settleAfter = 1000;
    const controller = new AbortController();
    const removing = rejected(provider.remove({ path }, { mode: 'soft', signal: controller.signal }), 'timeout');
    await expect
      .poll(() => server.requests.filter((asked) => asked.startsWith('GET /deleted')).length)
      .toBeGreaterThan(1);
    controller.abort();
    expect((await removing).message).toContain('has accepted the deletion of app/token, and has not finished it yet');
    await rejected(put('another'), 'conflict');
  });

  test('with versions of one second has a current one, and no previous one that could be told', async () => {
    for (const value of ['1', '2', '3']) server.state.seed(name, { value, created: 1_700_000_000 });
    const provider = azureProvider(server);
    const description = await provider.describe(path);
    expect(description?.current).toBe(server.state.newest(name)?.id);
    expect(description?.versions.map(({ stages }) => stages.join())).toEqual(['current', '', '']);
    await rejected(provider.read(parseRef(`${path}@previous`)), 'unsupported');
    server.state.seed(name, { value: '4', created: 1_700_000_001 });
    await rejected(provider.read(parseRef(`${path}@previous`)), 'unsupported');
  });

  test('with versions of one second has a disabled current one as long as it is the only one of these', async () => {
    server.state.seed(name, { value: '1', created: 1_700_000_000 });
    server.state.seed(name, { value: '2', created: 1_700_000_000, enabled: false });
    const provider = azureProvider(server);
    await provider.restore({ path });
    expect((await provider.read({ path }))?.payload).toEqual(textPayload('2'));
    for (const value of ['3', '4']) server.state.seed(name, { value, created: 1_700_000_001, enabled: false });
    const error = await rejected(provider.restore({ path }), 'unsupported');
    expect(error.advice).toContain(`keyward history ${path}`);
  });

  test('has a value of up to 25 KiB, also counted in base64', async () => {
    const provider = azureProvider(server);
    const asText = (length: number) => provider.write(path, { payload: textPayload('x'.repeat(length)) });
    await asText(25 * 1024);
    const before = server.requests.length;
    await rejected(asText(25 * 1024 + 1), 'too_large');
    await rejected(provider.write(path, { payload: textPayload('ü'.repeat(12_801)) }), 'too_large');
    await rejected(provider.write(path, { payload: binaryPayload(new Uint8Array(19_201)) }), 'too_large');
    expect(server.requests).toHaveLength(before);
    await provider.write(path, { payload: binaryPayload(new Uint8Array(19_200)) });
    expect((await provider.read({ path }))?.payload).toEqual(binaryPayload(new Uint8Array(19_200)));
  });

  test('that is binary is what the command line of Azure reads and writes', async () => {
    await azureProvider(server).write(path, {
      payload: binaryPayload(Uint8Array.of(0, 255)),
      metadata: { owner: 'x' },
    });
    expect(server.state.newest(name)).toMatchObject({
      value: 'AP8=',
      contentType: 'application/octet-stream',
      tags: { 'file-encoding': 'base64', owner: 'x' },
    });
    expect((await azureProvider(server).describe(path))?.metadata).toEqual({ owner: 'x' });
    server.state.seed(name, { value: 'AP8=\n', tags: { 'file-encoding': 'base64' } });
    await rejected(azureProvider(server).read({ path }), 'invalid');
  });

  test('that is a document says so in its content type', async () => {
    await put('{"a": 1}');
    expect(server.state.newest(name)).toMatchObject({ contentType: 'application/json', value: '{"a": 1}' });
    await put('plain');
    expect(server.state.newest(name)?.contentType).toBe('text/plain');
  });

  test('takes no notes that tags cannot hold', async () => {
    const provider = azureProvider(server);
    const note = (metadata: Record<string, string>) => provider.write(path, { payload: textPayload('x'), metadata });
    const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`note${i}`, 'x']));
    for (const metadata of [
      many(16),
      { long: 'x'.repeat(257) },
      { ['n'.repeat(257)]: 'x' },
      { 'keyward-path': 'app/other' },
      { 'file-encoding': 'base64' },
    ]) {
      await rejected(note(metadata), 'unsupported');
    }
    expect(server.requests).toEqual([]);
    await note(many(15));
    await rejected(provider.write(parsePath('app/none'), { metadata: { a: 'b' } }), 'not_found');
  });

  test('shows when the vault says that it ends, unless its owner says otherwise', async () => {
    server.state.seed(name, { value: 'x', exp: 1_800_000_000 });
    expect((await azureProvider(server).read({ path }))?.metadata).toEqual({ expires: '2027-01-15T08:00:00.000Z' });
    server.state.seed(name, { value: 'x', exp: 1_800_000_000, tags: { expires: '2026-01-01' } });
    expect((await azureProvider(server).describe(path))?.metadata).toEqual({ expires: '2026-01-01' });
  });
});

describe('a name', () => {
  beforeEach(() => server.clear());

  test('with dashes is found as people made it, and read under no other path', async () => {
    server.state.seed('vantage-api-key', { value: 'x' });
    const provider = azureProvider(server, { naming: 'dashes' });
    const path = parsePath('vantage/api_key');
    expect((await provider.read({ path }))?.payload).toEqual(textPayload('x'));
    await provider.write(path, { payload: textPayload('y') });
    expect(server.state.newest('vantage-api-key')?.tags).toEqual({ 'keyward-path': 'vantage/api_key' });
    for (const other of ['vantage/api-key', 'vantage_api/key']) {
      await rejected(provider.read(parseRef(other)), 'integrity');
      await rejected(provider.write(parsePath(other), { payload: textPayload('z') }), 'integrity');
    }
    expect(await listed(provider, 'vantage')).toEqual(['vantage/api_key']);
  });

  test('that differs in case only belongs to whom it was written for', async () => {
    const provider = azureProvider(server, { naming: 'verbatim' });
    await provider.write(parsePath('ApiKey'), { payload: textPayload('x') });
    await rejected(provider.read(parseRef('apikey')), 'integrity');
    expect((await provider.read(parseRef('ApiKey')))?.payload).toEqual(textPayload('x'));
  });

  test('that is too long is a hash, with its path beside it', async () => {
    const path = parsePath(`${'deep/'.repeat(20)}under_score_name_${'x'.repeat(40)}`);
    await azureProvider(server).write(path, { payload: textPayload('x') });
    expect(await listed(azureProvider(server), '')).toEqual([path]);
    expect((await azureProvider(server).read({ path }))?.payload).toEqual(textPayload('x'));
  });

  test('of somebody else is left out, whatever its tag says', async () => {
    for (const [name, kept] of [
      ['UPPER', undefined],
      ['-h', undefined],
      ['liar', 'app/token'],
      ['odd', '../../etc'],
      ['fine', undefined],
    ] as const) {
      server.state.seed(name, { value: 'x', ...(kept !== undefined && { tags: { 'keyward-path': kept } }) });
    }
    expect(await listed(azureProvider(server), '')).toEqual(['fine', 'liar', 'odd']);
    await rejected(azureProvider(server).read(parseRef('liar')), 'integrity');
  });

  test('below a prefix, or of an entry of its own, is what the configuration says', async () => {
    const provider = azureProvider(server, { prefix: 'bot/{env}', names: { 'database/url': 'PROD-DB' } });
    for (const path of ['app/token', 'database/url']) {
      await provider.write(parsePath(path), { payload: textPayload(path) });
    }
    expect(server.state.newest('bot--production--app--token')?.value).toBe('app/token');
    expect(server.state.newest('prod-db')?.value).toBe('database/url');
    server.state.seed('elsewhere', { value: 'x' });
    const staging = azureProvider(server, { prefix: 'staging', names: { 'db/main': 'PROD-DB' } });
    expect((await staging.read(parseRef('db/main')))?.payload).toEqual(textPayload('database/url'));
    expect(await listed(provider, '')).toEqual(['app/token', 'database/url']);
  });
});

test('doctor hears as whom the token was given, and the token stays out of it', async () => {
  const provider = azureProvider(server);
  const diagnosis = await provider.diagnose?.({ refs: [parseRef('app/absent')], writes: false });
  await provider.close();
  expect(diagnosis?.identity).toBe('app app-of-the-test, tenant tenant-of-the-test');
  for (const token of server.tokens.tokens) expect(JSON.stringify(diagnosis)).not.toContain(token);
});
