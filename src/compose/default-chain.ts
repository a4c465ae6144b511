import type { ProviderEntry } from './provider-schemas.js';

export { defaultSecretFiles } from '../core/provider-kind.js';

/**
 * The chain of a project that configures none: the store when this user has one, then the files of `/run/secrets` when
 * there is such a folder, in development the `.env` files, then the environment.
 */
export function defaultChain(options: {
  readonly hasStore: boolean;
  readonly hasSecretFiles: boolean;
  readonly production: boolean;
  readonly project: string | undefined;
}): readonly ProviderEntry[] {
  const prefix = options.project === undefined ? undefined : `${options.project}/{env}`;
  const store: ProviderEntry = { kind: 'keyward', options: { prefix } };
  const files: ProviderEntry = { kind: 'files', options: {} };
  const dotenv: ProviderEntry = { kind: 'dotenv', options: {} };
  const env: ProviderEntry = { kind: 'env', options: {} };
  return [
    ...(options.hasStore ? [store] : []),
    ...(options.hasSecretFiles ? [files] : []),
    ...(options.production ? [] : [dotenv]),
    env,
  ];
}
