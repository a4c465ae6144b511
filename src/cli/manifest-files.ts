import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { KeywardError } from '../core/errors.js';
import { errnoOf, fileError } from '../host/file-error.js';
import { writeProjectFile } from '../host/project-file.js';
import { type ManifestFile, type ManifestTarget, madeBy } from '../manifests/manifest.js';
import type { Invocation } from './command.js';

/**
 * Replaces each file below the folder in one step.
 *
 * @param isForced Also where somebody else's file would be lost.
 * @throws KeywardError `conflict` for such a file, before any is written; else as `writeProjectFile`.
 */
export async function writeManifests(folder: string, files: readonly ManifestFile[], isForced: boolean): Promise<void> {
  for (const { path, text } of isForced ? [] : files) {
    const found = await readText(join(folder, path));
    if (found === undefined || found === text || found.split('\n', 2).some((line) => line.startsWith(madeBy))) continue;
    throw new KeywardError('conflict', `${path} is there already, and was not made by keyward manifest`, {
      advice: 'Take over what you need from the output without --out, or replace it with --force.',
    });
  }
  for (const { path, text, mode } of files) {
    const file = join(folder, path);
    try {
      await mkdir(dirname(file), { recursive: true });
    } catch (error) {
      throw fileError(error, 'create', file);
    }
    await writeProjectFile(file, text, mode);
  }
}

/** Says which files are not what they would be, and where; never what stands there. Answers the exit status. */
export async function checkManifests(
  { output }: Invocation,
  files: readonly ManifestFile[],
  folder: string,
  target: Pick<ManifestTarget, 'isSame'>,
): Promise<number> {
  const results = await Promise.all(
    files.map(async (file) => {
      const found = await readText(join(folder, file.path));
      if (found === undefined) return { path: file.path, state: 'missing' };
      const isSame = target.isSame?.(found, file) ?? found === file.text;
      return isSame
        ? { path: file.path, state: 'same' }
        : { path: file.path, state: 'differs', ...difference(found, file) };
    }),
  );
  const wrong = results.filter(({ state }) => state !== 'same');
  if (output.json) output.document({ files: results });
  for (const { path, state, ...where } of output.json ? [] : wrong) {
    output.line('line' in where ? `${path}: differs from line ${where.line} on` : `${path}: ${state}`);
  }
  if (wrong.length > 0) output.note('make them again without --check, or change keyward.yaml');
  return wrong.length === 0 ? 0 : 1;
}

function difference(found: string, { text }: ManifestFile): { readonly line: number } {
  const lines = found.split('\n');
  const made = text.split('\n');
  const index = made.findIndex((line, at) => line !== lines[at]);
  return { line: (index < 0 ? made.length : index) + 1 };
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw fileError(error, 'read', file);
  }
}
