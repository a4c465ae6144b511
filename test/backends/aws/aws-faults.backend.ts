import { afterAll, beforeAll, describe, test } from 'vitest';
import { providerFaultContract } from '../../../src/core/provider-faults.contract.js';
import { FaultProxy } from '../../../src/testing/fault-proxy.js';
import { awsKeys, awsProvider, bareClient, seedBelow } from './aws-fixture.js';
import { Moto } from './moto.js';

const runner = { describe, test, skip: test.skip };

let moto: Moto;
let count = 0;

beforeAll(async () => {
  moto = await Moto.start();
});
afterAll(() => moto?.remove());

providerFaultContract(
  runner,
  'aws over moto',
  async () => {
    count += 1;
    const prefix = `case-${count}`;
    const proxy = await FaultProxy.start(moto);
    const other = await FaultProxy.start();
    const provider = awsProvider(proxy.address, { prefix });
    return {
      subject: {
        provider,
        seed: seedBelow(bareClient(moto.address), prefix),
        spoil: (fault, times) => proxy.spoil(fault, times === undefined ? {} : { count: times }),
        heal: () => proxy.heal(),
        arrival: () => proxy.arrival(),
        elsewhere: { address: other.address, requests: () => other.requests.length },
        credentials: [awsKeys.AWS_ACCESS_KEY_ID, awsKeys.AWS_SECRET_ACCESS_KEY],
      },
      dispose: async () => {
        await provider.close();
        await proxy.stop();
        await other.stop();
      },
    };
  },
  [
    {
      test: 'asks again at once when the server says so',
      reason: 'the service throttles with 400 and never says how long; the chain asks again',
    },
  ],
);
