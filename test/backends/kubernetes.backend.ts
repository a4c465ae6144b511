import { afterAll, beforeAll, describe, test } from 'vitest';
import { providerContract } from '../../src/core/provider.contract.js';
import { Kubernetes } from './kubernetes.js';
import { kubernetesProvider, seedDocuments, seedKeys } from './kubernetes-fixture.js';

const runner = { describe, test, skip: test.skip };
const oneVersion = 'the API server keeps one version of a Secret';
const deviations = [
  { test: 'keeps the former version at the stage previous', reason: oneVersion },
  { test: 'describes the versions, newest first', reason: oneVersion },
  { test: 'destroys one version for good and leaves the others', reason: oneVersion },
  {
    test: 'hides a removed secret as deleted, or declares that it cannot',
    reason: 'a deleted Secret is gone; a soft removal is refused before anything is sent',
  },
  { test: 'says not_found when there is nothing to remove', reason: 'a soft removal is refused, whatever there is' },
  {
    test: 'makes one version of a write that is repeated with its token',
    reason: 'the server knows no such token; a write with one is refused before anything is sent',
  },
];

let server: Kubernetes;
let count = 0;

const fresh = () => {
  count += 1;
  return server.namespace(`case-${count}`);
};

beforeAll(async () => {
  server = await Kubernetes.start();
});
afterAll(() => server?.remove());

providerContract(
  runner,
  'kubernetes, a Secret for each document',
  async () => {
    const namespace = fresh();
    const provider = kubernetesProvider(server, { namespace });
    return { subject: { provider, seed: seedDocuments(server, namespace) }, dispose: () => provider.close() };
  },
  [
    ...deviations,
    {
      test: 'gives a JSON document back as it was written',
      reason: 'a Secret is a map of texts: it has no order, and what others wrote into it is text',
    },
  ],
);

const shared = 'all secrets of one Secret share its annotations';

providerContract(
  runner,
  'kubernetes, one Secret with all keys',
  async () => {
    const namespace = fresh();
    const provider = kubernetesProvider(server, { namespace, layout: 'single', secret: 'app' });
    return { subject: { provider, seed: seedKeys(server, namespace, 'app') }, dispose: () => provider.close() };
  },
  [
    ...deviations,
    { test: 'replaces metadata only while it is what was expected', reason: shared },
    { test: 'keeps metadata when only the value is written, and the value when only metadata is', reason: shared },
  ],
);
