import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { providers } from '../../src/compose/provider-registry.js';
import { Laptop, repository } from './cli.js';

const optional = Object.keys(
  JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')).peerDependencies,
) as readonly string[];

/** Notes each optional package that is asked for in either way, and answers as if none were installed. */
const refuse = `
import { appendFileSync } from 'node:fs';
const optional = ${JSON.stringify(optional)};
export function refuse(specifier, code) {
  const name = optional.find((one) => specifier === one || specifier.startsWith(one + '/'));
  if (name === undefined) return;
  appendFileSync(process.env.SPY_OUT, name + '\\n');
  throw Object.assign(new Error("Cannot find package '" + name + "'"), { code });
}
`;
const hooks = `
import { refuse } from './refuse.mjs';
export async function resolve(specifier, context, next) {
  refuse(specifier, 'ERR_MODULE_NOT_FOUND');
  return next(specifier, context);
}
`;
const register = `
import Module, { register } from 'node:module';
import { refuse } from './refuse.mjs';
register('./hooks.mjs', import.meta.url);
const { _resolveFilename } = Module;
Module._resolveFilename = (specifier, ...rest) => {
  refuse(specifier, 'MODULE_NOT_FOUND');
  return _resolveFilename(specifier, ...rest);
};
`;

const kubeconfig = `
apiVersion: v1
kind: Config
current-context: here
contexts: [{ name: here, context: { cluster: here, user: me } }]
clusters: [{ name: here, cluster: { server: "https://127.0.0.1:1" } }]
users: [{ name: me, user: { token: none } }]
`;

/** The options with which a provider comes as far as to its packages, and those; every other kind needs none. */
const needed: Readonly<Record<string, { readonly options: string; readonly packages: readonly string[] }>> = {
  aws: { options: '{ region: eu-west-1 }', packages: ['@aws-sdk/client-secrets-manager'] },
  ssm: { options: '{ region: eu-west-1 }', packages: ['@aws-sdk/client-ssm'] },
  gcp: { options: '{ project: p }', packages: ['@google-cloud/secret-manager'] },
  azure: { options: '{ vault: example }', packages: ['@azure/identity', '@azure/keyvault-secrets'] },
  kubernetes: { options: '{}', packages: ['@kubernetes/client-node'] },
};
const optionsOf = (kind: string) => needed[kind]?.options ?? (kind === 'exec' ? '{ command: [cat, "{path}"] }' : '{}');

let laptop: Laptop;
beforeAll(async () => {
  laptop = new Laptop();
  await laptop.ok(['init']);
  for (const [name, text] of Object.entries({ 'refuse.mjs': refuse, 'hooks.mjs': hooks, 'register.mjs': register })) {
    laptop.write(name, text);
  }
  mkdirSync(join(laptop.home, '.kube'));
  writeFileSync(join(laptop.home, '.kube/config'), kubeconfig, { mode: 0o600 });
});
afterAll(() => laptop.remove());

async function get(chain: readonly string[], path: string) {
  const out = join(laptop.project, 'asked');
  writeFileSync(out, '');
  const links = chain.map((kind) => `  - ${kind}: ${optionsOf(kind)}\n`).join('');
  laptop.write('keyward.yaml', `project: bot\nenvironment: development\nproviders:\n${links}`);
  const ran = await laptop.spawn(['get', path, '--config', 'keyward.yaml'], {
    env: { NODE_OPTIONS: `--import=${join(laptop.project, 'register.mjs')}`, SPY_OUT: out, FROM_ENVIRONMENT: 'x' },
  });
  return { ...ran, asked: [...new Set(readFileSync(out, 'utf8').split('\n').filter(Boolean))].sort() };
}

describe('an optional package', () => {
  const kinds = Object.keys(providers);

  test.each(kinds)('is loaded by the provider %s only if it is its own, and named when it is missing', async (kind) => {
    const { packages = [] } = needed[kind] ?? {};
    const { asked, stderr } = await get([kind], 'app/token');
    expect(asked).toEqual(packages);
    if (packages.length > 0) expect(stderr).toMatch(new RegExp(`npm install (?:${packages.join('|')})`));
  });

  test('is not loaded for a store of the chain that is not asked', async () => {
    const ran = await get(['env', ...kinds.filter((kind) => kind !== 'env')], 'from/environment');
    expect(ran).toMatchObject({ status: 0, stdout: 'x', asked: [] });
  });
});
