import { KeywardError } from '../../core/errors.js';
import type { Finding } from '../../core/finding.js';
import { stat } from '../../host/file-calls.js';
import type { FileTree } from '../../host/file-tree.js';
import { shellQuoted } from '../../host/trusted-route.js';

/** Who else can read or replace the files of the tree, and what in it cannot be looked at. */
export async function findingsIn(tree: FileTree, root: string): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  let readable = 0;
  let writable = 0;
  const count = async (path: string) => {
    const mode = await modeOf(path);
    if ((mode & 0o022) !== 0) writable += 1;
    else if ((mode & 0o004) !== 0) readable += 1;
  };
  try {
    const top = await tree.find([]);
    if (top !== undefined) for await (const { path } of tree.walk(top)) await count(path);
  } catch (error) {
    if (!(error instanceof KeywardError)) throw error;
    findings.push({ severity: 'error', where: error.store ?? root, cause: error.message, fix: error.advice });
  }
  if (((await modeOf(root)) & 0o022) !== 0) {
    const fix = `Run: chmod go-w ${shellQuoted(root)}`;
    findings.push({ severity: 'error', where: root, cause: 'other users can put files into the folder', fix });
  }
  if (writable > 0) {
    const fix = `Run: chmod -R go-w ${shellQuoted(root)}`;
    findings.push({ severity: 'error', where: root, cause: `other users can change ${writable} of its files`, fix });
  }
  if (readable > 0) {
    const fix = `Run: chmod -R go-rwx ${shellQuoted(root)} (for a mounted volume set its defaultMode to 0400)`;
    findings.push({ severity: 'warning', where: root, cause: `every user can read ${readable} of its files`, fix });
  }
  return findings;
}

/** 0, which raises no finding, for what has gone since. */
async function modeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ mode }) => mode,
    () => 0,
  );
}
