import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { deploymentUnderTest, type LinkUnderTest, type SecretsUnderTest } from '../../testing/deployment-under-test.js';
import { testCertificate } from '../../testing/test-certificate.js';
import { manifest } from '../make-manifest.js';

const trading: SecretsUnderTest = {
  'trading/binance_api_key': { value: ['BINANCE_API_KEY'] },
  'trading/binance_secret_key': { value: ['BINANCE_SECRET_KEY'] },
};
const tradingDocument: SecretsUnderTest = {
  'hummingbot/trading': { binance_api_key: ['BINANCE_API_KEY'], binance_secret_key: ['BINANCE_SECRET_KEY'] },
};
const neural: SecretsUnderTest = {
  'app/secret_key': { value: ['SECRET_KEY'] },
  'database/password': { value: ['DB_PASSWORD'] },
};
const vantage: SecretsUnderTest = {
  'app/api_key': { value: ['API_KEY', 'VANTAGE_API_KEY'] },
  'clickhouse/password': { value: ['CLICKHOUSE_PASSWORD', 'WORKER_CLICKHOUSE_PASSWORD'] },
};
const controller = testCertificate(['controller'], { key: 'rsa' });
const pin = `sha256:${new X509Certificate(controller.certificate).fingerprint256.replaceAll(':', '').toLowerCase()}`;

interface Shown {
  readonly document: 'H' | 'V' | 'N';
  readonly heading: string;
  readonly target: string;
  readonly secrets?: SecretsUnderTest;
  readonly name?: string;
  readonly links?: readonly LinkUnderTest[];
  readonly options?: Readonly<Record<string, string>>;
  readonly holds: object;
}

const base64 = (text: string) => Buffer.from(text).toString('base64');
const keyRef = (name: string, secret: string, key: string) => ({
  name,
  valueFrom: { secretKeyRef: { name: secret, key } },
});
const container = (holds: object) => ({
  kind: 'Deployment',
  spec: { template: { spec: { containers: [expect.objectContaining(holds)] } } },
});
const hummingbot = { namespace: 'hummingbot', secret: 'hummingbot-trading-keys' };
const neuralSecret = { namespace: 'neural-prod', secret: 'neural-secrets', keys: 'dashes' };
const stored = { 'secret-key': base64('value of app/secret_key'), 'db-password': base64('value of database/password') };

/** Every file for Kubernetes that the documents show, and what of it must be in ours. */
const shown: readonly Shown[] = [
  {
    document: 'H',
    heading: 'Creating Secrets',
    target: 'kubernetes-secret',
    secrets: trading,
    options: hummingbot,
    holds: {
      kind: 'Secret',
      metadata: { name: 'hummingbot-trading-keys', namespace: 'hummingbot' },
      type: 'Opaque',
      data: {
        binance_api_key: base64('value of trading/binance_api_key'),
        binance_secret_key: base64('value of trading/binance_secret_key'),
      },
    },
  },
  {
    document: 'H',
    heading: 'Creating Secrets, from files',
    target: 'kubernetes-secret',
    secrets: trading,
    options: { ...hummingbot, files: './secrets' },
    holds: {
      data: {
        binance_api_key: base64('./secrets/binance_api_key'),
        binance_secret_key: base64('./secrets/binance_secret_key'),
      },
    },
  },
  {
    document: 'H',
    heading: 'Using Secrets in Pods, variables',
    target: 'deployment',
    secrets: trading,
    name: 'hummingbot',
    options: { ...hummingbot, secrets: 'env' },
    holds: container({
      env: [
        keyRef('BINANCE_API_KEY', 'hummingbot-trading-keys', 'binance_api_key'),
        keyRef('BINANCE_SECRET_KEY', 'hummingbot-trading-keys', 'binance_secret_key'),
      ],
    }),
  },
  {
    document: 'H',
    heading: 'Using Secrets in Pods, files',
    target: 'deployment',
    secrets: trading,
    options: { ...hummingbot, mount: '/etc/secrets/trading' },
    holds: container({
      volumeMounts: [expect.anything(), { name: 'secrets', mountPath: '/etc/secrets/trading', readOnly: true }],
    }),
  },
  {
    document: 'H',
    heading: 'Example SealedSecret',
    target: 'sealed-secret',
    secrets: trading,
    options: { ...hummingbot, cert: 'cert.pem', pin },
    holds: {
      apiVersion: 'bitnami.com/v1alpha1',
      kind: 'SealedSecret',
      metadata: { name: 'hummingbot-trading-keys', namespace: 'hummingbot' },
      spec: {
        encryptedData: { binance_api_key: expect.any(String), binance_secret_key: expect.any(String) },
        template: { metadata: { name: 'hummingbot-trading-keys', namespace: 'hummingbot' }, type: 'Opaque' },
      },
    },
  },
  {
    document: 'H',
    heading: 'External Secret Operators, AWS Secrets Manager',
    target: 'external-secret',
    secrets: tradingDocument,
    links: ['aws'],
    options: { ...hummingbot, store: 'aws-secrets-manager' },
    holds: {
      kind: 'ExternalSecret',
      spec: {
        refreshInterval: '1h',
        secretStoreRef: { name: 'aws-secrets-manager', kind: 'SecretStore' },
        target: { name: 'hummingbot-trading-keys', creationPolicy: 'Owner' },
        data: ['binance_api_key', 'binance_secret_key'].map((property) => ({
          secretKey: property,
          remoteRef: { key: 'hummingbot/trading', property },
        })),
      },
    },
  },
  ...['Best Practices, audit logging', 'Audit Logging'].map(
    (heading): Shown => ({
      document: 'H',
      heading,
      target: 'audit-policy',
      options: { namespaces: 'hummingbot' },
      holds: {
        apiVersion: 'audit.k8s.io/v1',
        kind: 'Policy',
        rules: expect.arrayContaining([
          {
            level: 'Metadata',
            namespaces: ['hummingbot'],
            resources: expect.arrayContaining([{ group: 'bitnami.com', resources: ['sealedsecrets'] }]),
          },
        ]),
      },
    }),
  ),
  {
    document: 'V',
    heading: 'Kubernetes Secrets',
    target: 'kubernetes-secret',
    secrets: vantage,
    options: { secret: 'vantage-secrets', keys: 'dashes', form: 'stringData' },
    holds: {
      kind: 'Secret',
      metadata: { name: 'vantage-secrets' },
      stringData: { 'api-key': 'value of app/api_key', 'clickhouse-password': 'value of clickhouse/password' },
    },
  },
  {
    document: 'V',
    heading: 'Kubernetes Secrets, mount in deployment',
    target: 'deployment',
    secrets: vantage,
    options: { secret: 'vantage-secrets', keys: 'dashes', secrets: 'env' },
    holds: container({
      env: expect.arrayContaining([
        keyRef('VANTAGE_API_KEY', 'vantage-secrets', 'api-key'),
        keyRef('WORKER_CLICKHOUSE_PASSWORD', 'vantage-secrets', 'clickhouse-password'),
      ]),
    }),
  },
  {
    document: 'N',
    heading: 'Kubernetes with Vault, service account',
    target: 'service-account',
    name: 'neural-api',
    options: { namespace: 'neural-prod' },
    holds: { kind: 'ServiceAccount', metadata: { name: 'neural-api', namespace: 'neural-prod' } },
  },
  {
    document: 'N',
    heading: 'Kubernetes with Vault, injector',
    target: 'deployment',
    secrets: { production: { secret_key: ['SECRET_KEY'] } },
    name: 'neural-api',
    links: ['vault'],
    options: { namespace: 'neural-prod', secrets: 'vault', role: 'neural-role' },
    holds: {
      spec: {
        template: {
          metadata: {
            annotations: {
              'vault.hashicorp.com/agent-inject': 'true',
              'vault.hashicorp.com/role': 'neural-role',
              'vault.hashicorp.com/agent-inject-secret-secret_key': 'secret/data/production',
              'vault.hashicorp.com/agent-inject-template-secret_key':
                '{{- with secret "secret/data/production" -}}{{ index .Data.data "secret_key" }}{{- end -}}',
            },
          },
          spec: { serviceAccountName: 'neural-api' },
        },
      },
    },
  },
  {
    document: 'N',
    heading: 'AKS Configuration, pod',
    target: 'deployment',
    secrets: neural,
    options: {
      secrets: 'csi',
      secret: 'azure-neural-secrets',
      identity: 'azure',
      account: 'neural-sa',
      mount: '/mnt/secrets',
    },
    holds: {
      spec: {
        template: {
          metadata: { labels: { 'azure.workload.identity/use': 'true' } },
          spec: {
            serviceAccountName: 'neural-sa',
            volumes: expect.arrayContaining([
              {
                name: 'secrets',
                csi: {
                  driver: 'secrets-store.csi.k8s.io',
                  readOnly: true,
                  volumeAttributes: { secretProviderClass: 'azure-neural-secrets' },
                },
              },
            ]),
          },
        },
      },
    },
  },
  {
    document: 'N',
    heading: 'AKS Configuration, SecretProviderClass',
    target: 'csi',
    secrets: neural,
    links: ['azure'],
    options: { secret: 'azure-neural-secrets', tenant: 'tenant', client: 'client' },
    holds: {
      kind: 'SecretProviderClass',
      metadata: { name: 'azure-neural-secrets' },
      spec: {
        provider: 'azure',
        parameters: {
          keyvaultName: 'bots',
          objects: expect.stringMatching(
            /^array:\n {2}- \|\n {4}objectName: app--secret_key\n {4}objectType: secret\n/,
          ),
        },
      },
    },
  },
  {
    document: 'N',
    heading: 'Create Secrets, from literal values and from file',
    target: 'kubernetes-secret',
    secrets: neural,
    options: neuralSecret,
    holds: { metadata: { name: 'neural-secrets', namespace: 'neural-prod' }, data: stored },
  },
  {
    document: 'N',
    heading: 'Create Secrets, from env file',
    target: 'kubernetes-secret',
    secrets: neural,
    options: { ...neuralSecret, 'env-file': '.env.production' },
    holds: { data: { 'secret-key': base64('of the file'), 'db-password': base64("it's") } },
  },
  {
    document: 'N',
    heading: 'Use Secrets in Pods',
    target: 'deployment',
    secrets: neural,
    options: { secret: 'neural-secrets', keys: 'upper', secrets: 'envFrom' },
    holds: container({ envFrom: [{ secretRef: { name: 'neural-secrets' } }] }),
  },
  {
    document: 'N',
    heading: 'Encrypt Secrets at Rest',
    target: 'encryption-config',
    options: { provider: 'aescbc', key: 'cluster/key1' },
    holds: {
      apiVersion: 'apiserver.config.k8s.io/v1',
      kind: 'EncryptionConfiguration',
      resources: [
        {
          resources: ['secrets'],
          providers: [
            { aescbc: { keys: [{ name: 'cluster-key1', secret: base64('k'.repeat(32)) }] } },
            { identity: {} },
          ],
        },
      ],
    },
  },
];

const environmentFile = 'SECRET_KEY="of the file"\nDB_PASSWORD=it\'s\n';

describe('every file for Kubernetes that the documents show is made', () => {
  test.each(shown)('$document: $heading', async ({ target, secrets, name, links, options = {}, holds }) => {
    const deployment = deploymentUnderTest({
      ...(secrets && { secrets }),
      ...(links && { links }),
      ...(name && { app: { name } }),
    });
    const [file] = await manifest(target, deployment, options, {
      value: async ({ path }) => Buffer.from(path === 'cluster/key1' ? 'k'.repeat(32) : `value of ${path}`),
      file: async (path) =>
        Buffer.from({ 'cert.pem': controller.certificate, '.env.production': environmentFile }[path] ?? path),
    });
    const documents = parseAllDocuments(file?.text ?? '').map((document) => document.toJS());
    expect(documents).toEqual([expect.objectContaining({})]);
    expect(documents[0]).toMatchObject(holds);
  });
});
