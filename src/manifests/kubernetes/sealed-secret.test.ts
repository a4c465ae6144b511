import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { ErrorCode } from '../../core/errors.js';
import { openSecretValue, sealSecretValue } from '../../crypto/sealed-secret-value.js';
import { deploymentUnderTest } from '../../testing/deployment-under-test.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { type TestCertificate, testCertificate } from '../../testing/test-certificate.js';
import { sealedSecretTarget } from './sealed-secret.js';

const controller = testCertificate(['controller'], { key: 'rsa' });
const stranger = testCertificate(['controller'], { key: 'rsa' });
const pinOf = ({ certificate }: TestCertificate) =>
  `sha256:${new X509Certificate(certificate).fingerprint256.replaceAll(':', '').toLowerCase()}`;
const values = { 'exchange/binance#api_key': 'the key', 'exchange/binance#api_secret': '', 'database/password': 'ü\n' };

interface Given {
  readonly scope?: string;
  readonly namespace?: string | undefined;
  readonly pin?: string;
  readonly reseal?: string;
  readonly verify?: string;
}

async function seal(given: Given, files: Record<string, string> = {}, now: Record<string, string> = values) {
  const target = sealedSecretTarget(new FakeClock());
  const [file] = await target.render(
    deploymentUnderTest(),
    {
      namespace: 'bots',
      secret: undefined,
      keys: 'lower',
      cert: 'cert.pem',
      pin: pinOf(controller),
      scope: 'strict',
      reseal: undefined,
      verify: undefined,
      ...given,
    },
    {
      value: async ({ path, field }) => Buffer.from(now[field === undefined ? path : `${path}#${field}`] ?? 'none'),
      file: async (name) => Buffer.from({ 'cert.pem': controller.certificate, ...files }[name] ?? ''),
    },
  );
  return { file: file ?? { path: '', text: '' }, target };
}

const dataOf = (text: string): Record<string, string> => parse(text).spec.encryptedData;
const open = (text: string, key: string, label: string, from = controller) => {
  const sealed = Buffer.from(dataOf(text)[key] ?? '', 'base64');
  const value = openSecretValue(createPrivateKey(from.key), Buffer.from(label), sealed);
  return value === undefined ? undefined : Buffer.from(value).toString();
};
const refused = async (code: ErrorCode, message: RegExp, ...args: Parameters<typeof seal>) =>
  expect(await seal(...args).catch((error: unknown) => error)).toMatchObject({
    code,
    message: expect.stringMatching(message),
  });

describe('a SealedSecret', () => {
  test.each([
    ['strict', 'bots/bot-secrets', ['bots', '']],
    ['namespace-wide', 'bots', ['bots/bot-secrets', '']],
    ['cluster-wide', '', ['bots', 'bots/bot-secrets']],
  ])('of scope %s opens with its label and no other', async (scope, label, others) => {
    const { file } = await seal({ scope });
    expect(open(file.text, 'binance_api_key', label)).toBe('the key');
    expect(open(file.text, 'binance_api_secret', label)).toBe('');
    expect(open(file.text, 'database_password', label)).toBe('ü\n');
    for (const other of others) expect(open(file.text, 'binance_api_key', other)).toBeUndefined();
    expect(open(file.text, 'binance_api_key', label, stranger)).toBeUndefined();
    expect(file.text).not.toContain('the key');
  });

  test('says its scope where the controller reads it, and for which certificate it was made', async () => {
    const { metadata, spec } = parse((await seal({ scope: 'cluster-wide' })).file.text);
    expect(metadata.annotations).toEqual({
      'sealedsecrets.bitnami.com/cluster-wide': 'true',
      'keyward.dev/sealed-for': pinOf(controller),
    });
    expect(spec.template.metadata.annotations).toEqual({ 'sealedsecrets.bitnami.com/cluster-wide': 'true' });
    expect(parse((await seal({})).file.text).spec.template.metadata.annotations).toBeUndefined();
  });

  test('is not made for a certificate that is not pinned, has ended, begins later, or is none', async () => {
    await refused('config', /is pinned/, { pin: pinOf(stranger) });
    await refused('config', /no fingerprint/, { pin: 'sha256:00' });
    const ended = testCertificate(['controller'], { key: 'rsa', until: '20010101000000Z' });
    await refused('config', /valid from/, { pin: pinOf(ended) }, { 'cert.pem': ended.certificate });
    const early = testCertificate(['controller'], { key: 'rsa', from: '20980101000000Z' });
    await refused('config', /valid from/, { pin: pinOf(early) }, { 'cert.pem': early.certificate });
    const curve = testCertificate(['controller']);
    await refused('config', /not RSA/, { pin: pinOf(curve) }, { 'cert.pem': curve.certificate });
    await refused('config', /no certificate/, {}, { 'cert.pem': 'hello' });
  });

  test('of one namespace needs to be told which', async () => {
    await refused('invalid', /for one namespace/, { namespace: undefined });
    await refused('invalid', /for one namespace/, { namespace: undefined, scope: 'namespace-wide' });
    await refused('invalid', /a name is none/, { namespace: 'bots/other' });
    expect(open((await seal({ namespace: undefined, scope: 'cluster-wide' })).file.text, 'binance_api_key', '')).toBe(
      'the key',
    );
  });

  test('is sealed anew with each change, and is the same for --check where only the sealing differs', async () => {
    const [first, second] = [await seal({}), await seal({})];
    expect(first.file.text).not.toBe(second.file.text);
    expect(first.target.isSame?.(first.file.text, second.file)).toBe(true);
    const wide = await seal({ scope: 'namespace-wide' });
    expect(wide.target.isSame?.(first.file.text, wide.file)).toBe(false);
    const renamed = first.file.text.replace('binance_api_key', 'binance_api_kex');
    expect(first.target.isSame?.(renamed, second.file)).toBe(false);
  });

  test('keeps the keys of others, and with the private key what is the same', async () => {
    const { text } = (await seal({})).file;
    const foreign = text.replace('    database_password', `    foreign: ${dataOf(text)['binance_api_key']}\n$&`);
    const files = { 'old.yaml': foreign, 'tls.key': controller.key };
    const changed = { ...values, 'database/password': 'another' };
    const kept = (await seal({ reseal: 'old.yaml', verify: 'tls.key' }, files, changed)).file.text;
    const anew = (await seal({ reseal: 'old.yaml' }, files, changed)).file.text;
    expect(dataOf(kept)['binance_api_key']).toBe(dataOf(text)['binance_api_key']);
    expect(dataOf(anew)['binance_api_key']).not.toBe(dataOf(text)['binance_api_key']);
    for (const made of [kept, anew]) {
      expect(dataOf(made)['foreign']).toBe(dataOf(text)['binance_api_key']);
      expect(open(made, 'database_password', 'bots/bot-secrets')).toBe('another');
    }
    const same = (await seal({ reseal: 'old.yaml', verify: 'tls.key' }, { ...files, 'old.yaml': text })).file.text;
    expect(same).toBe(text);
  });

  test('is not resealed under another scope, name or namespace, nor with what does not open', async () => {
    const { text } = (await seal({ scope: 'namespace-wide' })).file;
    const files = { 'old.yaml': text, 'tls.key': controller.key, 'other.key': stranger.key };
    await refused('config', /not the SealedSecret/, { reseal: 'old.yaml' }, files);
    await refused('config', /not the SealedSecret/, { reseal: 'old.yaml', namespace: 'other' }, files);
    await refused('config', /not the SealedSecret/, { reseal: 'cert.pem' }, { 'cert.pem': controller.certificate });
    const wide = { scope: 'namespace-wide', reseal: 'old.yaml' };
    await refused('integrity', /does not open/, { ...wide, verify: 'other.key' }, files);
    const swapped = text.replace(/: A/, ': B');
    await refused('integrity', /does not open/, { ...wide, verify: 'tls.key' }, { ...files, 'old.yaml': swapped });
    await refused('config', /no private key/, { ...wide, verify: 'old.yaml' }, files);
    await refused('invalid', /a file that is there/, { verify: 'tls.key' }, files);
  });
});

describe('a sealed value', () => {
  test('that was cut or changed anywhere does not open', () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const label = new Uint8Array();
    const sealed = sealSecretValue(publicKey, label, Buffer.from('value'));
    expect(openSecretValue(privateKey, label, sealed)).toEqual(new Uint8Array(Buffer.from('value')));
    for (const length of [0, 1, 2, 257, 258, 273, sealed.length - 1]) {
      expect(openSecretValue(privateKey, label, sealed.subarray(0, length))).toBeUndefined();
    }
    for (const at of [0, 1, 2, 100, 257, 258, sealed.length - 1]) {
      const changed = Uint8Array.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(openSecretValue(privateKey, label, changed)).toBeUndefined();
    }
  });
});
