import type { ProviderEntry } from './provider-schemas.js';

export { defaultSecretFiles } from '../core/provider-kind.js';

/** The part of the store that belongs to a project; `undefined`, the whole store, when it has no name. */
export function defaultPrefix(project: string | undefined): string | undefined {
  return project === undefined ? undefined : `${project}/{env}`;
}

/**
 * The chain of a project that configures none: in development Vault when the environment names a server and AWS when it
 * says so, the store when this user has one, then the files of `/run/secrets` when there is such a folder, in development
 * the `.env` files, then the environment.
 */
export function defaultChain(options: {
  readonly hasVault: boolean;
  readonly hasAws: boolean;
  readonly hasStore: boolean;
  readonly hasSecretFiles: boolean;
  readonly production: boolean;
  readonly project: string | undefined;
}): readonly ProviderEntry[] {
  const vault: ProviderEntry = { kind: 'vault', options: {} };
  const aws: ProviderEntry = { kind: 'aws', options: {} };
  const store: ProviderEntry = { kind: 'keyward', options: { prefix: defaultPrefix(options.project) } };
  const files: ProviderEntry = { kind: 'files', options: {} };
  const dotenv: ProviderEntry = { kind: 'dotenv', options: {} };
  const env: ProviderEntry = { kind: 'env', options: {} };
  return [
    ...(options.hasVault && !options.production ? [vault] : []),
    ...(options.hasAws && !options.production ? [aws] : []),
    ...(options.hasStore ? [store] : []),
    ...(options.hasSecretFiles ? [files] : []),
    ...(options.production ? [] : [dotenv]),
    env,
  ];
}
