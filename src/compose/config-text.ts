import { KeywardError } from '../core/errors.js';
import type { YamlConfig } from '../formats/yaml.js';
import { readTextFile } from '../host/plain-file.js';
import type { ConfigFile } from './config-schema.js';

const maxConfigBytes = 1024 * 1024;

/** A configuration file as it was read. */
export interface ConfigText {
  readonly file: string;
  readonly text: string;
  readonly parsed: ConfigFile;
  /** Knows no place in a file that was not parsed in this run. */
  readonly locate: YamlConfig['locate'];
}

/** What valid files were found to say in earlier runs. */
export interface KeptConfigs {
  /** `undefined` unless the very same text was kept. */
  read(file: string, text: string): ConfigFile | undefined;
  write(file: string, text: string, parsed: ConfigFile): void;
}

/** @throws KeywardError `config` when there is no file, `invalid` and `too_large` for one that cannot be read. */
export async function readConfigText(file: string): Promise<string> {
  const text = await readTextFile(file, { maxBytes: maxConfigBytes });
  if (text !== undefined) return text;
  throw new KeywardError('config', `there is no file ${file}`, { store: file, advice: 'Check the path.' });
}
