import { errorTable, toKeywardError } from '../core/errors.js';
import { programEnvironment } from './program-environment.js';

/**
 * Changes the environment of this process before its program runs. When a required value cannot be had, the process
 * ends with the exit status of the error and its message on standard error: a program without its secrets does not run.
 */
export async function enterProgram(): Promise<void> {
  const { set, remove } = await orEnd(() => programEnvironment(process.env, process.cwd()));
  for (const name of remove) delete process.env[name];
  Object.assign(process.env, set);
}

/** The answer; or the end of the process, as above. */
export async function orEnd<T>(answer: () => Promise<T>): Promise<T> {
  try {
    return await answer();
  } catch (error) {
    const { code, message, advice } = toKeywardError(error, 'loading the secrets');
    process.stderr.write(`keyward: ${message} (${code})\n  → ${advice}\n`);
    process.exit(errorTable[code].exitCode);
  }
}
