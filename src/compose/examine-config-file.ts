import * as v from 'valibot';
import { parseYamlConfig } from '../formats/yaml.js';
import { describeIssues, type PlacedIssue, placeIssues } from './config-issues.js';
import { configSchema, knownKeysAt } from './config-schema.js';
import type { ConfigText } from './config-text.js';
import { fileIssues } from './file-issues.js';

/**
 * What a file with this text says, or everything that is wrong with it.
 *
 * @throws KeywardError `config` when it is not YAML at all.
 */
export async function examineConfigFile(
  file: string,
  text: string,
): Promise<
  | { readonly config: ConfigText; readonly issues: readonly [] }
  | { readonly config: undefined; readonly issues: readonly PlacedIssue[] }
> {
  const { data, locate } = await parseYamlConfig(text, file);
  const result = v.safeParse(configSchema, data ?? {});
  const issues = result.success ? fileIssues(result.output) : describeIssues(result.issues, knownKeysAt);
  if (!result.success || issues.length > 0) return { config: undefined, issues: placeIssues(file, locate, issues) };
  return { config: { file, text, parsed: result.output, locate }, issues: [] };
}
