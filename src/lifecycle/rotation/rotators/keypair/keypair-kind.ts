import { defineRotatorKind } from '../rotator-kind.js';

export const keyPairRotatorKind = defineRotatorKind({
  options: { algorithm: ['ed25519', 'rsa', 'ssh', 'jwks'] },
  shorthand: 'algorithm',
  hasOneValue: () => false,
  async create({ algorithm = 'ed25519' }) {
    const { createKeyPairRotator } = await import('./keypair.js');
    return createKeyPairRotator({ keypair: algorithm });
  },
});
