import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { type Clock, systemClock } from '../../core/clock.js';
import { KeywardError } from '../../core/errors.js';
import { quoted } from '../../core/path.js';
import { equalBytes, fromBase64, fromUtf8, toBase64, utf8 } from '../../crypto/encoding.js';
import { openSecretValue, sealSecretValue } from '../../crypto/sealed-secret-value.js';
import { parseYamlConfig } from '../../formats/yaml.js';
import { defineTarget, type ManifestPorts } from '../manifest.js';
import { printYaml } from '../print-yaml.js';
import { metadataOf } from './object-names.js';
import { secretOptions, secretValues } from './secret-values.js';

const annotation = 'sealedsecrets.bitnami.com';
const certificateAnnotation = 'keyward.dev/sealed-for';
const leastBits = 2048;

/** Source: pkg/apis/sealedsecrets/v1alpha1 of github.com/bitnami-labs/sealed-secrets. */
export default sealedSecretTarget(systemClock);

export function sealedSecretTarget(clock: Pick<Clock, 'now'>) {
  return defineTarget({
    summary: 'a SealedSecret: values that only the controller of the cluster opens; for the repository',
    needsValues: true,
    options: {
      ...secretOptions,
      cert: { value: '<file>', description: 'certificate of the controller (kubeseal --fetch-cert)', isRequired: true },
      pin: { value: 'sha256:<hex>', description: 'its fingerprint, by a way that you trust', isRequired: true },
      scope: {
        value: '<scope>',
        description: 'where it may be opened: strict is this name in this namespace',
        default: 'strict',
        choices: ['strict', 'namespace-wide', 'cluster-wide'],
      },
      reseal: { value: '<file>', description: 'what is there: keys of others in it stay as they are' },
      verify: { value: '<file>', description: 'private key of the controller: with reseal, what is the same stays' },
    },
    async render(deployment, options, ports) {
      const { namespace, scope } = options;
      const certificate = readCertificate(await ports.file(options.cert), options.pin, clock.now());
      const values = secretValues(deployment, options);
      const metadata = {
        ...metadataOf(options.secret ?? `${deployment.app.name}-secrets`, namespace),
        ...(scope !== 'strict' && { annotations: { [`${annotation}/${scope}`]: 'true' } }),
      };
      const label = labelOf(metadata.name, namespace, scope);
      const former = await readFormer(ports, options, metadata, scope);
      const opened = new Map([...former.sealed.keys()].map((key) => [key, former.open(key, label)]));
      const encrypted = new Map(former.sealed);
      for (const { key, path, field } of values) {
        const value = await ports.value({ path, field });
        const kept = opened.get(key);
        if (kept !== undefined && equalBytes(kept, value)) continue;
        encrypted.set(key, toBase64(sealSecretValue(certificate.publicKey, label, value)));
      }
      const text = await printYaml({
        apiVersion: 'bitnami.com/v1alpha1',
        kind: 'SealedSecret',
        metadata: { ...metadata, annotations: { ...metadata.annotations, [certificateAnnotation]: options.pin } },
        spec: {
          encryptedData: Object.fromEntries([...encrypted].sort(([a], [b]) => (a < b ? -1 : 1))),
          template: { metadata, type: 'Opaque' },
        },
      });
      return [{ path: 'sealed-secret.yaml', text, mode: 0o644, next }];
    },
    /** Sealing is random: the same keys, names and certificate. Values are compared with `verify` only. */
    isSame: (found, { text }) => found === text || masked(found) === masked(text),
  });
}

const next = `May be committed. After a value has changed: the same command again.
--check compares names, scope and certificate; values too with --set reseal=FILE --set verify=KEY.`;

const masked = (text: string) => text.replaceAll(/^( {4}[^\s:]+: )[A-Za-z0-9+/]{340,}={0,2}$/gm, '$1');

/** Source: `EncryptionLabel` of pkg/apis/sealedsecrets/v1alpha1. */
function labelOf(name: string, namespace: string | undefined, scope: string): Uint8Array {
  if (scope === 'cluster-wide') return new Uint8Array();
  if (namespace === undefined) {
    throw new KeywardError('invalid', `a ${scope} SealedSecret is for one namespace`, {
      advice: 'Add --set namespace=…',
    });
  }
  return utf8(scope === 'strict' ? `${namespace}/${name}` : namespace);
}

/** @throws KeywardError `config` for a certificate that is none, has ended, or is not the one that is pinned. */
function readCertificate(pem: Uint8Array, pin: string, now: number): X509Certificate {
  const fail = (problem: string, advice: string) => new KeywardError('config', problem, { advice });
  if (!/^sha256:[0-9a-f]{64}$/.test(pin)) {
    throw fail('pin is no fingerprint', 'Write it as sha256: and 64 hexadecimal digits in lower case.');
  }
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch {
    throw fail('the file of cert holds no certificate', 'Fetch it with: kubeseal --fetch-cert');
  }
  const fingerprint = `sha256:${certificate.fingerprint256.replaceAll(':', '').toLowerCase()}`;
  if (fingerprint !== pin) {
    throw fail(
      `the certificate is ${fingerprint}, and another is pinned`,
      'Ask who runs the controller which is right before you change the pin.',
    );
  }
  const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey;
  if (asymmetricKeyType !== 'rsa' || (asymmetricKeyDetails?.modulusLength ?? 0) < leastBits) {
    throw fail('the key of the certificate is not RSA of 2048 bits or more', 'Fetch it with: kubeseal --fetch-cert');
  }
  if (!(Date.parse(certificate.validFrom) <= now && now < Date.parse(certificate.validTo))) {
    throw fail(
      `the certificate is valid from ${certificate.validFrom} to ${certificate.validTo} only`,
      'Fetch the present one with: kubeseal --fetch-cert',
    );
  }
  return certificate;
}

/** What is sealed already. */
interface Former {
  readonly sealed: ReadonlyMap<string, string>;
  /** The value of the key, where the private key is given and it is there. @throws KeywardError `integrity` */
  open(key: string, label: Uint8Array): Uint8Array | undefined;
}

async function readFormer(
  ports: ManifestPorts,
  { reseal, verify }: { readonly reseal: string | undefined; readonly verify: string | undefined },
  wanted: { readonly name: string; readonly namespace?: string },
  scope: string,
): Promise<Former> {
  if (reseal === undefined) {
    if (verify === undefined) return { sealed: new Map(), open: () => undefined };
    throw new KeywardError('invalid', 'verify is for a file that is there', { advice: 'Name it with --set reseal=…' });
  }
  const { data } = await parseYamlConfig(fromUtf8(await ports.file(reseal)), reseal);
  const metadata = memberOf(data, 'metadata');
  const isSame =
    memberOf(data, 'kind') === 'SealedSecret' &&
    memberOf(metadata, 'name') === wanted.name &&
    memberOf(metadata, 'namespace') === wanted.namespace &&
    scopeIn(memberOf(metadata, 'annotations')) === scope;
  // Another scope or name would let others open what was sealed for this one.
  if (!isSame) {
    throw new KeywardError('config', `${reseal} is not the SealedSecret ${wanted.name} of this namespace and scope`, {
      advice: 'Give the name, namespace and scope that it has, or leave reseal out.',
    });
  }
  const privateKey = verify === undefined ? undefined : readPrivateKey(await ports.file(verify), verify);
  const sealed = new Map<string, string>();
  for (const [key, text] of Object.entries(Object(memberOf(memberOf(data, 'spec'), 'encryptedData')))) {
    if (typeof text === 'string') sealed.set(key, text);
  }
  return {
    sealed,
    open: (key, label) => {
      const text = sealed.get(key);
      if (text === undefined || privateKey === undefined) return undefined;
      const value = openSecretValue(privateKey, label, fromBase64(text));
      if (value !== undefined) return value;
      throw new KeywardError('integrity', `${reseal}: ${quoted(key)} does not open with ${verify}`, {
        advice: 'It was sealed for another key, name, namespace or scope, or was changed.',
      });
    },
  };
}

function scopeIn(annotations: unknown): string {
  const isSet = (scope: string) => memberOf(annotations, `${annotation}/${scope}`) === 'true';
  return ['cluster-wide', 'namespace-wide'].find(isSet) ?? 'strict';
}

function memberOf(node: unknown, name: string): unknown {
  return typeof node === 'object' && node !== null && Object.hasOwn(node, name) ? Reflect.get(node, name) : undefined;
}

function readPrivateKey(pem: Uint8Array, file: string): KeyObject {
  try {
    return createPrivateKey(Buffer.from(pem));
  } catch {
    throw new KeywardError('config', `${file} holds no private key`, { advice: 'Name tls.key of the controller.' });
  }
}
