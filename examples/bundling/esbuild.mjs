import { build } from 'esbuild';
import { externals } from './externals.mjs';

const shared = { entryPoints: ['app.mjs'], bundle: true, platform: 'node', target: 'node20', external: externals };

// In an ES module esbuild leaves the `require` of CommonJS packages to a function of that name.
const banner = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
await build({ ...shared, format: 'esm', outfile: 'out/esbuild.mjs', banner: { js: banner } });
await build({ ...shared, format: 'cjs', outfile: 'out/esbuild.cjs' });
