import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { open } from 'lmdb';

export const repository = join(import.meta.dirname, '..');
const { peerDependencies } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
export const keywardProgram = join(repository, 'dist/cli/main.js');

const source = `
  export { createKeySet, createVerifier, openRotations, openSecrets, openStore, textPayload } from './src/index.ts';
  export { createRedactor } from './src/redaction/redactor.ts';
  export { awsProviderKind } from './src/providers/aws/aws.ts';
  export { azureProviderKind } from './src/providers/azure/azure.ts';
  export { gcpProviderKind } from './src/providers/gcp/gcp.ts';
  export { kubernetesProviderKind } from './src/providers/kubernetes/kubernetes.ts';
  export { ssmProviderKind } from './src/providers/ssm/ssm.ts';
  export { vaultProviderKind } from './src/providers/vault/vault.ts';
  export { encodeName } from './src/formats/native-names.ts';
  export { systemClock } from './src/core/clock.ts';
  export { silentObserver } from './src/core/observer.ts';
  export { openAuditLog } from './src/guard/audit/open-audit-log.ts';
  export { createLmdbSequencer } from './src/store/physical/lmdb/lmdb-sequencer.ts';
  export { storeLocations } from './src/compose/store-locations.ts';
  export { readStoreHeader } from './src/compose/store-header.ts';
  export { physicalStores, slots } from './src/compose/registry.ts';
  export { describeHeader, unlockHeader } from './src/store/barrier/header.ts';
  export { openSealedStore } from './src/store/barrier/sealed-store.ts';
  export { wireStore } from './src/store/barrier/store-parts.ts';
  export { sealShardHead, sealStoreHead } from './src/store/barrier/heads.ts';
  export { shardHeadKey, storeHeadKey } from './src/store/barrier/row-keys.ts';
  export { addElement, emptySum } from './src/crypto/set-hash.ts';
  export { createSecretStore } from './src/store/secrets/sealed-secret-store.ts';
  export { sealVersion, secretAddress } from './src/store/secrets/secret-rows.ts';
  export { encodeSecret } from './src/store/secrets/secret-codec.ts';
  export { withVersion } from './src/store/secrets/secret-state.ts';
  export { addToDirectories } from './src/store/secrets/directory-index.ts';
`;

const config = `
project: project
environment: development
providers: [{ keyward: { prefix: "project/{env}" } }]
secrets: { app/token: { env: APP_TOKEN } }
`;

/** A home with a store in it, the library from its sources, and folders for what it is compared with. */
export async function createWorkshop({ isQuick, isFull, stores }) {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'keyward-bench-'));
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'));
  const library = join(folder, 'keyward.mjs');
  await build({
    stdin: { contents: source, resolveDir: repository, loader: 'ts' },
    outfile: library,
    bundle: true,
    platform: 'node',
    format: 'esm',
    // As whoever installs the library has them: beside it, and loaded when they are used.
    external: ['lmdb', '@node-rs/argon2', ...Object.keys(peerDependencies)],
    banner: {
      js: "import { createRequire as requireFor } from 'node:module'; const require = requireFor(import.meta.url);",
    },
    logLevel: 'warning',
  });
  const project = join(folder, 'project');
  mkdirSync(project);
  const env = { HOME: folder, PATH: process.env.PATH, NO_COLOR: '1' };
  const keyward = (args, { input = '', home = env } = {}) => {
    const { status, stderr } = spawnSync(process.execPath, [keywardProgram, ...args], {
      cwd: project,
      env: home,
      input,
    });
    if (status !== 0) throw new Error(`keyward ${args[0]} ended with ${status}: ${stderr}`);
  };
  keyward(['init']);
  writeFileSync(join(project, 'keyward.yaml'), config);
  keyward(['set', 'app/token'], { input: 'a-secret-of-usual-length-0123456789' });
  return {
    isQuick,
    isFull,
    stores,
    folder,
    library,
    project,
    env,
    keyward: await import(library),
    /** The environment of a user of their own, with an empty store. */
    newHome: (name) => {
      const home = { ...env, HOME: join(folder, name) };
      mkdirSync(home.HOME);
      keyward(['init'], { home });
      return home;
    },
    /** Installs packages of others, by exact name and version; answers their folder. */
    install: (packages) => {
      const peers = join(folder, 'peers');
      mkdirSync(peers);
      writeFileSync(join(peers, 'package.json'), '{ "private": true }');
      const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...packages];
      const { status, stderr } = spawnSync('npm', args, { cwd: peers, encoding: 'utf8' });
      if (status !== 0) throw new Error(`npm install ended with ${status}: ${stderr}`);
      return join(peers, 'node_modules');
    },
    /** Plain LMDB in a folder of its own: durable, and told when it is. */
    plainLmdb: (name) =>
      open({ path: join(folder, name), encoding: 'binary', keyEncoding: 'binary', overlappingSync: false }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
