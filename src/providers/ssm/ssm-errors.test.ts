import { expect, test } from 'vitest';
import { askAws } from '../../clients/aws/aws-failure.js';
import { rejected } from '../../core/provider-read.contract.js';
import { ssmErrors } from './ssm-errors.js';

test.each([...ssmErrors])('%s means %s', async (name, code) => {
  const thrown = Object.assign(new Error('CANARY-4f1c9a'), { name, $metadata: { httpStatusCode: 400 } });
  const call = { action: 'ssm:GetParameter', on: '/app/token', signal: undefined };
  const asked = askAws({ store: 'ssm', errors: ssmErrors }, call, () => Promise.reject(thrown));
  expect((await rejected(asked, code)).advice).not.toBe('');
});
