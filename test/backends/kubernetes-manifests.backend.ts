import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { manifest } from '../../src/manifests/index.js';
import { deploymentUnderTest, type LinkUnderTest } from '../../src/testing/deployment-under-test.js';
import { testCertificate } from '../../src/testing/test-certificate.js';
import { Kubernetes } from './kubernetes.js';
import { pinOf } from './sealed-secrets.js';

const definitions = join(import.meta.dirname, '../../../shared/crds');
/** The kinds of others are checked where their definitions are. */
const hasDefinitions = existsSync(definitions);
const controller = testCertificate(['controller'], { key: 'rsa' });
const key = new Uint8Array(32).fill(7);
const links = ['vault', 'aws', 'ssm', 'gcp', 'azure', 'kubernetes', 'keyward'] as const;
const more = { server: 'https://keyward.example.com', namespace: 'bots' };
const singles = { 'database/password': { value: ['DATABASE_PASSWORD'] } };
const app = { port: 8080, health: '/health', command: ['node', '$(HOME)', 'yes'] };

let server: Kubernetes;

const ports = {
  value: async () => key,
  file: async (name: string) => Buffer.from(name === 'cert.pem' ? controller.certificate : 'A value'),
};

async function made(name: string, options: Record<string, string>, deployment = deploymentUnderTest({ app })) {
  const files = await manifest(name, deployment, options, ports);
  return files.map(({ text }) => text).join('---\n');
}

beforeAll(async () => {
  const policy = await made('audit-policy', {});
  const encryption = await made('encryption-config', { key: 'cluster/etcd' });
  server = await Kubernetes.start({
    settings: { 'audit-policy-file': policy, 'encryption-provider-config': encryption, 'audit-log-path': '' },
  });
  for (const name of ['bots', 'others']) server.namespace(name);
  for (const file of hasDefinitions ? readdirSync(definitions).filter((name) => name.endsWith('.yaml')) : []) {
    server.kubectl(['apply', '--server-side', '-f', join(definitions, file)]);
  }
  if (hasDefinitions) server.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
});
afterAll(() => server?.remove());

const dryRun = (text: string) =>
  server.kubectl(['apply', '--dry-run=server', '--validate=strict', '-o', 'name', '-f', '-'], text).trim().split('\n');

describe('the API server takes', () => {
  test.each([
    ['kubernetes-secret', { form: 'stringData', immutable: 'yes' }, 'secret/bot-secrets'],
    ['kubernetes-secret', { layout: 'store' }, 'secret/kw-exchange--binance\nsecret/kw-database--password'],
    ['deployment', {}, 'deployment.apps/bot'],
    ['deployment', { layout: 'store', restarted: '2030-01-01T00:00:00Z' }, 'deployment.apps/bot'],
    ['deployment', { secrets: 'env', keys: 'dashes', identity: 'azure' }, 'deployment.apps/bot'],
    ['deployment', { secrets: 'envFrom', keys: 'upper' }, 'deployment.apps/bot'],
    ['deployment', { secrets: 'csi' }, 'deployment.apps/bot'],
    ['deployment', { secrets: 'none' }, 'deployment.apps/bot'],
    ['service-account', { cloud: 'aws', identity: 'arn:aws:iam::1:role/bot' }, 'serviceaccount/bot'],
    ['service-account', { cloud: 'azure', identity: 'id', tenant: 't' }, 'serviceaccount/bot'],
    ['network-policy', { allow: '203.0.113.0/24,2001:db8::/32' }, 'networkpolicy.networking.k8s.io/bot-egress'],
  ])('%s with %j', async (name, options, objects) => {
    expect(dryRun(await made(name, { namespace: 'bots', ...options }))).toEqual(objects.split('\n'));
  });

  test('a pod that the injector of Vault fills', async () => {
    const text = await made(
      'deployment',
      { namespace: 'bots', secrets: 'vault' },
      deploymentUnderTest({ links: ['vault'] }),
    );
    expect(dryRun(text)).toEqual(['deployment.apps/bot']);
  });

  test.each(hasDefinitions ? links : [])('external secrets and stores of %s', async (link: LinkUnderTest) => {
    const deployment = deploymentUnderTest({ links: [link] });
    expect(dryRun(await made('external-secret', { namespace: 'bots' }, deployment))).toEqual([
      'externalsecret.external-secrets.io/bot-secrets',
    ]);
    expect(dryRun(await made('secret-store', more, deployment))).toEqual([`secretstore.external-secrets.io/${link}`]);
    expect(dryRun(await made('cluster-secret-store', more, deployment))).toEqual([
      `clustersecretstore.external-secrets.io/${link}`,
    ]);
  });

  test.each(hasDefinitions ? (['vault', 'aws', 'ssm', 'gcp', 'azure'] as const) : [])(
    'what mounts secrets of %s',
    async (link) => {
      const deployment = deploymentUnderTest({ links: [link], ...(link === 'azure' && { secrets: singles }) });
      const options = { namespace: 'bots', sync: 'yes', ...(link === 'azure' && { tenant: 't', client: 'c' }) };
      expect(dryRun(await made('csi', options, deployment))).toEqual([
        'secretproviderclass.secrets-store.csi.x-k8s.io/bot-secrets',
      ]);
    },
  );

  test.each(hasDefinitions ? ['strict', 'namespace-wide', 'cluster-wide'] : [])(
    'a SealedSecret of scope %s',
    async (scope) => {
      const options = { namespace: 'bots', cert: 'cert.pem', pin: pinOf(controller.certificate), scope };
      expect(dryRun(await made('sealed-secret', options))).toEqual(['sealedsecret.bitnami.com/bot-secrets']);
    },
  );

  test('no misspelt field', async () => {
    const text = await made('network-policy', { namespace: 'bots', allow: '203.0.113.0/24' });
    expect(() => dryRun(text.replace('policyTypes', 'policyType'))).toThrow(/unknown field/);
  });

  if (!hasDefinitions) {
    test('the definitions are not at ../shared/crds beside this checkout, so the kinds of others were not judged', () => {
      expect(existsSync(definitions)).toBe(false);
    });
  }
});

describe('a role', () => {
  const may = (verb: string, name: string, namespace = 'bots') => {
    const as = ['--as=system:serviceaccount:bots:bot', '-n', namespace];
    try {
      return server.kubectl(['auth', 'can-i', verb, `secrets${name}`, ...as]).trim();
    } catch (error) {
      return String(Reflect.get(Object(error), 'stdout')).trim();
    }
  };

  test('lets the program read its own Secrets, and neither others nor the list of them', async () => {
    server.kubectl(['apply', '-f', '-'], await made('rbac', {}));
    expect(may('get', '/kw-exchange--binance')).toBe('yes');
    expect(may('get', '/kw-database--password')).toBe('yes');
    for (const verb of ['list', 'watch', 'create', 'get']) expect([verb, may(verb, '')]).toEqual([verb, 'no']);
    for (const verb of ['patch', 'update', 'delete']) expect(may(verb, '/kw-exchange--binance')).toBe('no');
    expect(may('get', '/kw-exchange--kraken')).toBe('no');
    expect(may('get', '/kw-exchange--binance', 'others')).toBe('no');
  });

  test('lets what rotates write its own Secrets, and others not', async () => {
    server.kubectl(['apply', '-f', '-'], await made('rbac', { access: 'write' }));
    for (const verb of ['patch', 'delete']) expect(may(verb, '/kw-exchange--binance')).toBe('yes');
    expect(may('create', '')).toBe('yes');
    expect(may('patch', '/kw-exchange--kraken')).toBe('no');
    expect(may('list', '')).toBe('no');
  });

  test('for live refresh may list, which shows all', async () => {
    server.kubectl(['apply', '-f', '-'], await made('rbac', { access: 'watch' }));
    expect([may('list', ''), may('watch', '')]).toEqual(['yes', 'yes']);
  });
});

describe('a Secret that is made with these files', () => {
  test('lies encrypted in etcd, is read as it was, and its values are in no audit log', async () => {
    const text = await made('kubernetes-secret', { namespace: 'bots', files: 'secrets' });
    server.kubectl(['apply', '--server-side', '-f', '-'], text);
    const stored = await server.stored('/registry/secrets/bots/bot-secrets');
    expect(stored.subarray(0, 40).toString('latin1')).toMatch(/^k8s:enc:secretbox:v1:cluster-etcd:/);
    expect(stored.includes('A value')).toBe(false);
    const data = JSON.parse(server.kubectl(['get', 'secret', 'bot-secrets', '-n', 'bots', '-o', 'jsonpath={.data}']));
    expect(Buffer.from(data.binance_api_key, 'base64').toString()).toBe('A value');
    const log = readFileSync(join(server.folder, 'audit-log-path'), 'utf8');
    expect(log).toContain('"resource":"secrets","namespace":"bots","name":"bot-secrets"');
    expect(log).not.toContain(Buffer.from('A value').toString('base64'));
    expect(log).not.toContain('requestObject');
  });
});
