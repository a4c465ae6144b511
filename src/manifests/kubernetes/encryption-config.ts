import { KeywardError } from '../../core/errors.js';
import { parseRef } from '../../core/ref.js';
import { fromBase64, fromUtf8, toBase64 } from '../../crypto/encoding.js';
import { defineTarget, type ManifestPorts } from '../manifest.js';
import { printYaml } from '../print-yaml.js';
import { stated } from './link-values.js';

const keyBytes = 32;

/** https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/ */
export default defineTarget({
  summary: 'an encryption configuration: the API server keeps Secrets encrypted in etcd',
  needsValues: true,
  options: {
    provider: {
      value: '<kind>',
      description: 'secretbox; aescbc where that is asked for; kms: a plugin that has the key',
      default: 'secretbox',
      choices: ['secretbox', 'aescbc', 'kms'],
    },
    key: { value: '<path>', description: 'of a secret: 32 bytes, as they are or in base64' },
    previous: { value: '<path>', description: 'of the key before it, while Secrets are encrypted anew' },
    endpoint: { value: '<socket>', description: 'of the kms plugin', default: 'unix:///run/kmsplugin/socket.sock' },
  },
  async render(_, { provider, key, previous, endpoint }, ports) {
    const keys = [key, previous].filter((ref) => ref !== undefined);
    const first =
      provider === 'kms'
        ? { kms: { apiVersion: 'v2', name: 'keyward', endpoint } }
        : { [provider]: { keys: await Promise.all([stated(key, 'key'), ...keys.slice(1)].map(keyOf(ports))) } };
    const text = await printYaml({
      apiVersion: 'apiserver.config.k8s.io/v1',
      kind: 'EncryptionConfiguration',
      resources: [{ resources: ['secrets'], providers: [first, { identity: {} }] }],
    });
    return [{ path: 'encryption-config.yaml', text, mode: 0o600, next }];
  },
});

const next = `On each node of the control plane as /etc/kubernetes/encryption-config.yaml, mode 0600, owner root; then for
kube-apiserver: --encryption-provider-config=/etc/kubernetes/encryption-config.yaml
When every server runs with it, encrypt what is there already: kubectl get secrets -A -o json | kubectl replace -f -
Then take the provider identity out, which reads Secrets that are not encrypted.`;

const keyOf =
  (ports: ManifestPorts) =>
  async (text: string): Promise<object> => {
    const ref = parseRef(text);
    const secret = toBase64(keyIn(await ports.value(ref), text));
    // A key is found by its name, so that of another key must be another one: the path says which key it is.
    return { name: text.replaceAll(/[^A-Za-z0-9]+/g, '-'), secret };
  };

function keyIn(value: Uint8Array, ref: string): Uint8Array {
  if (value.length === keyBytes) return value;
  try {
    const key = fromBase64(fromUtf8(value));
    if (key.length === keyBytes) return key;
  } catch {
    // Said below.
  }
  throw new KeywardError('invalid', `${ref} is no key of 32 bytes`, {
    advice: 'Make one with: openssl rand -base64 32 | tr -d "\\n" | keyward set <path>',
  });
}
