import { expect, test } from 'vitest';
import { rejected } from '../../core/provider-read.contract.js';
import { awsErrors, awsTexts } from './aws-errors.js';
import { askAws } from './aws-failure.js';

const meanings = { store: 'aws', errors: awsErrors, texts: awsTexts };
const ask = (name: string, message: string) =>
  askAws(meanings, { action: 'secretsmanager:PutSecretValue', on: 'app/token', signal: undefined }, () =>
    Promise.reject(Object.assign(new Error(message), { name, $metadata: { httpStatusCode: 400 } })),
  );

test.each([...awsErrors])('%s means %s', async (name, code) => {
  const error = await rejected(ask(name, 'CANARY-4f1c9a'), code);
  expect(error.store).toBe('aws');
  expect(error.advice).not.toBe('');
});

test.each(awsTexts)('$name that $says means $code', async ({ name, says, code }) => {
  await rejected(ask(name, `You can't do this because it ${says}.`), code);
});
