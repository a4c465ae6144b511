import { defineRotatorKind } from '../rotator-kind.js';
import { vaultServerOptions, vaultServerProblems } from '../vault-server.js';

export const vaultSecretIdRotatorKind = defineRotatorKind({
  options: { ...vaultServerOptions, role: 'text', mount: 'text' },
  hasOneValue: () => true,
  *problems(options, path) {
    yield* vaultServerProblems(options, path);
    if (options.role === undefined) yield '`role` is missing: the name of the AppRole';
  },
  async create({ role = '', ...options }, context) {
    const { createVaultSecretIdRotator } = await import('./vault-secret-id.js');
    return createVaultSecretIdRotator({ ...options, ...context, role });
  },
});
