import { createRequire } from 'node:module';

const { peerDependencies } = createRequire(import.meta.url)('keyward/package.json');

/** What stays out of a bundle: native packages, and those that Keyward loads only where they are installed. */
export const externals = ['lmdb', '@node-rs/argon2', ...Object.keys(peerDependencies)];
