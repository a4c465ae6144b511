import { afterAll, beforeAll, describe, test } from 'vitest';
import { providerContract } from '../../../src/core/provider.contract.js';
import { azureProvider, seedInto } from './azure-fixture.js';
import { AzureStandIn } from './azure-stand-in.js';

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
