import { dirname, resolve } from 'node:path';
import * as v from 'valibot';
import { isKeywardError, KeywardError } from '../core/errors.js';
import { parsePath, quoted } from '../core/path.js';
import { compilePathPattern } from '../core/path-pattern.js';
import { parseYamlConfig, type YamlConfig } from '../formats/yaml.js';
import { readTextFile } from '../host/plain-file.js';
import { type Config, environmentName, isProduction } from './config.js';
import { type ConfigIssue, describeIssues } from './config-issues.js';
import { type ConfigFile, configSchema, inventoryOf, knownKeysAt, pathIssues } from './config-schema.js';
import { partIssues, templateIssues } from './derived-issues.js';
import { exposureOfFile, findConfig, type IgnoredConfig } from './find-config.js';
import { outsideReach, type TrustList } from './trust.js';

const maxConfigBytes = 1024 * 1024;
const maxIssues = 10;

export interface LoadOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string | undefined;
  readonly trust: TrustList;
  /** A file named by the user: it needs no trust. Else `KEYWARD_CONFIG`, else the search. */
  readonly file?: string | undefined;
  readonly environment?: string | undefined;
}

/** A configuration file as it was read. */
export interface ConfigSource {
  readonly file: string;
  readonly text: string;
  readonly parsed: ConfigFile;
  /** Whether the user named it, as opposed to its being found. */
  readonly isNamed: boolean;
}

/**
 * The project's configuration; the defaults when there is no file. Nothing is contacted or run, and a file that is
 * wrong or not trusted has no effect at all.
 *
 * @throws KeywardError `config` with file, line and column, or telling to run `keyward trust`.
 */
export async function loadConfig(options: LoadOptions): Promise<Config> {
  const source = await readConfigSource(options);
  const files = source === undefined ? [] : await withBase(source, options.trust);
  const merged = files.map(({ parsed }) => parsed).reduce((over, base) => mergeConfig(base, over), {});
  const inventory = inventoryOf(merged);
  await refuseIssues(files, partIssues(inventory));
  const environment = environmentName(options.environment, options.env, merged.environment);
  return {
    file: source?.file,
    folder: source === undefined ? options.cwd : dirname(source.file),
    project: merged.project,
    environment,
    production: isProduction(environment),
    store: { path: merged.store?.path, slot: merged.store?.slot },
    providers: merged.providers,
    write: merged.write,
    cache: { ttlMs: merged.cache?.ttl ?? 300_000, maxStaleMs: merged.cache?.maxStale ?? 3_600_000 },
    credentials: merged.credentials ?? ['exchange/{name}'],
    probePath: merged.health?.probe ?? 'health/check',
    inventory,
  };
}

/** The file that applies, read and validated but not yet subject to trust; `undefined` when there is none. */
export async function readConfigSource(options: Omit<LoadOptions, 'trust'>): Promise<ConfigSource | undefined> {
  const named = options.file ?? (options.env['KEYWARD_CONFIG'] || undefined);
  if (named !== undefined) {
    const file = resolve(options.cwd, named);
    return { ...(await readConfigFile(file)), isNamed: true };
  }
  const { found, ignored } = await findConfig(options.cwd, options.home);
  if (ignored !== undefined) throw notUsed(ignored);
  return found === undefined ? undefined : { ...(await readConfigFile(found.file)), isNamed: false };
}

function notUsed({ file, reason }: IgnoredConfig): KeywardError {
  return new KeywardError('config', `${file} is not used: ${reason}`, {
    store: file,
    advice: 'Correct its owner or mode, or name it with KEYWARD_CONFIG if you trust it.',
  });
}

/** The file, and the one that it extends. */
async function withBase(source: ConfigSource, trust: TrustList): Promise<readonly ConfigSource[]> {
  const folder = dirname(source.file);
  await assertTrusted(source, folder, trust);
  if (source.parsed.extends === undefined) return [source];
  const baseFile = resolve(folder, source.parsed.extends);
  const exposure = source.isNamed ? undefined : await exposureOfFile(baseFile);
  if (exposure !== undefined) throw notUsed({ file: baseFile, reason: exposure });
  const base: ConfigSource = { ...(await readConfigFile(baseFile)), isNamed: source.isNamed };
  if (base.parsed.extends !== undefined) {
    throw new KeywardError('config', `${base.file} is extended and must not extend another file`, { store: base.file });
  }
  await assertTrusted(base, folder, trust);
  return [source, base];
}

/** Sections of the file replace those of its base, except that `store`, `cache` and `secrets` are merged by key. */
function mergeConfig(base: ConfigFile, over: ConfigFile): ConfigFile {
  return {
    ...base,
    ...over,
    store: { ...base.store, ...over.store },
    cache: { ...base.cache, ...over.cache },
    secrets: { ...base.secrets, ...over.secrets },
  };
}

async function assertTrusted(source: ConfigSource, folder: string, trust: TrustList): Promise<void> {
  if (source.isNamed) return;
  const reasons = await outsideReach(source.parsed, folder, await trust.claims());
  if (reasons.length === 0 || (await trust.isTrusted(source.file, source.text))) return;
  throw new KeywardError('config', `${source.file} is not trusted, and nothing of it was used: ${reasons.join('; ')}`, {
    store: source.file,
    advice: 'Read the file; if you agree to it, run: keyward trust',
  });
}

/** Reads and validates one file. @throws KeywardError `config` */
export async function readConfigFile(file: string): Promise<Omit<ConfigSource, 'isNamed'>> {
  const text = await readTextFile(file, { maxBytes: maxConfigBytes });
  if (text === undefined) {
    throw new KeywardError('config', `there is no file ${file}`, { store: file, advice: 'Check the path.' });
  }
  const yaml = await parseYamlConfig(text, file);
  const result = v.safeParse(configSchema, yaml.data ?? {});
  if (!result.success) throw issuesError(file, yaml, describeIssues(result.issues, knownKeysAt));
  const further = crossChecks(result.output);
  if (further.length > 0) throw issuesError(file, yaml, further);
  return { file, text, parsed: result.output };
}

/** @throws KeywardError `config` for what is wrong in the inventory as a whole, each in the file that says it. */
async function refuseIssues(files: readonly ConfigSource[], issues: readonly ConfigIssue[]): Promise<void> {
  for (const { file, text, parsed } of files) {
    const own = issues.filter(({ keyPath: [, key = ''] }) => Object.hasOwn(parsed.secrets ?? {}, key));
    if (own.length > 0) throw issuesError(file, await parseYamlConfig(text, file), own);
  }
}

/** What one key says about another. */
function crossChecks(file: ConfigFile): readonly ConfigIssue[] {
  const issues: ConfigIssue[] = pathIssues(file).map(({ key, reason }) => ({
    keyPath: ['secrets', key],
    problem: reason,
  }));
  issues.push(...templateIssues(file));
  const names = new Set<string>();
  for (const [index, { kind, options }] of (file.providers ?? []).entries()) {
    const name = options.name ?? kind;
    if (names.has(name)) {
      issues.push({
        keyPath: ['providers', index],
        problem: `a second provider is called ${quoted(name)}; give one of them another \`name\``,
      });
    }
    names.add(name);
    const prefix = 'prefix' in options ? options.prefix : undefined;
    const prefixProblem =
      prefix === undefined ? undefined : problemOf(() => parsePath(prefix.replaceAll('{env}', 'env')));
    if (prefixProblem !== undefined) {
      issues.push({ keyPath: ['providers', index, kind, 'prefix'], problem: prefixProblem });
    }
    for (const [at, pattern] of (options.serves ?? []).entries()) {
      const problem = problemOf(() => compilePathPattern(pattern));
      if (problem !== undefined) issues.push({ keyPath: ['providers', index, kind, 'serves', at], problem });
    }
  }
  if (file.write !== undefined && file.providers !== undefined && !names.has(file.write)) {
    issues.push({ keyPath: ['write'], problem: `no provider is called that; the chain has ${[...names].join(', ')}` });
  }
  const probe = file.health?.probe;
  const probeProblem = probe === undefined ? undefined : problemOf(() => parsePath(probe));
  if (probeProblem !== undefined) issues.push({ keyPath: ['health', 'probe'], problem: probeProblem });
  return issues;
}

function problemOf(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (isKeywardError(error)) return error.message;
    throw error;
  }
}

function issuesError(file: string, yaml: YamlConfig, issues: readonly ConfigIssue[]): KeywardError {
  const lines = issues.slice(0, maxIssues).map(({ keyPath, problem }) => {
    const place = yaml.locate(keyPath);
    const where = place === undefined ? file : `${file}:${place.line}:${place.column}`;
    return `${where}: ${keyPath.length === 0 ? '' : `${keyPath.join('.')}: `}${problem}`;
  });
  if (issues.length > maxIssues) lines.push(`and ${issues.length - maxIssues} more`);
  return new KeywardError('config', lines.join('\n'), {
    store: file,
    advice: 'See docs/reference/configuration.md for every key.',
  });
}
