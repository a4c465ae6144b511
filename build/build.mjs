// Builds dist/: the library file by file with types (tsc), and the command line as bundled chunks (esbuild), so that it
// starts fast and loads only what a command uses. `--cli` builds the command line alone, which takes a moment.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const onlyCli = process.argv.includes('--cli');

if (!onlyCli) {
  rmSync(dist, { recursive: true, force: true });
  execFileSync(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'build/tsconfig.json')],
    {
      stdio: 'inherit',
    },
  );
}

rmSync(join(dist, 'cli'), { recursive: true, force: true });
mkdirSync(join(dist, 'cli'), { recursive: true });
await build({
  absWorkingDir: root,
  entryPoints: { main: 'src/cli/main.ts' },
  outdir: 'dist/cli',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  // Native packages and optional ones are resolved from the installation, everything else is in the bundle.
  external: ['lmdb', '@node-rs/argon2'],
  define: { 'process.env.KEYWARD_BUILD_VERSION': JSON.stringify(process.env.npm_package_version ?? '') },
  banner: {
    js: "#!/usr/bin/env node\nimport { createRequire as keywardCreateRequire } from 'node:module'; const require = keywardCreateRequire(import.meta.url);",
  },
  minify: true,
  // Names of classes and functions stand in stack traces and in errors.
  keepNames: true,
  legalComments: 'none',
  logLevel: 'warning',
});
chmodSync(join(dist, 'cli/main.js'), 0o755);
