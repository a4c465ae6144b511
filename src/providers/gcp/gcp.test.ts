import { describe, expect, test } from 'vitest';
import { gcpProviderKind } from './gcp.js';

type Options = Parameters<typeof gcpProviderKind.create>[0];

const made = (options: Options, env: Readonly<Record<string, string>> = {}) =>
  gcpProviderKind.create(options, {
    name: 'gcp',
    inventory: new Map(),
    isProduction: true,
    environment: 'production',
    folder: '/nowhere',
    env,
    connectStore: () => Promise.reject(new Error('not needed')),
  });

describe('a configuration of gcp', () => {
  test.each<Options>([
    { project: 'evil.example/' },
    { project: 'a b' },
    { project: '' },
    { location: 'evil.example/x' },
    { location: '../europe' },
    { endpoint: 'http://secrets.example.com' },
    { endpoint: 'https://user:pass@secrets.example.com' },
    { endpoint: 'https://secrets.example.com/path' },
    { endpoint: 'http://127.0.0.1:1', transport: 'grpc' },
    { transport: 'soap' },
    { naming: 'rot13' },
    { names: { 'a/b': 'no/name' } },
    { names: { 'a/b': 'x', 'a/c': 'X' } },
  ])('that cannot be meant is refused: %j', (options) => {
    expect(() => made(options)).toThrow(expect.objectContaining({ code: 'config' }));
  });

  test('decides by everything that makes answers differ whose copies they are', () => {
    const env = { GOOGLE_CLOUD_PROJECT: 'p' };
    const origins = [
      {},
      { project: 'q' },
      { location: 'europe-west3' },
      { endpoint: 'https://127.0.0.1' },
      { prefix: 'x' },
      { naming: 'dashes' },
      { names: { a: 'b' } },
    ].map((options) => made(options, env).traits.origin);
    expect(new Set(origins).size).toBe(origins.length);
    expect(made({}, { GCLOUD_PROJECT: 'p' }).traits.origin).toBe(origins[0]);
    expect(made({ project: 'p' }, { GOOGLE_CLOUD_UNIVERSE_DOMAIN: 'x.example' }).traits.origin).not.toBe(origins[0]);
  });

  test('that leaves the project to the credentials has no copies', () => {
    expect(made({}).traits.origin).toBeUndefined();
  });
});
