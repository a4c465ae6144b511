import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigFile } from '../compose/config-schema.js';
import type { KeptConfigs } from '../compose/config-text.js';
import { KeptFiles } from './kept-files.js';

interface Kept {
  readonly text: string;
  readonly parsed: ConfigFile;
}

/** Files with the same number replace each other, so that there is an end to what is kept. */
const most = 64;

/**
 * Configurations as this very build of the command line understood them, in the user's cache folder: reading YAML takes
 * longer than all else that a command does with it. `undefined` where nothing says which build this is.
 */
export function keptConfigs(cacheFolder: string, build = thisBuild()): KeptConfigs | undefined {
  if (build === undefined) return undefined;
  const files = new KeptFiles(join(cacheFolder, 'configs'));
  return {
    read: (file, text) => {
      const bytes = files.read(nameOf(file), build);
      if (bytes === undefined) return undefined;
      const kept: Kept = JSON.parse(bytes.toString());
      return kept.text === text ? kept.parsed : undefined;
    },
    write: (file, text, parsed) => {
      const kept: Kept = { text, parsed };
      files.write(nameOf(file), build, Buffer.from(JSON.stringify(kept)));
    },
  };
}

const nameOf = (file: string) => String(Buffer.from(file).reduce((sum, byte) => (sum * 31 + byte) % 65_537, 0) % most);

/** The build writes the digest of all packs beside them. */
function thisBuild(): string | undefined {
  try {
    return readFileSync(join(import.meta.dirname, 'packs/digest'), 'latin1');
  } catch {
    return undefined;
  }
}
