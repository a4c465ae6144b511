import type { Deployment } from '../../core/deployment.js';
import { KeywardError } from '../../core/errors.js';
import { isUtf8 } from '../../core/payload.js';
import { fromUtf8, toBase64, utf8 } from '../../crypto/encoding.js';
import { assertNoErrors, parseDotenv } from '../../formats/dotenv.js';
import { defineTarget, type ManifestPorts } from '../manifest.js';
import { printYaml } from '../print-yaml.js';
import { metadataOf } from './object-names.js';
import { bySecret, layoutOption, type SecretValue, secretOptions, secretValues } from './secret-values.js';

/** Source: `MaxSecretSize` of k8s.io/api/core/v1. */
const maxBytes = 1024 * 1024;

/** https://kubernetes.io/docs/concepts/configuration/secret/ */
export default defineTarget({
  summary: 'a Secret with the values in it: from the stores, from files or from a .env file',
  needsValues: true,
  options: {
    ...secretOptions,
    layout: layoutOption,
    form: {
      value: '<form>',
      description: 'data: base64; stringData: texts as they are, and base64 for the rest',
      default: 'data',
      choices: ['data', 'stringData'],
    },
    immutable: {
      value: '<yes>',
      description: 'yes: a change needs another name, and nodes need not watch it',
      default: 'no',
      choices: ['yes', 'no'],
    },
    'env-file': { value: '<file>', description: 'the values of its variables, instead of those of the stores' },
    files: { value: '<folder>', description: 'a file for each value, as keyward export --format dir writes them' },
  },
  async render(deployment, options, ports) {
    const read = await sourceOf(deployment, options, ports);
    const documents: object[] = [];
    for (const [name, group] of bySecret(secretValues(deployment, options))) {
      const values = await Promise.all(uniqueKeys(group).map(async (value) => [value.key, await read(value)] as const));
      const size = values.reduce((sum, [, bytes]) => sum + bytes.length, 0);
      if (size > maxBytes) throw new KeywardError('too_large', `the Secret ${name} would hold more than 1 MiB`);
      const isText = (bytes: Uint8Array) => options.form === 'stringData' && isUtf8(bytes);
      const texts = values.filter(([, bytes]) => isText(bytes)).map(([key, bytes]) => [key, fromUtf8(bytes)]);
      const others = values.filter(([, bytes]) => !isText(bytes)).map(([key, bytes]) => [key, toBase64(bytes)]);
      documents.push({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: metadataOf(name, options.namespace),
        type: 'Opaque',
        ...(options.immutable === 'yes' && { immutable: true }),
        ...(others.length > 0 && { data: Object.fromEntries(others) }),
        ...(texts.length > 0 && { stringData: Object.fromEntries(texts) }),
      });
    }
    return [{ path: 'secret.yaml', text: await printYaml(...documents), mode: 0o600, next }];
  },
});

const next = `Holds values: never commit it. Apply it with: kubectl apply --server-side -f secret.yaml
(without --server-side, kubectl keeps a copy of the values in an annotation), then remove it.`;

/** Fields of one document may lie in one key together. */
function uniqueKeys(values: readonly SecretValue[]): readonly SecretValue[] {
  return values.filter(({ key }, index) => values.findIndex((other) => other.key === key) === index);
}

type Source = (value: SecretValue) => Promise<Uint8Array>;

async function sourceOf(
  deployment: Deployment,
  { 'env-file': envFile, files }: { readonly 'env-file': string | undefined; readonly files: string | undefined },
  ports: ManifestPorts,
): Promise<Source> {
  if (envFile !== undefined && files !== undefined) {
    throw new KeywardError('invalid', 'values come from env-file or from files, not both', {
      advice: 'Leave one out.',
    });
  }
  if (files !== undefined) return ({ fileName }) => ports.file(`${files}/${fileName}`);
  if (envFile !== undefined) return envFileSource(deployment, envFile, ports);
  return ({ path, field, isWhole }) => ports.value({ path, field: isWhole ? undefined : field });
}

async function envFileSource({ secrets }: Deployment, file: string, ports: ManifestPorts): Promise<Source> {
  const dotenv = parseDotenv(fromUtf8(await ports.file(file)));
  assertNoErrors(dotenv, file);
  const given = new Map(dotenv.entries.map(({ name, value }) => [name, value]));
  const known = new Set(secrets.flatMap(({ values }) => values.flatMap(({ env }) => env)));
  const stranger = [...given.keys()].find((name) => !known.has(name));
  if (stranger !== undefined) {
    throw new KeywardError('config', `${file} has ${stranger}, which no secret of keyward.yaml has as its variable`, {
      advice: `Add the secret with \`env: ${stranger}\`, or take the line out.`,
    });
  }
  return async ({ env, path }) => {
    const value = env.map((name) => given.get(name)).find((found) => found !== undefined);
    if (value !== undefined) return utf8(value);
    throw new KeywardError('not_found', `${file} has none of ${env.join(', ')}`, { path });
  };
}
