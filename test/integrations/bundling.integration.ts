import { readFileSync } from 'node:fs';
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

  test('reads the environment, without the native parts', () => {
    const env = { KEYWARD_CONFIG: example.write('env.yaml', 'environment: development\nproviders: [{ env: {} }]\n') };
    expect(example.node([join('out', name)], { env: { ...env, API_TOKEN: 'of-the-environment' } })).toBe(
      '***REDACTED***, 18 bytes from env\n',
    );
  });

  test('holds Keyward itself, and neither a value nor a path of the machine that made it', () => {
    const text = readFileSync(join(example.folder, 'out', name), 'utf8');
    expect(text).not.toMatch(/from ?['"]keyward['"]|require\(['"]keyward['"]\)/);
    expect(text).not.toMatch(/of-the-store|keyward-integrations-/);
  });
});
