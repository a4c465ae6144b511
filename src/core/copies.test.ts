import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isKeywardError, KeywardError, toKeywardError } from './errors.js';
import { Secret } from './secret.js';

let folder: string;
let other: typeof import('./errors.js') & typeof import('./secret.js');
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-copies-'));
  const outfile = join(folder, 'copy.mjs');
  const contents = `export * from './errors.js'; export * from './secret.js';`;
  const stdin = { contents, resolveDir: import.meta.dirname };
  await build({ stdin, outfile, bundle: true, format: 'esm', platform: 'node', minify: true });
  other = await import(pathToFileURL(outfile).href);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('another copy of this module', () => {
  test('is another one', () => {
    expect(other.KeywardError).not.toBe(KeywardError);
  });

  test('makes errors that are known by their codes here', () => {
    const error = new other.KeywardError('denied', 'no');
    expect(error).toBeInstanceOf(KeywardError);
    expect(isKeywardError(error, 'denied')).toBe(true);
    expect(isKeywardError(error, 'conflict')).toBe(false);
    expect(toKeywardError(error, 'reading')).toBe(error);
  });

  test('makes secrets that are equal to those made here, and print themselves as little', () => {
    const [theirs, ours] = [other.Secret.fromText('CANARY'), Secret.fromText('CANARY')];
    expect(theirs).toBeInstanceOf(Secret);
    expect([ours.equals(theirs), theirs.equals(ours), ours.equals(other.Secret.fromText('x'))]).toEqual([
      true,
      true,
      false,
    ]);
    expect(`${theirs} ${JSON.stringify(theirs)}`).not.toContain('CANARY');
  });

  test('does not make anything else an error or a secret', () => {
    for (const value of [new Error('x'), {}, null, 'x', { code: 'denied', message: 'x' }]) {
      expect(isKeywardError(value)).toBe(false);
      expect(value instanceof Secret).toBe(false);
    }
  });
});
