import { expect, test } from 'vitest';
import { KeywardError } from '../../core/errors.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { awsDiagnosis, identityOf, signerFindings } from './aws-diagnosis.js';

const longLived = { accessKeyId: 'AKIACANARYKEYID00000', secretAccessKey: 'canary-secret' };
const nowhere = { protocol: 'http:', hostname: '127.0.0.1', port: 1 };

function diagnosed(names: readonly string[], describe: (name: string) => Promise<unknown>) {
  const config = {
    credentials: async () => ({ ...longLived, sessionToken: 'canary-token', accountId: '123456789012' }),
    region: async () => 'us-east-1',
    endpoint: async () => nowhere,
    endpointProvider: () => ({ url: new URL('https://secretsmanager.us-east-1.amazonaws.com') }),
  };
  const action = 'secretsmanager:DescribeSecret';
  return awsDiagnosis(config, { store: 'aws', names, describe, action, clock: new FakeClock(), signal: undefined });
}

test('who signs is named by account and the end of the public half of the key', () => {
  expect(identityOf(longLived)).toBe('access key …0000');
  const session = { accessKeyId: 'ASIAXYZ1', sessionToken: 'canary-token', accountId: '123456789012' };
  expect(identityOf(session)).toBe('account 123456789012, temporary credential …XYZ1');
});

test('a key that does not end is a warning, one with a session is not', () => {
  expect(signerFindings(longLived, 'aws')).toMatchObject([{ severity: 'warning', where: 'aws' }]);
  expect(signerFindings({ ...longLived, sessionToken: 'x' }, 'aws')).toEqual([]);
  expect(signerFindings({ accessKeyId: 'ASIA0', sessionToken: undefined }, 'aws')).toEqual([]);
});

test('what may not be described is told once, and what is absent is not', async () => {
  const denied = new KeywardError('denied', 'no', { store: 'aws' });
  const diagnosis = await diagnosed(['absent', 'a', 'b', 'a'], async (name) => {
    if (name !== 'absent') throw denied;
  });
  expect(diagnosis.findings).toMatchObject([
    { severity: 'info', cause: expect.stringContaining('may not describe a and 1 more') },
  ]);
  expect(JSON.stringify(diagnosis)).not.toContain('canary');
});

test('no more than fifty names are asked for, and another failure is passed on', async () => {
  const asked: string[] = [];
  const names = Array.from({ length: 60 }, (_, index) => `app/${index}`);
  const diagnosis = await diagnosed(names, async (name) => asked.push(name));
  expect(asked).toHaveLength(50);
  expect(diagnosis.findings).toEqual([]);
  const down = new KeywardError('unavailable', 'down', { store: 'aws' });
  await expect(diagnosed(['a'], () => Promise.reject(down))).rejects.toBe(down);
});
