import * as v from 'valibot';
import { KeywardError } from '../core/errors.js';
import { parseYamlConfig, type YamlConfig } from '../formats/yaml.js';
import { readTextFile } from '../host/plain-file.js';
import { describeIssues, issuesError, type PlacedIssue, placeIssues } from './config-issues.js';
import { type ConfigFile, configSchema, knownKeysAt } from './config-schema.js';
import { fileIssues } from './file-issues.js';

const maxConfigBytes = 1024 * 1024;

/** A configuration file as it was read. */
export interface ConfigText {
  readonly file: string;
  readonly text: string;
  readonly parsed: ConfigFile;
  readonly locate: YamlConfig['locate'];
}

/** Reads and validates one file. @throws KeywardError `config` */
export async function readConfigFile(file: string): Promise<ConfigText> {
  const examined = await examineConfigFile(file);
  if (examined.config === undefined) throw issuesError(file, examined.issues);
  return examined.config;
}

/**
 * What one file says, or everything that is wrong with it.
 *
 * @throws KeywardError `config` when there is no file, or it is not YAML at all.
 */
export async function examineConfigFile(
  file: string,
): Promise<
  | { readonly config: ConfigText; readonly issues: readonly [] }
  | { readonly config: undefined; readonly issues: readonly PlacedIssue[] }
> {
  const text = await readTextFile(file, { maxBytes: maxConfigBytes });
  if (text === undefined) {
    throw new KeywardError('config', `there is no file ${file}`, { store: file, advice: 'Check the path.' });
  }
  const { data, locate } = await parseYamlConfig(text, file);
  const result = v.safeParse(configSchema, data ?? {});
  const issues = result.success ? fileIssues(result.output) : describeIssues(result.issues, knownKeysAt);
  if (!result.success || issues.length > 0) return { config: undefined, issues: placeIssues(file, locate, issues) };
  return { config: { file, text, parsed: result.output, locate }, issues: [] };
}
