import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Laptop, RunOptions } from '../system/cli.js';

/** Something that goes wrong with a laptop, and a value gets into it where that can be. */
export interface Failure {
  readonly name: string;
  happen(laptop: Laptop, value: string): RunOptions;
}

const config = (name: string, text: (value: string) => string): Failure => ({
  name,
  happen: (laptop, value) => {
    laptop.write('keyward.yaml', text(value));
    return {};
  },
});

const environment = (name: string, env: (value: string) => Readonly<Record<string, string>>): Failure => ({
  name,
  happen: (_laptop, value) => ({ env: env(value) }),
});

/** Instead of a file of the store, where there is one. */
const damaged = (name: string, pathOf: (laptop: Laptop) => string, content: (value: string) => string): Failure => ({
  name,
  happen: (laptop, value) => {
    if (existsSync(laptop.dataFolder)) writeFileSync(pathOf(laptop), content(value));
    return {};
  },
});

export const failures: readonly Failure[] = [
  config('the configuration cannot be parsed', (value) => `project: "${value}\nb: [`),
  config('a value stands where a word belongs', (value) => `environment: ${JSON.stringify(value)}`),
  config('a value stands where a list belongs', (value) => `secrets: ${JSON.stringify(value)}`),
  config('a value stands where a number belongs', (value) => `cache: { ttl: ${JSON.stringify(value)} }`),
  config('a value stands in an address', (value) =>
    JSON.stringify({ providers: [{ vault: { address: `https://u:${value}@vault.example.com` } }] }),
  ),
  config('a value stands in a derived secret', (value) =>
    JSON.stringify({ secrets: { 'app/url': { from: `postgresql://bot:${value}{@db/bot` } } }),
  ),
  {
    name: 'a file of the chain cannot be parsed',
    happen: (laptop, value) => {
      laptop.write('bad.env', `A="${value}`);
      laptop.write('keyward.yaml', 'project: bot\nproviders: [{ dotenv: { file: bad.env } }]\n');
      return {};
    },
  },
  {
    name: 'a kubeconfig cannot be parsed',
    happen: (laptop, value) => {
      laptop.write('keyward.yaml', 'project: bot\nproviders: [{ kubernetes: {} }]\n');
      return { env: { KUBECONFIG: laptop.write('kubeconfig', `users: [{name: a, user: {token: "${value}`) } };
    },
  },
  {
    name: 'there is no configuration',
    happen: (laptop) => {
      rmSync(join(laptop.project, 'keyward.yaml'), { force: true });
      return {};
    },
  },
  environment('a value names the environment', (value) => ({ KEYWARD_ENV: `${value}!`, NODE_ENV: value })),
  environment('values are in the environment', (value) => ({
    HELD_V1: value,
    HELD_ALL_FIELD0: value,
    CANARY_0: value,
    CANARY_0_FILE: value,
    VAULT_TOKEN: value,
  })),
  {
    name: 'the passphrase is wrong',
    happen: (laptop, value) => {
      laptop.write('passphrase', value, 0o600);
      return {
        env: { KEYWARD_KEY_FILE: '/nowhere/at-all', KEYWARD_PASSPHRASE_FILE: join(laptop.project, 'passphrase') },
      };
    },
  },
  environment('there is no home', () => ({ HOME: '/nowhere/at-all' })),
  damaged(
    'the key file holds something else',
    ({ keyFile }) => keyFile,
    (value) => value,
  ),
  damaged(
    'the header is damaged',
    ({ dataFolder }) => join(dataFolder, 'header.kw'),
    (value) => value,
  ),
  damaged(
    'the data file is damaged',
    ({ dataFolder }) => join(dataFolder, 'data.mdb'),
    (value) => value.padEnd(65536),
  ),
  damaged(
    'the anchor is damaged',
    ({ stateFolder }) => join(stateFolder, 'anchor.kw'),
    (value) => value,
  ),
  damaged(
    'the log is damaged',
    ({ auditFolder }) => join(auditFolder, '000001.log'),
    (value) => `${value}\n`,
  ),
  {
    name: 'others can read the key file',
    happen: (laptop) => {
      if (existsSync(laptop.dataFolder)) chmodSync(laptop.keyFile, 0o644);
      return {};
    },
  },
  {
    name: 'the log cannot be written',
    happen: (laptop) => {
      if (!existsSync(laptop.dataFolder)) return {};
      rmSync(laptop.auditFolder, { recursive: true });
      writeFileSync(laptop.auditFolder, '');
      return {};
    },
  },
  {
    name: 'folders stand in the place of files',
    happen: (laptop) => {
      for (const name of ['keyward.yaml', '.env', 'keyward.d.ts']) {
        rmSync(join(laptop.project, name), { force: true });
        mkdirSync(join(laptop.project, name));
      }
      return {};
    },
  },
];
