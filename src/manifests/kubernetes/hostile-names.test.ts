import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { isKeywardError, KeywardError } from '../../core/errors.js';
import { deploymentUnderTest, type LinkUnderTest, type SecretsUnderTest } from '../../testing/deployment-under-test.js';
import { manifest } from '../make-manifest.js';

const fields = [
  'a"}}{{ .x }}',
  'yes',
  '012',
  '- a: b',
  '# c',
  'a\u2028b',
  '$(HOME)',
  "it's",
  'a.b',
  '*',
  '{a}',
  '../a',
];
const hostile: SecretsUnderTest = {
  'app/all': Object.fromEntries(fields.map((field, index) => [field, [`VARIABLE_${index}`]])),
};
const plain: SecretsUnderTest = { 'app/all': { yes: ['A'], '012': ['B'], 'a.b': ['C'], null: ['D'] } };

const ports = {
  value: async () => Buffer.from('--- {"a": &b *c} # !!x\u2028\r\n\t'),
  file: async () => Buffer.from(''),
};

async function made(target: string, options: Record<string, string>, links: readonly LinkUnderTest[], secrets = plain) {
  const [file] = await manifest(target, deploymentUnderTest({ links, secrets }), options, ports);
  const documents = parseAllDocuments(file?.text ?? '');
  expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
  return documents.map((document) => document.toJS());
}

describe('names that look like something else', () => {
  test('are read back as they are from what the operator of secrets gets', async () => {
    const [{ spec }] = await made('external-secret', {}, ['aws']);
    expect(spec.data.map(({ remoteRef }: { remoteRef: { property: string } }) => remoteRef.property)).toEqual(
      Object.keys(plain['app/all'] ?? {}),
    );
  });

  test('are refused where a query language would read them otherwise', async () => {
    for (const field of fields.filter((name) => !/^[\w.-]+$/.test(name))) {
      for (const [target, link] of [
        ['external-secret', 'vault'],
        ['csi', 'aws'],
      ] as const) {
        const error = await made(target, {}, [link], { 'app/all': { [field]: ['A'] } }).catch((thrown) => thrown);
        expect(error instanceof KeywardError && error.code).toBe('unsupported');
      }
    }
  });

  test('are whole in lists that are texts within a text', async () => {
    const [vault] = await made('csi', {}, ['vault'], hostile);
    const objects: { secretKey: string }[] = parse(vault.spec.parameters.objects);
    expect(objects.map(({ secretKey }) => secretKey).sort()).toEqual([...fields].sort());
    const [google] = await made('csi', {}, ['gcp'], hostile);
    const secrets: { extractJSONKey: string }[] = parse(google.spec.parameters.secrets);
    expect(secrets.map(({ extractJSONKey }) => extractJSONKey).sort()).toEqual([...fields].sort());
  });

  test('are texts of one language in the templates of the agent of Vault', async () => {
    const [{ spec }] = await made('deployment', { secrets: 'vault' }, ['vault'], {
      'app/all': { 'a"}}{{ .x }}': ['A'] },
    });
    expect(spec.template.metadata.annotations['vault.hashicorp.com/agent-inject-template-a']).toBe(
      '{{- with secret "secret/data/app/all" -}}{{ index .Data.data "a\\"}}{{ .x }}" }}{{- end -}}',
    );
  });

  test('and values that look like YAML are whole in a Secret, as texts and as base64', async () => {
    const value = Buffer.from(await ports.value());
    const [texts] = await made('kubernetes-secret', { form: 'stringData' }, ['kubernetes']);
    expect(texts.stringData).toEqual({
      a: value.toString(),
      b: value.toString(),
      c: value.toString(),
      d: value.toString(),
    });
    const [bytes] = await made('kubernetes-secret', {}, ['kubernetes']);
    expect(bytes.data.a).toBe(value.toString('base64'));
  });

  test('as names of objects are refused', async () => {
    for (const name of ['', 'A', 'a/b', '-a', 'a\u00e4', `${'a'.repeat(254)}`, '{{x}}']) {
      for (const options of [{ namespace: name }, { secret: name }] as const) {
        const error = await made('kubernetes-secret', options, ['kubernetes']).catch((thrown) => thrown);
        expect(isKeywardError(error, 'invalid')).toBe(true);
      }
    }
  });

  test('of variables in commands and folders are no variables in a pod', async () => {
    const deployment = deploymentUnderTest({ app: { command: ['sh', '-c', 'echo $(HOME)'] } });
    const [file] = await manifest('deployment', deployment, { mount: '/run/$(X)' });
    const [container] = parse(file?.text ?? '').spec.template.spec.containers;
    expect(container.command[2]).toBe('echo $$(HOME)');
    expect(container.env[0].value).toBe('/run/$$(X)/binance_api_key');
  });
});

describe('what the chain does not have', () => {
  test('is said where a file is for a store that is not in it', async () => {
    const failed = async (target: string, options: Record<string, string> = {}) =>
      made(target, options, ['kubernetes']).catch((thrown) => thrown);
    expect(await failed('csi')).toMatchObject({ code: 'config', message: expect.stringContaining('vault, aws') });
    expect(await failed('external-secret', { link: 'nothing' })).toMatchObject({ code: 'config' });
    expect(await failed('deployment', { secrets: 'vault' })).toMatchObject({ code: 'config' });
    expect(await failed('network-policy', { allow: '0.0.0.0/0' })).toMatchObject({ code: 'invalid' });
    expect(await failed('network-policy', { allow: '10.0.0.1' })).toMatchObject({ code: 'invalid' });
    expect(await failed('encryption-config', { key: 'cluster/key' })).toMatchObject({ code: 'invalid' });
    expect(await failed('encryption-config')).toMatchObject({ code: 'config' });
    expect(await failed('deployment', { secrets: 'envFrom' })).toMatchObject({ code: 'invalid' });
  });

  test('is named at the head of the file that lacks it', async () => {
    const whole = deploymentUnderTest({ links: ['aws'] });
    const secrets = whole.secrets.map((secret, index) => (index === 0 ? { ...secret, places: [] } : secret));
    const [file] = await manifest('external-secret', { ...whole, secrets });
    expect(file?.text).toContain('# Not in aws: BINANCE_API_KEY, BINANCE_API_SECRET\n');
  });

  test('is the fields of a document that lies in one key of a Secret', async () => {
    const whole = deploymentUnderTest();
    const place = { kind: 'kubernetes', namespace: 'bots', name: 'all', key: 'k' } as const;
    const secrets = whole.secrets.map((secret) => ({ ...secret, places: [{ link: 'kubernetes', place }] }));
    for (const target of ['deployment', 'external-secret']) {
      const options = target === 'deployment' ? { layout: 'store' } : {};
      const error = await manifest(target, { ...whole, secrets }, options).catch((thrown) => thrown);
      expect(isKeywardError(error, 'unsupported')).toBe(true);
    }
    const [file] = await manifest(
      'kubernetes-secret',
      { ...whole, secrets: secrets.slice(0, 1) },
      { layout: 'store' },
      ports,
    );
    expect(Object.keys(parse(file?.text ?? '').data)).toEqual(['k']);
  });
});
