import { KeywardError } from './errors.js';

/**
 * Loads an optional package. The loader is a closure around a literal `import()`, so that bundlers and the repository's
 * guard see the name; nothing optional is ever imported at module level.
 *
 * @throws KeywardError `config` naming the package to install when it is not there.
 */
export async function importOptional<T>(packageName: string, purpose: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (isModuleNotFound(error)) {
      throw new KeywardError('config', `${purpose} needs the package ${packageName}, which is not installed`, {
        advice: `Run: npm install ${packageName}`,
        cause: error,
      });
    }
    throw error;
  }
}

function isModuleNotFound(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
}
