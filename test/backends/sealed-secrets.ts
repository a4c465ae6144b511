import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cachedFolder } from './backend.js';
import { go } from './kubernetes.js';

const version = 'v0.27.1';

/** `kubeseal` itself, built from its module. */
export function installKubeseal(): string {
  const program = join(cachedFolder(`kubeseal-${version}`), 'kubeseal');
  if (existsSync(program)) return program;
  const building = `${program}.building`;
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false', GOTOOLCHAIN: 'local' };
  execFileSync(go(), ['build', '-trimpath', '-o', building, 'github.com/bitnami-labs/sealed-secrets/cmd/kubeseal'], {
    cwd: join(import.meta.dirname, 'sealed-secrets'),
    env,
    stdio: 'inherit',
  });
  renameSync(building, program);
  return program;
}

/** How a certificate is pinned. */
export function pinOf(certificate: string): string {
  return `sha256:${new X509Certificate(certificate).fingerprint256.replaceAll(':', '').toLowerCase()}`;
}

/** What the program prints. @throws when it refuses. */
export function kubeseal(folder: string, args: readonly string[], input: string): string {
  const file = join(folder, 'kubeconfig');
  writeFileSync(file, '');
  return execFileSync(installKubeseal(), args, {
    cwd: folder,
    input,
    encoding: 'utf8',
    stdio: 'pipe',
    env: { PATH: '/usr/bin:/bin', HOME: folder, KUBECONFIG: file },
  });
}
