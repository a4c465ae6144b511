import { basename, dirname, join, resolve } from 'node:path';
import { claimPrefixes, claimProject } from '../compose/claim-project.js';
import { type ConfigSource, readConfigSource } from '../compose/config-layers.js';
import { defaultConfigText, documentedConfigText, projectName } from '../compose/default-config.js';
import { openStoreAt } from '../compose/open-store.js';
import { type StoreLocations, storeLocations } from '../compose/store-locations.js';
import { createTrustList, ownStoreReach } from '../compose/trust.js';
import type { OpenedStore } from '../compose/workspace.js';
import { systemClock } from '../core/clock.js';
import { KeywardError } from '../core/errors.js';
import { silentObserver } from '../core/observer.js';
import { userFolders } from '../host/folders.js';
import { readPlainFile } from '../host/plain-file.js';
import { writeProjectFile } from '../host/project-file.js';
import { gitignoreAdditions } from '../lifecycle/transfer/gitignore.js';
import type { Invocation } from './command.js';
import { askHidden } from './prompt.js';

const maxGitignoreBytes = 1024 * 1024;
const maxSchemaBytes = 1024 * 1024;
/** Where it is in a project that has Keyward among its packages. */
const installedSchema = './node_modules/keyward/dist/keyward.schema.json';

/** The project's configuration as it stands, before `init` changes anything. */
export async function existingConfig({ io, global }: Invocation): Promise<ConfigSource | undefined> {
  const source = await readConfigSource({ cwd: io.cwd, env: io.env, home: io.home, file: global.configFile });
  const path = source?.parsed.store?.path;
  if (source === undefined || path === undefined || source.isNamed) return source;
  const trust = createTrustList(userFolders(io.env, io.home).config);
  if (await trust.isTrusted(source.file, source.text, [ownStoreReach(path)])) return source;
  throw new KeywardError('config', `${source.file} names its own store at ${path}`, {
    store: source.file,
    advice: 'If you agree to that, run: keyward trust',
  });
}

/** Where the store of the project lies: the user's default store unless the configuration names another. */
export function locationsFor({ io }: Invocation, source: ConfigSource | undefined): StoreLocations {
  const named = source?.parsed.store?.path;
  const path = source === undefined || named === undefined ? undefined : resolve(dirname(source.file), named);
  return storeLocations({ env: io.env, home: io.home, path });
}

/**
 * Makes sure that there is a configuration, and that its part of the store belongs to this project alone. Answers the
 * configuration file.
 */
export async function ensureProject(
  invocation: Invocation,
  source: ConfigSource | undefined,
  locations: StoreLocations,
  passphrase: Uint8Array | undefined,
): Promise<string> {
  const { io, output } = invocation;
  const store = await openStoreAt({
    locations,
    role: 'cli',
    production: false,
    clock: systemClock,
    observer: { ...silentObserver, finding: (finding) => output.finding(finding) },
    ask: async (question) => passphrase ?? askHidden(io, question),
  });
  try {
    output.note(`audit log of this machine is signed by ${store.auditPublicKey}`);
    return await claimed(invocation, source, store);
  } finally {
    await store.close();
  }
}

async function claimed(
  { io, output }: Invocation,
  source: ConfigSource | undefined,
  store: OpenedStore,
): Promise<string> {
  const options = { env: io.env, home: io.home, store };
  if (source !== undefined) {
    output.note(`using ${source.file}`);
    await claimPrefixes(source, options);
    return source.file;
  }
  const project = await claimProject(io.cwd, options);
  const wanted = projectName(basename(io.cwd));
  if (project !== wanted) {
    output.note(`another project has the part of the store that is called ${wanted}; this one is called ${project}`);
  }
  const file = await writeConfig(io.cwd, (schema) => defaultConfigText(project, schema));
  output.note('wrote keyward.yaml');
  return file;
}

/** Writes the configuration of a project without one, for the chain Vault → AWS → environment; makes no store. */
export async function writeDocumentedChain({ io }: Invocation): Promise<string> {
  const project = projectName(basename(io.cwd));
  return writeConfig(io.cwd, (schema) => documentedConfigText(project, schema));
}

async function writeConfig(folder: string, text: (schema: string | undefined) => string): Promise<string> {
  const file = join(folder, 'keyward.yaml');
  const hasSchema = (await readPlainFile(join(folder, installedSchema), { maxBytes: maxSchemaBytes })) !== undefined;
  await writeProjectFile(file, text(hasSchema ? installedSchema : undefined));
  return file;
}

/** Answers the lines that were missing. A `.gitignore` that is a link could lead to any file and is left alone. */
export async function ensureGitignore(folder: string): Promise<readonly string[]> {
  const file = join(folder, '.gitignore');
  const present = await readPlainFile(file, { maxBytes: maxGitignoreBytes, noFollow: true });
  const text = new TextDecoder().decode(present?.bytes ?? new Uint8Array(0));
  const additions = gitignoreAdditions(text);
  if (additions !== '') await writeProjectFile(file, text + additions);
  return additions.split('\n').filter((line) => line !== '');
}
