import { build } from 'esbuild';
import { nativeParts } from './native-parts.mjs';

const shared = { entryPoints: ['app.mjs'], bundle: true, platform: 'node', target: 'node20', external: nativeParts };

await build({ ...shared, format: 'esm', outfile: 'out/esbuild.mjs' });
await build({ ...shared, format: 'cjs', outfile: 'out/esbuild.cjs' });
