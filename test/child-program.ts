import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

export interface ChildProgram {
  /** The script, to be run by `node`. */
  readonly path: string;
  dispose(): Promise<void>;
}

const repository = join(import.meta.dirname, '..');

/**
 * Makes a program for child processes of a test, which have no loader for TypeScript: the script imports what the
 * modules export from `./modules.mjs`, and installed packages by name.
 *
 * @param modules paths of TypeScript files, relative to the repository.
 */
export async function buildChildProgram(modules: readonly string[], script: string): Promise<ChildProgram> {
  const folder = await mkdtemp(join(tmpdir(), 'keyward-program-'));
  await build({
    stdin: {
      contents: modules.map((module) => `export * from './${module}';`).join('\n'),
      resolveDir: repository,
    },
    outfile: join(folder, 'modules.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'silent',
  });
  const path = join(folder, 'script.mjs');
  await writeFile(path, script);
  await symlink(join(repository, 'node_modules'), join(folder, 'node_modules'));
  return { path, dispose: () => rm(folder, { recursive: true }) };
}
