import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { isKeywardError, KeywardError } from '../../core/errors.js';
import type { Secret } from '../../core/secret.js';
import { createMemoryFolder } from '../../host/memory-folder.js';
import { writeOwnedFileSync } from '../../host/owned-file.js';

/** Values as files of one folder that lives in memory and ends with this process. */
export interface SecretFiles {
  /** Makes the folder hold these values and no others, each replaced at once; answers the path of each. */
  write(values: ReadonlyMap<string, Secret>): ReadonlyMap<string, string>;
  remove(): void;
}

/**
 * @param inFolder where to make the folder although that may not be memory.
 * @throws KeywardError `unsupported` when there is no memory to write to and no folder was named; as
 * `createMemoryFolder`.
 */
export async function createSecretFiles(
  env: Readonly<Record<string, string | undefined>>,
  inFolder: string | undefined,
): Promise<SecretFiles> {
  const folder = await createMemoryFolder({ env, inFolder }).catch((error: unknown) => {
    if (!isKeywardError(error, 'unsupported')) throw error;
    throw new KeywardError('unsupported', error.message, {
      advice: 'Mount a tmpfs and name it in XDG_RUNTIME_DIR; or name a folder with --files-dir, which may be a disk.',
    });
  });
  let present: ReadonlyMap<string, string> = new Map();
  return {
    write: (values) => {
      const paths = new Map<string, string>();
      for (const [name, secret] of values) {
        const path = join(folder.path, name);
        writeOwnedFileSync(path, secret.exposeBytes());
        paths.set(name, path);
      }
      for (const [name, path] of present) if (!paths.has(name)) rmSync(path, { force: true });
      present = paths;
      return paths;
    },
    remove: () => folder.remove(),
  };
}
