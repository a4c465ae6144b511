import { afterAll, beforeAll, describe, test } from 'vitest';
import { providerContract } from '../../../src/core/provider.contract.js';
import { Drongo } from './drongo.js';
import { gcpDeviations, gcpProvider, seedIn } from './gcp-fixture.js';
import { GcpFront } from './gcp-front.js';

const runner = { describe, test, skip: test.skip };

let server: Drongo;
let front: GcpFront;
let count = 0;

beforeAll(async () => {
  server = await Drongo.start();
  front = await GcpFront.start(server.address);
});
afterAll(async () => {
  await front?.stop();
  await server?.remove();
});

providerContract(
  runner,
  'gcp over HTTP, in front of drongo',
  async () => {
    count += 1;
    const project = `case-${count}`;
    const provider = gcpProvider({ project, endpoint: front.address });
    return { subject: { provider, seed: seedIn(front.address, project) }, dispose: () => provider.close() };
  },
  gcpDeviations,
);
