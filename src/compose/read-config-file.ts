import { issuesError } from './config-issues.js';
import { type ConfigText, type KeptConfigs, readConfigText } from './config-text.js';

/** Reads and validates one file. @throws KeywardError `config` */
export async function readConfigFile(file: string, kept?: KeptConfigs): Promise<ConfigText> {
  const text = await readConfigText(file);
  const known = kept?.read(file, text);
  if (known !== undefined) return { file, text, parsed: known, locate: () => undefined };
  const { examineConfigFile } = await import('./examine-config-file.js');
  const { config, issues } = await examineConfigFile(file, text);
  if (config === undefined) throw issuesError(file, issues);
  kept?.write(file, text, config.parsed);
  return config;
}
