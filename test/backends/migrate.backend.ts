import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { count, fullRunMs, keepEvidence, SeededRandom } from '../faults/full-run.js';
import { Home } from '../faults/home.js';
import { type KilledMigration, killedMigrations } from '../faults/killed-migrations.js';
import { awsKeys } from './aws/aws-fixture.js';
import { AwsEmulator } from './aws/emulator.js';
import { AzureStandIn } from './azure/azure-stand-in.js';
import { removeFolder, temporaryFolder } from './backend.js';
import { Drongo } from './gcp/drongo.js';
import { GcpFront } from './gcp/gcp-front.js';
import { Kubernetes } from './kubernetes.js';
import { OpenBao } from './openbao.js';

type Target = Pick<KilledMigration, 'link' | 'env'> & { readonly stop: () => Promise<void> };

/** Each starts an empty store, and says how a chain reaches it. */
const targets: Readonly<Record<string, () => Promise<Target>>> = {
  vault: async () => {
    const server = await OpenBao.start();
    const env = { VAULT_ADDR: server.address, VAULT_TOKEN: server.rootToken };
    return { link: 'vault: { name: target, prefix: bot }', env, stop: () => server.remove() };
  },
  aws: () => onMoto('aws'),
  ssm: () => onMoto('ssm'),
  gcp: async () => {
    const server = await Drongo.start();
    const front = await GcpFront.start(server.address);
    const link = `gcp: { name: target, project: bot, endpoint: "${front.address}" }`;
    return { link, env: {}, stop: () => front.stop().then(() => server.remove()) };
  },
  azure: async () => {
    const server = await AzureStandIn.start();
    const folder = temporaryFolder('azure');
    writeFileSync(join(folder, 'ca.pem'), server.ca);
    const link = `azure: { name: target, vault: "${server.address}", ca: "${folder}/ca.pem" }`;
    const stop = async () => {
      await server.remove();
      removeFolder(folder);
    };
    return { link, env: server.tokens.env, stop };
  },
  kubernetes: async () => {
    const server = await Kubernetes.start();
    const folder = temporaryFolder('kubeconfig');
    const file = join(folder, 'config');
    writeFileSync(file, server.kubeconfig({ namespace: server.namespace('migrate') }), { mode: 0o600 });
    const stop = async () => {
      await server.remove();
      removeFolder(folder);
    };
    return { link: 'kubernetes: { name: target }', env: { KUBECONFIG: file }, stop };
  },
};

async function onMoto(kind: 'aws' | 'ssm'): Promise<Target> {
  const server = await AwsEmulator.moto();
  const env = { ...awsKeys, AWS_ENDPOINT_URL: server.address };
  return { link: `${kind}: { name: target, region: us-east-1, prefix: bot }`, env, stop: () => server.remove() };
}

const undo: (() => unknown)[] = [];
afterAll(async () => {
  for (const stop of undo) await stop();
});

test.each(Object.entries(targets))(
  'a migration to %s that is killed three times with SIGKILL ends complete, each secret as one version, and a rerun changes nothing',
  async (kind, start) => {
    const claim = expect.getState().currentTestName ?? '';
    const target = await start();
    const home = Home.withStore();
    undo.push(target.stop, () => home.remove());
    const random = new SeededRandom();
    const secrets = count({ daily: 40, full: 1000 });
    const result = await killedMigrations({ home, random, secrets, ...target });
    keepEvidence(`migrate-${kind}`, claim, { seed: random.seed, ...result });
  },
  fullRunMs,
);
