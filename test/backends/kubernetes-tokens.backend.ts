import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parsePath } from '../../src/core/path.js';
import { textPayload } from '../../src/core/payload.js';
import { rejected } from '../../src/core/provider-read.contract.js';
import { Kubernetes } from './kubernetes.js';
import { OpenBao } from './openbao.js';
import { vaultProvider } from './vault-fixture.js';

let cluster: Kubernetes;
let vault: OpenBao;
const namespace = 'bots';

beforeAll(async () => {
  [cluster, vault] = await Promise.all([Kubernetes.start(), OpenBao.start()]);
  cluster.namespace(namespace);
  // The reviewer of tokens, as Vault's own documentation has it.
  const reviewer = cluster.account(namespace, 'reviewer', []);
  cluster.kubectl([
    'create',
    'clusterrolebinding',
    'reviewer',
    '--clusterrole=system:auth-delegator',
    `--serviceaccount=${namespace}:reviewer`,
  ]);
  vault.run('kv', 'put', '-mount=secret', 'app/token', 'value=x');
  await vault.api('PUT', 'sys/policies/acl/bot', { policy: 'path "secret/data/*" { capabilities = ["read"] }' });
  vault.run('auth', 'enable', 'kubernetes');
  await vault.api('POST', 'auth/kubernetes/config', {
    kubernetes_host: cluster.address,
    kubernetes_ca_cert: cluster.ca,
    token_reviewer_jwt: reviewer,
    disable_local_ca_jwt: true,
  });
  await vault.api('POST', 'auth/kubernetes/role/bot', {
    bound_service_account_names: 'bot',
    bound_service_account_namespaces: namespace,
    token_policies: 'bot',
  });
});
afterAll(async () => {
  await vault?.remove();
  await cluster?.remove();
});

describe('a pod signs in to Vault with its service account, which the cluster confirms', () => {
  const path = parsePath('app/token');
  const reads = (jwt: string, role = 'bot') => {
    const jwtFile = join(vault.folder, `jwt-${Math.random()}`);
    writeFileSync(jwtFile, jwt, { mode: 0o600 });
    const provider = vaultProvider(vault, { auth: 'kubernetes', role, jwtFile }, { VAULT_ADDR: vault.address });
    return provider.read({ path }).finally(() => provider.close());
  };

  test('and reads', async () => {
    const token = cluster.account(namespace, 'bot', []);
    expect((await reads(token))?.payload).toEqual(textPayload('x'));
  });

  test('and is refused with a token that has ended, of another account, or for no role', async () => {
    const token = cluster.account(namespace, 'bot', []);
    const wrong = [[cluster.expired(token)], [cluster.account(namespace, 'other', [])], [token, 'none']] as const;
    for (const [given, role] of wrong) {
      expect((await rejected(reads(given, role), 'unauthenticated')).message).not.toContain(token);
    }
  });
});
