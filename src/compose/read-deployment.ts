import type { Deployment } from '../core/deployment.js';
import { type OpenSecretsOptions, openLibraryWorkspace } from './open-secrets.js';

/**
 * What a project deploys and where its secrets lie, for the files of `keyward/manifests`. Asks no store and holds no
 * value.
 *
 * @param settings Of the `deploy:` section, as texts; they stand above those of the file.
 * @throws KeywardError `config` when the configuration is wrong or not trusted, or when two values claim one variable;
 * `invalid` for a setting that cannot be meant.
 */
export async function readDeployment(
  options: OpenSecretsOptions = {},
  settings: Readonly<Record<string, string>> = {},
): Promise<Deployment> {
  const workspace = await openLibraryWorkspace(options);
  try {
    const { describeDeployment } = await import('./describe-deployment.js');
    return describeDeployment(workspace, settings);
  } finally {
    await workspace.close();
  }
}
