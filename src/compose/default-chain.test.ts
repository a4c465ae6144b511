import { describe, expect, test } from 'vitest';
import { defaultChain } from './default-chain.js';

const kinds = (production: boolean, hasVault: boolean, hasAws = false) =>
  defaultChain({ production, hasVault, hasAws, hasStore: true, hasSecretFiles: true, project: 'bot' }).map(
    ({ kind }) => kind,
  );

describe('the chain of a project that states none', () => {
  test('begins with Vault in development when the environment names a server', () => {
    expect(kinds(false, true)).toEqual(['vault', 'keyward', 'files', 'dotenv', 'env']);
    expect(kinds(false, false)).toEqual(['keyward', 'files', 'dotenv', 'env']);
  });

  test('asks AWS after Vault in development when the environment says so', () => {
    expect(kinds(false, true, true)).toEqual(['vault', 'aws', 'keyward', 'files', 'dotenv', 'env']);
    expect(kinds(true, true, true)).toEqual(['keyward', 'files', 'env']);
  });

  test('has neither Vault nor .env files in production', () => {
    expect(kinds(true, true)).toEqual(['keyward', 'files', 'env']);
  });
});
