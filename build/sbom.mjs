// Prints what the package consists of, as CycloneDX: what npm installs with it, optional peers, and what the command line
// holds code of. The same text for the same lock file: it names no time and no number of its own.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildCommandLine } from './command-line.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));

const installed = JSON.parse(
  execFileSync('npm', ['sbom', '--package-lock-only', '--omit', 'dev', '--sbom-format', 'cyclonedx'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  }),
);
const { serialNumber: _, metadata, components, ...rest } = installed;
const known = new Set(components.map((component) => component['bom-ref']));
const bundled = (await bundledPackages()).filter((component) => !known.has(component['bom-ref']));
const { timestamp: __, component, ...about } = metadata;
const sbom = {
  ...rest,
  metadata: { ...about, component: { ...component, name: packages[''].name } },
  components: [...components, ...bundled],
};
process.stdout.write(`${JSON.stringify(sbom, undefined, 2)}\n`);

async function bundledPackages() {
  const outdir = mkdtempSync(join(tmpdir(), 'keyward-sbom-'));
  try {
    return [...(await buildCommandLine({ root, outdir }))].sort().map((folder) => componentOf(folder));
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

function componentOf(folder) {
  const { version, license, integrity } = packages[folder];
  const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
  return {
    'bom-ref': `${name}@${version}`,
    type: 'library',
    name,
    version,
    scope: 'required',
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    hashes: [{ alg: 'SHA-512', content: Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex') }],
    licenses: [{ license: { id: license } }],
  };
}
