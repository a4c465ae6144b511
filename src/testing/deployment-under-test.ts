import type { DeployedSecret, Deployment } from '../core/deployment.js';
import { parsePath } from '../core/path.js';
import type { StorePlace } from '../core/store-place.js';

/** A store of each kind that has names of its own for what lies in it. */
export const placeIn = {
  vault: (path) => ({
    kind: 'vault',
    address: 'https://vault.example.com',
    namespace: undefined,
    mount: 'secret',
    name: path,
  }),
  aws: (path) => ({ kind: 'aws', region: 'eu-west-1', name: path }),
  ssm: (path) => ({ kind: 'ssm', region: 'eu-west-1', name: `/${path}` }),
  gcp: (path) => ({ kind: 'gcp', project: 'bots', location: undefined, name: path.replaceAll('/', '--') }),
  azure: (path) => ({ kind: 'azure', vault: 'https://bots.vault.azure.net', name: path.replaceAll('/', '--') }),
  kubernetes: (path) => ({
    kind: 'kubernetes',
    namespace: 'bots',
    name: `kw-${path.replaceAll('/', '--')}`,
    key: undefined,
  }),
  keyward: (path) => ({ kind: 'keyward', name: path }),
} as const satisfies Record<string, (path: string) => StorePlace>;

export type LinkUnderTest = keyof typeof placeIn;

/** Of a secret: its variables by field; the field `value` is the secret itself. */
export type SecretsUnderTest = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

export const usualSecrets: SecretsUnderTest = {
  'exchange/binance': { api_key: ['BINANCE_API_KEY'], api_secret: ['BINANCE_API_SECRET', 'BINANCE_SECRET_KEY'] },
  'database/password': { value: ['DATABASE_PASSWORD'] },
};

/** A program whose secrets lie in every store of the chain. */
export function deploymentUnderTest({
  links = ['kubernetes'],
  secrets = usualSecrets,
  app,
}: {
  readonly links?: readonly LinkUnderTest[];
  readonly secrets?: SecretsUnderTest;
  readonly app?: Partial<Deployment['app']>;
} = {}): Deployment {
  return {
    project: 'bot',
    environment: 'production',
    app: { name: 'bot', image: 'registry.example.com/bot:1.2', uid: 10_001, ...app },
    secrets: Object.entries(secrets).map(
      ([path, values]): DeployedSecret => ({
        path: parsePath(path),
        isDerived: false,
        values: Object.entries(values).map(([field, env]) => ({
          field: field === 'value' ? undefined : field,
          env,
          form: undefined,
        })),
        owner: undefined,
        purpose: undefined,
        rotate: undefined,
        isRequired: true,
        places: links.map((link) => ({ link, place: placeIn[link](path) })),
      }),
    ),
  };
}
