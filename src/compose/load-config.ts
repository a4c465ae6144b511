import { dirname } from 'node:path';
import { type Config, cacheOf, chooseEnvironment, isProduction } from './config.js';
import { issuesError } from './config-issues.js';
import { type ConfigLayers, type LoadOptions, loadLayers } from './config-layers.js';
import { inventoryOf } from './file-inventory.js';
import { mergedIssues } from './merged-issues.js';

/**
 * The project's configuration; the defaults when there is no file. Nothing is contacted or run, and a file that is
 * wrong or not trusted has no effect at all.
 *
 * @throws KeywardError `config` with file, line and column, or telling to run `keyward trust`.
 */
export async function loadConfig(options: LoadOptions): Promise<Config> {
  try {
    return configOf(await loadLayers(options), options);
  } catch (error) {
    if (options.kept === undefined) throw error;
    // For line and column, which were not kept.
    return loadConfig({ ...options, kept: undefined });
  }
}

/** What the files say, with the defaults filled in. @throws KeywardError `config` for what is wrong in all together. */
export function configOf(layers: ConfigLayers, options: Pick<LoadOptions, 'cwd' | 'env' | 'environment'>): Config {
  const wrong = mergedIssues(layers);
  if (wrong !== undefined) throw issuesError(wrong.file, wrong.issues);
  const { files, merged } = layers;
  const [source] = files;
  const environment = chooseEnvironment(options.environment, options.env, merged.environment).name;
  return {
    file: source?.file,
    files: files.map(({ file }) => file),
    folder: source === undefined ? options.cwd : dirname(source.file),
    project: merged.project,
    environment,
    production: isProduction(environment),
    store: { path: merged.store?.path, slot: merged.store?.slot },
    providers: merged.providers,
    write: merged.write,
    cache: cacheOf(merged.cache),
    offline: merged.cache?.offline ?? false,
    credentials: merged.credentials ?? ['exchange/{name}'],
    probePath: merged.health?.probe ?? 'health/check',
    audit: merged.audit,
    deploy: merged.deploy,
    notifications: merged.notifications,
    inventory: inventoryOf(merged),
  };
}
