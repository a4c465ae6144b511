import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FaultProxy, type ProxyIdentity } from '../../src/testing/fault-proxy.js';
import { type Certificates, issueCertificates } from '../backends/azure/certificates.js';
import { type Canary, valueCanaries } from '../system/canaries.js';
import { Laptop } from '../system/cli.js';
import { isText } from './kept-laptop.js';
import { ScriptedStore } from './scripted-stores.js';

export const kinds = ['vault', 'aws', 'ssm', 'gcp', 'azure', 'kubernetes'] as const;
export type Kind = (typeof kinds)[number];

interface Access {
  /** The entry of the chain. */
  readonly link: string;
  readonly env: Readonly<Record<string, string>>;
  /** For what reads the environment of this process, as some packages do. */
  readonly processEnv?: Readonly<Record<string, string>>;
  readonly credentials: readonly string[];
}

const random = (length = 24) => randomBytes(length).toString('base64url');

/** A laptop whose chain begins with a store behind a proxy, with canaries for all values and for what signs in. */
export class NetworkedPlace {
  readonly laptop: Laptop;
  readonly proxy: FaultProxy;
  readonly elsewhere: FaultProxy;
  readonly access: Access;
  /** What stands in the store, and what is given to commands on standard input. */
  readonly texts: readonly string[];
  readonly given = random();
  readonly config: string;
  readonly #store: ScriptedStore;
  readonly #folder: string;

  private constructor(
    made: Pick<NetworkedPlace, 'laptop' | 'proxy' | 'elsewhere' | 'access' | 'texts'>,
    store: ScriptedStore,
    folder: string,
  ) {
    ({ laptop: this.laptop, proxy: this.proxy, elsewhere: this.elsewhere } = made);
    this.access = made.access;
    this.texts = made.texts;
    this.config = join(made.laptop.project, 'keyward.yaml');
    this.#store = store;
    this.#folder = folder;
  }

  static async start(kind: Kind): Promise<NetworkedPlace> {
    const folder = mkdtempSync(join(realpathSync(tmpdir()), 'keyward-networked-'));
    const texts = valueCanaries()
      .filter(isText)
      .map(({ bytes }) => bytes.toString());
    const fields = Object.fromEntries(texts.map((text, index) => [`field${index}`, text]));
    const values = new Map([
      ['app/one', texts[1] ?? ''],
      ['app/two', JSON.stringify(fields)],
    ]);
    const store = await ScriptedStore.start(kind, values);
    const isOverTls = kind === 'gcp' || kind === 'kubernetes';
    const certificates = isOverTls ? issueCertificates(folder) : undefined;
    const identity: ProxyIdentity | undefined = certificates;
    const proxy = await FaultProxy.start({ address: store.address, keepsHost: true }, identity);
    const elsewhere = await FaultProxy.start();
    const access = accessTo(kind, { proxy, store, folder, certificates });
    const laptop = await Laptop.initialised();
    laptop.write(
      'keyward.yaml',
      `project: bot\nenvironment: development\nproviders:\n  - ${access.link}\n  - keyward: { prefix: bot }\nwrite: target\ncache: { ttl: 0s }\nsecrets: { app/one: {}, app/two: { fields: [field1] } }\n`,
    );
    await laptop.ok(['set', 'held/one', '--config', own(laptop)], { stdin: texts[2] ?? '' });
    return new NetworkedPlace({ laptop, proxy, elsewhere, access, texts }, store, folder);
  }

  /** All that must be found nowhere, with what requests were signed by so far. */
  canaries(): readonly Canary[] {
    const { credentials } = this.access;
    const named = [...this.texts, this.given].map((text) => ['value', text] as const);
    const proofs = [...credentials, this.#store.token, ...this.#store.shown].map(
      (text) => ['credential', text] as const,
    );
    return [...named, ...proofs].map(([name, text]) => ({ name, bytes: Buffer.from(text) }));
  }

  async stop(): Promise<void> {
    await this.proxy.stop();
    await this.elsewhere.stop();
    await this.#store.stop();
    this.laptop.remove();
    rmSync(this.#folder, { recursive: true });
  }
}

/** A configuration that asks Keyward's own store alone. */
function own(laptop: Laptop): string {
  return laptop.write('own.yaml', 'project: bot\nproviders: [{ keyward: { prefix: bot } }]\n');
}

interface Surroundings {
  readonly proxy: FaultProxy;
  readonly store: ScriptedStore;
  readonly folder: string;
  readonly certificates: Certificates | undefined;
}

function accessTo(kind: Kind, { proxy: { address }, store, folder, certificates }: Surroundings): Access {
  switch (kind) {
    case 'vault': {
      const secretId = random();
      const env = { VAULT_ADDR: address, VAULT_ROLE_ID: 'role', VAULT_SECRET_ID: secretId };
      const patience = { VAULT_CLIENT_TIMEOUT: '300ms', VAULT_MAX_RETRIES: '0' };
      return { link: 'vault: { name: target }', env: { ...env, ...patience }, credentials: [secretId] };
    }
    case 'aws':
    case 'ssm': {
      const [secret, session] = [random(), random()];
      const keys = {
        AWS_ACCESS_KEY_ID: 'ASIAACCESSKEYOFTEST',
        AWS_SECRET_ACCESS_KEY: secret,
        AWS_SESSION_TOKEN: session,
      };
      const link = `${kind}: { name: target, endpoint: "${address}", region: us-east-1 }`;
      return { link, env: keys, credentials: [secret, session] };
    }
    case 'gcp': {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
      const file = join(folder, 'account.json');
      const account = { type: 'service_account', project_id: 'p', private_key_id: 'k', client_email: 'a@example.com' };
      writeFileSync(file, JSON.stringify({ ...account, private_key: key }), { mode: 0o600 });
      return {
        link: `gcp: { name: target, endpoint: "${address}", project: my-project, transport: rest }`,
        env: { GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: certificates?.caFile ?? '' },
        processEnv: { GOOGLE_APPLICATION_CREDENTIALS: file },
        credentials: [key.split('\n').slice(1, -2).join('')],
      };
    }
    case 'azure': {
      const header = random();
      return {
        link: `azure: { name: target, vault: "${address}" }`,
        env: {},
        processEnv: { IDENTITY_ENDPOINT: `${store.address}/msi/token`, IDENTITY_HEADER: header },
        credentials: [header],
      };
    }
    case 'kubernetes': {
      const token = random();
      const file = join(folder, 'config');
      const cluster = { server: address, 'certificate-authority': certificates?.caFile };
      const config = {
        'current-context': 'c',
        contexts: [{ name: 'c', context: { cluster: 'c', user: 'u', namespace: 'bot' } }],
        clusters: [{ name: 'c', cluster }],
        users: [{ name: 'u', user: { token } }],
      };
      writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
      return { link: 'kubernetes: { name: target }', env: { KUBECONFIG: file }, credentials: [token] };
    }
  }
}
