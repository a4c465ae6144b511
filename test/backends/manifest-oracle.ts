import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { cachedFolder } from './backend.js';
import { go } from './kubernetes.js';

const sources = join(import.meta.dirname, 'manifests');

/**
 * A program with the code by which Docker Compose, Terraform, Vault and Prometheus read their files, built from its
 * modules. The first build takes about four minutes of processor time.
 */
export function manifestOracle(): string {
  const digest = createHash('sha256');
  for (const name of ['main.go', 'go.mod', 'go.sum']) digest.update(readFileSync(join(sources, name)));
  const program = join(cachedFolder(`manifests-${digest.digest('hex').slice(0, 12)}`), 'oracle');
  if (existsSync(program)) return program;
  const building = `${program}.building`;
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false', GOTOOLCHAIN: 'local' };
  execFileSync(go(), ['build', '-trimpath', '-ldflags', '-s -w', '-o', building, '.'], {
    cwd: sources,
    env,
    stdio: 'inherit',
  });
  renameSync(building, program);
  return program;
}
