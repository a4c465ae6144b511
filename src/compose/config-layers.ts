import { dirname, resolve } from 'node:path';
import { KeywardError } from '../core/errors.js';
import { issuesError, placeIssues } from './config-issues.js';
import type { ConfigFile } from './config-schema.js';
import type { ConfigText, KeptConfigs } from './config-text.js';
import { defaultPrefix } from './default-chain.js';
import { exposureOfFile, findConfig, type IgnoredConfig } from './find-config.js';
import { readConfigFile } from './read-config-file.js';
import { folderExists, storeExists } from './store-exists.js';
import { storeLocations } from './store-locations.js';
import { isInside, outsideReach, storeReach, type TrustList } from './trust.js';

export interface LoadOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly trust: TrustList;
  /** A file named by the user: it needs no trust. Else `KEYWARD_CONFIG`, else the search. */
  readonly file?: string | undefined;
  readonly environment?: string | undefined;
  /** Spares parsing a file that has not changed. */
  readonly kept?: KeptConfigs | undefined;
}

type PlaceOptions = Pick<LoadOptions, 'cwd' | 'env' | 'home' | 'file'>;

/** Where a configuration file lies. */
export interface ConfigPlace {
  readonly file: string;
  /** Whether the user named it, as opposed to its being found. */
  readonly isNamed: boolean;
}

/** A configuration file that may take effect. */
export interface ConfigSource extends ConfigText, ConfigPlace {}

/** What applies to a project. */
export interface ConfigLayers {
  /** The project's own file, then the one that it extends. Empty without a configuration. */
  readonly files: readonly ConfigSource[];
  readonly merged: ConfigFile;
}

/**
 * The files that apply, each valid and trusted, and what they say together.
 *
 * @throws KeywardError `config` with file, line and column, or telling to run `keyward trust`.
 */
export async function loadLayers(options: LoadOptions): Promise<ConfigLayers> {
  const source = await readConfigSource(options);
  if (source === undefined) return layersOf([]);
  const { trust } = options;
  if (source.parsed.extends !== undefined && !source.isNamed) {
    // Before the other file is so much as opened.
    const reasons = await outsideReach(source.parsed, dirname(source.file), await trust.claims());
    await assertTrusted({ source, reasons }, trust);
  }
  const layers = await withBase(source, options.kept);
  if (source.isNamed) return layers;
  for (const reach of await reachOfLayers(layers, options)) await assertTrusted(reach, trust);
  return layers;
}

/** The file that applies, read and validated but not yet subject to trust; `undefined` when there is none. */
export async function readConfigSource(
  options: PlaceOptions & Pick<LoadOptions, 'kept'>,
): Promise<ConfigSource | undefined> {
  const place = await configPlace(options);
  return place && { ...(await readConfigFile(place.file, options.kept)), isNamed: place.isNamed };
}

/** Where the file that applies lies; `undefined` when there is none. @throws KeywardError `config` for one not to use. */
export async function configPlace({ cwd, env, home, file }: PlaceOptions): Promise<ConfigPlace | undefined> {
  const named = file ?? (env['KEYWARD_CONFIG'] || undefined);
  if (named !== undefined) return { file: resolve(cwd, named), isNamed: true };
  const { found, ignored } = await findConfig(cwd, home);
  if (ignored !== undefined) throw notUsed(ignored);
  return found && { file: found.file, isNamed: false };
}

/** With the file that it extends, which must not extend a third: so there is no circle, and one place to look. */
export async function withBase(source: ConfigSource, kept?: KeptConfigs): Promise<ConfigLayers> {
  const place = await basePlace(source);
  if (place === undefined) return layersOf([source]);
  const base: ConfigSource = { ...(await readConfigFile(place, kept)), isNamed: source.isNamed };
  if (base.parsed.extends === undefined) return layersOf([source, base]);
  throw extendsError(base, 'a file that another one extends cannot extend one itself');
}

/** Where the file lies that this one extends. @throws KeywardError `config`, at the key `extends`. */
async function basePlace(source: ConfigSource): Promise<string | undefined> {
  if (source.parsed.extends === undefined) return undefined;
  const file = resolve(dirname(source.file), source.parsed.extends);
  if (!(await folderExists(file))) throw extendsError(source, `there is no file ${file}`);
  const exposure = source.isNamed ? undefined : await exposureOfFile(file);
  if (exposure !== undefined) throw notUsed({ file, reason: exposure });
  return file;
}

/** A file, and why it takes effect only when it is trusted; no reasons when it stays within the project. */
export interface LayerReach {
  readonly source: ConfigSource;
  readonly reasons: readonly string[];
}

/** What each of the files would reach outside the project. */
export async function reachOfLayers(
  { files, merged }: ConfigLayers,
  { env, home, trust }: Pick<LoadOptions, 'env' | 'home' | 'trust'>,
): Promise<readonly LayerReach[]> {
  const folder = dirname(files[0]?.file ?? '');
  const claims = await trust.claims();
  // A chain that no file states begins with the user's store, in the part that the project's name says.
  const isStoreImplied = merged.providers === undefined && (await storeExists(storeLocations({ env, home }).folder));
  const implied = isStoreImplied ? storeReach(defaultPrefix(merged.project), folder, claims) : [];
  return Promise.all(
    files.map(async (source) => {
      const outside = (await isInside(folder, source.file)) ? [] : ['it lies outside the project'];
      return { source, reasons: [...outside, ...(await outsideReach(source.parsed, folder, claims)), ...implied] };
    }),
  );
}

async function assertTrusted({ source, reasons }: LayerReach, trust: TrustList): Promise<void> {
  if (reasons.length === 0 || (await trust.isTrusted(source.file, source.text, reasons))) return;
  throw new KeywardError('config', `${source.file} is not trusted, and nothing of it was used: ${reasons.join('; ')}`, {
    store: source.file,
    advice: 'Read the file; if you agree to it, run: keyward trust',
  });
}

function layersOf(files: readonly ConfigSource[]): ConfigLayers {
  return { files, merged: files.map(({ parsed }) => parsed).reduce((over, base) => mergeConfig(base, over), {}) };
}

/** Sections whose keys are merged; every other is replaced as a whole. */
const mergedSections = new Set<string | number>(['store', 'cache', 'rotation', 'secrets']);

/** Whether the file has the key itself, and does not leave it to the one that it extends. */
export function states(file: ConfigFile, [section = '', key]: readonly (string | number)[]): boolean {
  const inner = new Map<string | number, unknown>(Object.entries(file)).get(section);
  if (key === undefined || !mergedSections.has(section)) return inner !== undefined;
  return typeof inner === 'object' && inner !== null && Object.hasOwn(inner, key);
}

/** File, line and column of what applies for the key; `undefined` when no file states it. */
export function placeOf({ files }: ConfigLayers, keyPath: readonly (string | number)[]): string | undefined {
  const source = files.find(({ parsed }) => states(parsed, keyPath));
  return source && placeIssues(source.file, source.locate, [{ keyPath, problem: '' }])[0]?.where;
}

/** Sections of the file replace those of its base, except that `store`, `cache`, `rotation` and `secrets` are merged by key. */
function mergeConfig(base: ConfigFile, over: ConfigFile): ConfigFile {
  return {
    ...base,
    ...over,
    store: { ...base.store, ...over.store },
    cache: { ...base.cache, ...over.cache },
    rotation: { ...base.rotation, ...over.rotation },
    secrets: { ...base.secrets, ...over.secrets },
  };
}

function extendsError({ file, locate }: ConfigSource, problem: string): KeywardError {
  return issuesError(file, placeIssues(file, locate, [{ keyPath: ['extends'], problem }]));
}

function notUsed({ file, reason }: IgnoredConfig): KeywardError {
  return new KeywardError('config', `${file} is not used: ${reason}`, {
    store: file,
    advice: 'Correct its owner or mode, or name it with KEYWARD_CONFIG if you trust it.',
  });
}
