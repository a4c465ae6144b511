import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { filesBelow, importsOf, readSource, root } from './source-tree.js';

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
}

interface Lock {
  readonly packages: Readonly<
    Record<
      string,
      {
        readonly license?: string;
        readonly resolved?: string;
        readonly dev?: boolean;
        readonly hasInstallScript?: boolean;
      }
    >
  >;
}

const manifest: Manifest = JSON.parse(readSource('package.json'));
const lock: Lock = JSON.parse(readSource('package-lock.json'));
/** What the examples are tested with is installed by those tests, and is no dependency of the repository. */
const integrations: Manifest = JSON.parse(readSource('test/integrations/package.json'));

const compatible = new Set([
  'MIT',
  'MIT-0',
  'Apache-2.0',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'Unlicense',
  'Python-2.0',
]);
/** Development only, never shipped: each with the reason why its licence does no harm. */
const developmentOnly: Readonly<Record<string, string>> = {
  '(MIT OR Apache-2.0)': 'both are compatible',
  'MIT OR Apache-2.0': 'both are compatible',
  '(MIT OR CC0-1.0)': 'both are compatible',
  'MPL-2.0': 'file-level copyleft in a build tool that is not distributed',
  'CC-BY-4.0': 'data of a development tool that is not distributed',
};

/** Bundled into the command line at build time, so they are no dependencies of the installed package. */
const bundled = ['@clack/prompts'];

describe('packages', () => {
  test('every version is pinned exactly', () => {
    const all = [manifest.dependencies, manifest.devDependencies, integrations.dependencies];
    const versions = all.flatMap((each) => Object.entries(each ?? {}));
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))).toEqual([]);
  });

  test.each(['package-lock.json', 'test/integrations/package-lock.json'])('%s names no download host', (path) => {
    const { packages }: Lock = JSON.parse(readSource(path));
    expect(Object.entries(packages).filter(([, entry]) => entry.resolved !== undefined)).toEqual([]);
    expect(readSource(path)).not.toMatch(/https?:\/\/[^"]*\.tgz/);
  });

  test('the examples are tested with the versions of the packages that the repository has too', () => {
    const own = { ...manifest.dependencies, ...manifest.devDependencies };
    const shared = Object.entries(integrations.dependencies ?? {}).filter(([name]) => Object.hasOwn(own, name));
    expect(shared.filter(([name, version]) => own[name] !== version)).toEqual([]);
  });

  test('the package has no install script, and works although those of its dependencies never run', () => {
    expect(Object.keys(manifest.scripts ?? {}).filter((name) => /^(?:pre|post)?install$|^prepare$/.test(name))).toEqual(
      [],
    );
    expect(readSource('.npmrc')).toContain('ignore-scripts=true');
  });

  test('licences are compatible with Apache-2.0', () => {
    const bad = Object.entries(lock.packages)
      .filter(([path]) => path !== '')
      .filter(
        ([, entry]) =>
          !compatible.has(entry.license ?? '') && !(entry.dev === true && (entry.license ?? '') in developmentOnly),
      )
      .map(([path, entry]) => `${path}: ${entry.license ?? 'none stated'}`);
    expect(bad).toEqual([]);
  });

  test('what the sources import is declared, and what is declared is imported', () => {
    const product = filesBelow('src', '.ts').filter((path) => !path.endsWith('.test.ts'));
    const imported = new Set(
      product
        .flatMap(importsOf)
        .filter((edge) => edge.isPackage && !edge.to.startsWith('node:'))
        .map((edge) => edge.to),
    );
    const declared = new Set([
      ...Object.keys(manifest.dependencies ?? {}),
      ...Object.keys(manifest.peerDependencies ?? {}),
      ...bundled,
    ]);
    expect([...imported].filter((name) => !declared.has(name))).toEqual([]);
    expect([...declared].filter((name) => !imported.has(name))).toEqual([]);
  });

  test('the files that a public project needs are there', () => {
    const needed = [
      'LICENSE',
      'SECURITY.md',
      'CONTRIBUTING.md',
      'README.md',
      'changelog/unreleased',
      'docs/decisions',
      'docs/threat-model.md',
      '.ci/run',
    ];
    expect(needed.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});
