// Reads from the servers of far-stores.mjs in a process of its own, which trusts their certificate: `far-probe.mjs
// <library> <turns>`. Prints JSON: per store the medians of one read, of the clock and of the processor, in milliseconds.
import { readFileSync } from 'node:fs';
import {
  BatchGetSecretValueCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { DefaultAzureCredential } from '@azure/identity';
import { SecretClient } from '@azure/keyvault-secrets';
import { SecretManagerServiceClient } from '@google-cloud/secret-manager';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { cpuTurns, timeTurns } from './measure.mjs';

const [library, turnsText] = process.argv.slice(2);
const turns = Number(turnsText);
const keyward = await import(library);
const { origin, grpcPort, certificate, kubeconfig } = JSON.parse(process.env.FAR_STORES);
const { port } = new URL(origin);
const region = 'us-east-1';
const path = 'app/token';
const flat = keyward.encodeName(path);

/** By store: its provider and options, and how its SDK, or what there is without one, reads the secret. */
const stores = {
  'AWS Secrets Manager': () => {
    const client = new SecretsManagerClient({ endpoint: origin, region });
    const bare = () => client.send(new GetSecretValueCommand({ SecretId: path }));
    return { kind: keyward.awsProviderKind, options: { endpoint: origin, region }, bare };
  },
  'AWS Secrets Manager, 200 at once, each': () => {
    const client = new SecretsManagerClient({ endpoint: origin, region });
    const paths = Array.from({ length: 200 }, (_, index) => `app/token-${index}`);
    const batches = Array.from({ length: 10 }, (_, index) => paths.slice(index * 20, (index + 1) * 20));
    const bare = () =>
      Promise.all(batches.map((SecretIdList) => client.send(new BatchGetSecretValueCommand({ SecretIdList }))));
    const refs = paths.map((each) => ({ path: each }));
    const read = (provider) => provider.readMany(refs);
    return { kind: keyward.awsProviderKind, options: { endpoint: origin, region }, bare, read, secrets: 200 };
  },
  'AWS Parameter Store': () => {
    const client = new SSMClient({ endpoint: origin, region });
    const bare = () => client.send(new GetParameterCommand({ Name: `/${path}`, WithDecryption: true }));
    return { kind: keyward.ssmProviderKind, options: { endpoint: origin, region }, bare };
  },
  'Google Secret Manager, gRPC': () => {
    const client = new SecretManagerServiceClient({ servicePath: 'localhost', port: grpcPort });
    const bare = () => client.accessSecretVersion({ name: `projects/p/secrets/${flat}/versions/latest` });
    return {
      kind: keyward.gcpProviderKind,
      options: { endpoint: `https://localhost:${grpcPort}`, project: 'p' },
      bare,
    };
  },
  'Google Secret Manager, REST': () => {
    const client = new SecretManagerServiceClient({ servicePath: 'localhost', port: Number(port), fallback: true });
    const bare = () => client.accessSecretVersion({ name: `projects/p/secrets/${flat}/versions/latest` });
    return { kind: keyward.gcpProviderKind, options: { endpoint: origin, project: 'p', transport: 'rest' }, bare };
  },
  'Azure Key Vault': () => {
    const options = { disableChallengeResourceVerification: true };
    const client = new SecretClient(origin, new DefaultAzureCredential(), options);
    const bare = () => client.getSecret(flat);
    return { kind: keyward.azureProviderKind, options: { vault: origin, ca: certificate }, bare };
  },
  Kubernetes: () => {
    const config = new KubeConfig();
    config.loadFromString(readFileSync(kubeconfig, 'utf8'));
    const client = config.makeApiClient(CoreV1Api);
    const bare = () => client.readNamespacedSecret({ name: `kw-${flat}`, namespace: 'default' });
    return { kind: keyward.kubernetesProviderKind, options: { kubeconfig, context: 'bench' }, bare };
  },
  Vault: () => {
    const headers = { 'x-vault-token': 'x', 'x-vault-request': 'true' };
    const bare = async () => (await fetch(`${origin}/v1/secret/data/${path}`, { headers })).json();
    return { kind: keyward.vaultProviderKind, options: {}, bare, baseline: 'fetch' };
  },
};

const timed = (call, secrets) => async () => {
  const start = performance.now();
  await call();
  return (performance.now() - start) / secrets;
};
const repeated = (call, count) => async () => {
  for (let read = 0; read < count; read += 1) await call();
};

const env = { ...process.env, VAULT_ADDR: origin, VAULT_TOKEN: 'x' };
const context = { name: 'far', environment: 'production', folder: process.cwd(), env };
const results = [];
for (const [store, open] of Object.entries(stores)) {
  const {
    kind,
    options,
    bare,
    read = (provider) => provider.read({ path }),
    secrets = 1,
    baseline = 'its SDK',
  } = open();
  const provider = kind.create(options, context);
  const calls = { provider: () => read(provider), bare };
  const inTurns = (wrap) => Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, wrap(call)]));
  // What runs first is compiled late.
  const rounds = Math.ceil(turns / Math.sqrt(secrets));
  for (let round = 0; round < rounds; round += 1) for (const call of Object.values(calls)) await call();
  const elapsed = await timeTurns(
    inTurns((call) => timed(call, secrets)),
    { turns: rounds },
  );
  const count = Math.ceil(rounds / 20);
  const processor = await cpuTurns(
    inTurns((call) => repeated(call, count)),
    { turns: 21, count: count * secrets },
  );
  results.push({ store, baseline, elapsed, processor });
  await provider.close();
}
process.stdout.write(JSON.stringify(results), () => process.exit());
