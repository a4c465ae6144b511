// Builds and packs the committed sources in two folders, and fails unless both packages are the same, byte for byte.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const scratch = mkdtempSync(join(tmpdir(), 'keyward-pack-'));
try {
  const [one, other] = ['a', 'another-folder'].map((folder) => packedIn(join(scratch, folder)));
  if (one !== other) throw new Error(`two builds differ: ${one} and ${other}`);
  console.log(`two builds are the same package: ${one}`);
} finally {
  rmSync(scratch, { recursive: true });
}

function packedIn(folder) {
  mkdirSync(folder);
  const run = (program, args, options = {}) =>
    execFileSync(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8', ...options });
  const sources = execFileSync('git', ['archive', 'HEAD'], { cwd: root, maxBuffer: 1 << 30 });
  run('tar', ['-x'], { stdio: ['pipe', 'pipe', 'inherit'], input: sources });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  run(process.execPath, ['build/build.mjs']);
  const [{ integrity }] = JSON.parse(run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts']));
  return integrity;
}
