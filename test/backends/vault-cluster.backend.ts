import { afterAll, beforeAll, expect, test } from 'vitest';
import { parsePath } from '../../src/core/path.js';
import { textPayload } from '../../src/core/payload.js';
import { rejected } from '../../src/core/provider-read.contract.js';
import { OpenBao } from './openbao.js';
import { vaultProvider } from './vault-fixture.js';

const path = parsePath('app/token');
let active: OpenBao;
let standby: OpenBao;

beforeAll(async () => {
  active = await OpenBao.start({ cluster: 'new' });
  standby = await OpenBao.start({ cluster: active });
});
afterAll(async () => {
  await standby?.remove();
  await active?.remove();
});

test('a standby is healthy, hands writes on, and answers reads itself as soon as it has heard of them', async () => {
  const provider = vaultProvider(standby, {});
  await provider.write(path, { payload: textPayload('x') });
  expect((await vaultProvider(active, {}).read({ path }))?.payload).toEqual(textPayload('x'));
  let found = await provider.read({ path });
  while (found === undefined) found = await provider.read({ path });
  expect(found.payload).toEqual(textPayload('x'));
  expect(await provider.health()).toEqual({ status: 'healthy', findings: [] });
  await provider.close();
});

test('a standby without an active server goes on answering reads, and sends no write elsewhere', async () => {
  await active.process.stop();
  const provider = vaultProvider(
    standby,
    {},
    {
      VAULT_ADDR: standby.address,
      VAULT_TOKEN: standby.rootToken,
      VAULT_MAX_RETRIES: '0',
    },
  );
  expect((await provider.read({ path }))?.payload).toEqual(textPayload('x'));
  await rejected(provider.write(path, { payload: textPayload('y') }), 'invalid', 'unavailable');
  await provider.close();
});
