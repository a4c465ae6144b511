import { afterAll, beforeAll, describe, test } from 'vitest';
import { providerContract } from '../../../src/core/provider.contract.js';
import { awsProvider, bareClient, seedBelow } from './aws-fixture.js';
import { Moto } from './moto.js';

const empty = 'the service holds no empty values; one is refused before anything is sent';
const whole = 'the service deletes a secret with all its versions only; one version cannot be destroyed';
const awsDeviations = [
  { test: 'takes an empty text for a value', reason: empty },
  { test: 'writes an empty value', reason: empty },
  { test: 'destroys one version for good and leaves the others', reason: whole },
  { test: 'says not_found when there is nothing to remove', reason: whole },
];

const runner = { describe, test, skip: test.skip };

let moto: Moto;
let count = 0;

beforeAll(async () => {
  moto = await Moto.start();
});
afterAll(() => moto?.remove());

providerContract(
  runner,
  'aws over moto',
  async () => {
    count += 1;
    const prefix = `case-${count}`;
    const provider = awsProvider(moto.address, { prefix });
    return {
      subject: { provider, seed: seedBelow(bareClient(moto.address), prefix) },
      dispose: () => provider.close(),
    };
  },
  awsDeviations,
);
