import { createPrivateKey } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { openSecretValue } from '../../src/crypto/sealed-secret-value.js';
import { manifest } from '../../src/manifests/index.js';
import { deploymentUnderTest } from '../../src/testing/deployment-under-test.js';
import { testCertificate } from '../../src/testing/test-certificate.js';
import { removeFolder, temporaryFolder } from './backend.js';
import { kubeseal, pinOf } from './sealed-secrets.js';

const folder = temporaryFolder('kubeseal');
const controller = testCertificate(['controller'], { key: 'rsa' });
writeFileSync(join(folder, 'tls.key'), controller.key, { mode: 0o600 });
writeFileSync(join(folder, 'cert.pem'), controller.certificate);
afterAll(() => removeFolder(folder));

const scopes = ['strict', 'namespace-wide', 'cluster-wide'] as const;
const labels = { strict: 'bots/bot-secrets', 'namespace-wide': 'bots', 'cluster-wide': '' };
const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
const values: Readonly<Record<string, Uint8Array>> = {
  'exchange/binance#api_key': bytes,
  'exchange/binance#api_secret': Buffer.from('a b\n'),
  'database/password': new Uint8Array(),
};

async function sealed(scope: string): Promise<string> {
  const [file] = await manifest(
    'sealed-secret',
    deploymentUnderTest(),
    { namespace: 'bots', cert: 'cert.pem', pin: pinOf(controller.certificate), scope },
    {
      value: async ({ path, field }) => values[field === undefined ? path : `${path}#${field}`] ?? bytes,
      file: async () => Buffer.from(controller.certificate),
    },
  );
  return file?.text ?? '';
}

const unseal = (text: string) =>
  JSON.parse(kubeseal(folder, ['--recovery-unseal', '--recovery-private-key', 'tls.key', '-o', 'json'], text));

describe('kubeseal', () => {
  test.each(scopes)('opens what is sealed here with scope %s', async (scope) => {
    const { data, metadata } = unseal(await sealed(scope));
    expect(metadata.name).toBe('bot-secrets');
    expect(Buffer.from(data.binance_api_key, 'base64')).toEqual(Buffer.from(bytes));
    expect(Buffer.from(data.binance_api_secret, 'base64').toString()).toBe('a b\n');
    expect(data.database_password ?? '').toBe('');
  });

  test('refuses what is sealed here for another scope, name or namespace', async () => {
    const strict = await sealed('strict');
    const wide = await sealed('namespace-wide');
    expect(() => unseal(strict.replaceAll('name: bot-secrets', 'name: other'))).toThrow(/decrypt/);
    expect(() => unseal(strict.replaceAll('namespace: bots', 'namespace: other'))).toThrow(/decrypt/);
    expect(() => unseal(wide.replaceAll('namespace: bots', 'namespace: other'))).toThrow(/decrypt/);
    expect(() => unseal(wide.replaceAll('/namespace-wide', '/cluster-wide'))).toThrow(/decrypt/);
    expect(unseal(wide.replaceAll('name: bot-secrets', 'name: other')).metadata.name).toBe('other');
  });

  test.each(scopes)('seals with scope %s what is opened here', (scope) => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'bot-secrets', namespace: 'bots' },
      data: { all: Buffer.from(bytes).toString('base64'), nothing: '' },
    };
    const args = ['--cert', 'cert.pem', '--scope', scope, '-o', 'yaml'];
    const { encryptedData } = parse(kubeseal(folder, args, JSON.stringify(secret))).spec;
    const open = (key: string, label: string) =>
      openSecretValue(createPrivateKey(controller.key), Buffer.from(label), Buffer.from(encryptedData[key], 'base64'));
    expect(open('all', labels[scope])).toEqual(bytes);
    expect(open('nothing', labels[scope])).toEqual(new Uint8Array());
    for (const other of scopes.filter((name) => name !== scope)) expect(open('all', labels[other])).toBeUndefined();
  });
});
