import { isValidEnvironmentName } from '../../core/environment-names.js';
import { KeywardError } from '../../core/errors.js';
import { withoutFinalNewline } from '../../core/final-newline.js';
import { parsePath, quoted } from '../../core/path.js';
import { checkedPayload, maxPayloadBytes, payloadOf } from '../../core/payload.js';
import { formatRef } from '../../core/ref.js';
import { Secret } from '../../core/secret.js';
import { FileTree, type FoundFile } from '../../host/file-tree.js';
import { readPlainFile } from '../../host/plain-file.js';
import type { ImportPair } from './import-plan.js';
import type { ImportSource } from './import-source.js';

const maxFiles = 10_000;
const maxTotalBytes = 64 * 1024 * 1024;

/**
 * The values of a folder of secrets: of the mounted volumes of Kubernetes and Docker, or by hand. A file directly in it is
 * a variable (`binance_api_key` is `BINANCE_API_KEY`), one in a folder of it lies at its path. Hidden files are left out.
 *
 * @param exact keeps a final newline, which otherwise does not count.
 * @throws KeywardError `invalid` for a name that makes no path, `too_large`, `unavailable` when the folder changes
 * meanwhile, and as `FileTree`.
 */
export async function readFolder(
  folder: string,
  { shownAs, exact }: { readonly shownAs: string; readonly exact: boolean },
): Promise<ImportSource> {
  const tree = await FileTree.open(folder);
  const root = await tree.find([]);
  const pairs: ImportPair[] = [];
  const files: string[] = [];
  const trimmed: string[] = [];
  let total = 0;
  if (root !== undefined) {
    for await (const file of tree.walk(root)) {
      if (pairs.length === maxFiles) throw refusal(shownAs, `has more than ${maxFiles} files`);
      const where = `${shownAs}/${file.names.join('/')}`;
      const bytes = await contentOf(file);
      total += bytes.length;
      if (total > maxTotalBytes) throw refusal(shownAs, 'holds more than 64 MiB');
      files.push(file.path);
      const kept = exact ? bytes : withoutFinalNewline(bytes);
      if (kept.length < bytes.length) trimmed.push(where);
      pairs.push({ ...placeOf(file.names, where), value: Secret.of(checkedPayload(payloadOf(kept))), where });
    }
  }
  if (!(await tree.isConsistent())) {
    throw new KeywardError('unavailable', `${shownAs} was changed meanwhile`, {
      store: shownAs,
      advice: 'Run it again.',
    });
  }
  const findings = trimmed.map((where) => {
    const cause = 'one final newline is left out, as it is when the file is read as a secret';
    return { severity: 'info', where, cause, fix: 'If it is meant, use --exact.' } as const;
  });
  return { pairs, findings, files, keep: tree.isMounted ? 'it is a mounted volume' : undefined };
}

async function contentOf(file: FoundFile): Promise<Uint8Array> {
  const content = await readPlainFile(file.path, { maxBytes: maxPayloadBytes + 2 });
  if (content !== undefined) return content.bytes;
  throw new KeywardError('unavailable', `${file.path} has gone meanwhile`, {
    store: file.path,
    advice: 'Run it again.',
  });
}

function placeOf(names: readonly string[], where: string): Pick<ImportPair, 'name' | 'place'> {
  const [only = ''] = names;
  const variable = only.replaceAll(/[-.]/g, '_').toUpperCase();
  if (names.length === 1 && isValidEnvironmentName(variable)) return { name: variable };
  try {
    const place = { path: parsePath(names.join('/')) };
    return { name: formatRef(place), place };
  } catch (cause) {
    throw new KeywardError('invalid', `${where}: ${quoted(names.join('/'))} makes no path`, { store: where, cause });
  }
}

function refusal(folder: string, problem: string): KeywardError {
  return new KeywardError('invalid', `${folder} ${problem}`, { store: folder, advice: 'Name a smaller folder.' });
}
