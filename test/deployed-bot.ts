import type { DeployedSecret, Deployment } from '../src/core/deployment.js';
import { parsePath } from '../src/core/path.js';
import type { StorePlace } from '../src/core/store-place.js';

/** Begins a variable in many languages. */
export const dollar = '$';

/** A field with everything that means something to HCL, templates, YAML and shells. */
export const hostileField = `f"o%{y}${dollar}{x}{{z}}\\`;

function placesAt(path: string): readonly StorePlace[] {
  const name = path.replaceAll(/[^a-z0-9]/g, '-');
  return [
    { kind: 'vault', address: 'https://vault.example.com', namespace: undefined, mount: 'secret', name: `bot/${path}` },
    { kind: 'aws', region: 'eu-west-1', name: `bot/${path}` },
    { kind: 'ssm', region: 'eu-west-1', name: `/bot/${path}` },
    { kind: 'gcp', project: 'my-project', location: undefined, name },
    { kind: 'azure', vault: 'https://my-vault.vault.azure.net', name },
    { kind: 'kubernetes', namespace: 'bot', name, key: undefined },
  ];
}

/** A secret that lies in every kind of store. */
export function deployedSecret(path: string, fields: readonly string[] = [], purpose?: string): DeployedSecret {
  const nameOf = (...parts: readonly string[]) =>
    parts
      .join('_')
      .replaceAll(/[^A-Za-z0-9]/g, '_')
      .toUpperCase()
      .replace(/^(?=[0-9])/, 'N');
  return {
    path: parsePath(path),
    isDerived: false,
    values:
      fields.length === 0
        ? [{ field: undefined, env: [nameOf(path)], form: undefined }]
        : fields.map((field) => ({ field, env: [nameOf(path, field)], form: undefined })),
    owner: undefined,
    purpose,
    rotate: undefined,
    isRequired: true,
    places: placesAt(path).map((place) => ({ link: place.kind, place })),
  };
}

/** Its names and words mean something to the languages of deployment files. */
export const deployedBot: Deployment = {
  project: 'bot',
  environment: 'production',
  app: {
    name: 'bot',
    image: 'registry.example.com/bot:1.2',
    port: 8080,
    command: ['/bin/sh', '-c', `echo "${dollar}HOME" '%h' ${dollar}{A} \`id\` \\ # {{ x }}`],
    uid: 10_001,
    health: '/health',
  },
  secrets: [
    deployedSecret('exchange/binance', ['api_key', 'api_secret']),
    deployedSecret('database/password'),
    deployedSecret('a/+b=c@d.e', [hostileField]),
    deployedSecret('yes', [], `multi\nline # "quoted" ${dollar}{x} %{y}`),
    deployedSecret('0123'),
    deployedSecret('no/1_0', ['on', 'null']),
  ],
};
