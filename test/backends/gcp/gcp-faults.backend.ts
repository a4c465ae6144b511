import { afterAll, beforeAll, describe, test } from 'vitest';
import { providerFaultContract } from '../../../src/core/provider-faults.contract.js';
import { FaultProxy } from '../../../src/testing/fault-proxy.js';
import { Drongo } from './drongo.js';
import { gcpProvider, seedIn } from './gcp-fixture.js';
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

providerFaultContract(runner, 'gcp over HTTP', async () => {
  count += 1;
  const project = `case-${count}`;
  const proxy = await FaultProxy.start(front);
  const other = await FaultProxy.start();
  const provider = gcpProvider({ project, endpoint: proxy.address });
  return {
    subject: {
      provider,
      seed: seedIn(front.address, project),
      spoil: (fault, times) => proxy.spoil(fault, times === undefined ? {} : { count: times }),
      heal: () => proxy.heal(),
      arrival: () => proxy.arrival(),
      elsewhere: { address: other.address, requests: () => other.requests.length },
      credentials: [],
    },
    dispose: async () => {
      await provider.close();
      await proxy.stop();
      await other.stop();
    },
  };
});
