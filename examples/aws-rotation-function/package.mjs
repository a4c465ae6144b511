import { createRequire } from 'node:module';
import { build } from 'esbuild';

const { peerDependencies } = createRequire(import.meta.url)('keyward/package.json');
const client = '@aws-sdk/client-secrets-manager';

/** One file for Lambda, with the client of Secrets Manager in it and without what this function never loads. */
await build({
  absWorkingDir: import.meta.dirname,
  entryPoints: ['handler.mjs'],
  outfile: 'out/handler.mjs',
  bundle: true,
  minify: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // The `require` of CommonJS packages is left to a function of that name.
  banner: {
    js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
  },
  external: ['lmdb', '@node-rs/argon2', ...Object.keys(peerDependencies).filter((name) => name !== client)],
});
