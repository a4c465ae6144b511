import { defineRotatorKind } from '../rotator-kind.js';
import { vaultServerOptions, vaultServerProblems } from '../vault-server.js';

export const vaultTokenRotatorKind = defineRotatorKind({
  options: { ...vaultServerOptions, role: 'text' },
  hasOneValue: () => true,
  problems: vaultServerProblems,
  async create(options, context) {
    const { createVaultTokenRotator } = await import('./vault-token.js');
    return createVaultTokenRotator({ ...options, ...context });
  },
});
