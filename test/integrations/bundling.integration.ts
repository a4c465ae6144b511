import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Example } from './example.js';

let example: Example;
beforeAll(() => {
  example = Example.withStore('bundling');
  example.keyward(['set', 'app/api_token'], 'of-the-store');
  for (const bundler of ['esbuild.mjs', 'webpack.mjs', 'vite.mjs']) example.node([bundler]);
});
afterAll(() => example.remove());

const bundles = ['esbuild.mjs', 'esbuild.cjs', 'webpack.mjs', 'vite.mjs'];

describe.each(bundles)('the bundle %s', (name) => {
  test('reads the encrypted store', () => {
    expect(example.node([join('out', name)])).toBe('***REDACTED***, 12 bytes from keyward\n');
  });

  test('reads the environment, where nothing at all is installed', () => {
    const elsewhere = mkdtempSync(join(realpathSync(tmpdir()), 'keyward-bundles-'));
    cpSync(join(example.folder, 'out'), elsewhere, { recursive: true });
    const config = example.write('env.yaml', 'environment: development\nproviders: [{ env: {} }]\n');
    const env = { KEYWARD_CONFIG: config, API_TOKEN: 'of-the-environment' };
    expect(example.node([join(elsewhere, name)], { env })).toBe('***REDACTED***, 18 bytes from env\n');
    rmSync(elsewhere, { recursive: true });
  });

  test('holds Keyward itself, and neither a value nor a path of the machine that made it', () => {
    const text = readFileSync(join(example.folder, 'out', name), 'utf8');
    expect(text).not.toMatch(/from ?['"]keyward['"]|require\(['"]keyward['"]\)/);
    expect(text).not.toMatch(/of-the-store|keyward-integrations-/);
  });
});
