import { build } from 'vite';
import { externals } from './externals.mjs';

await build({
  logLevel: 'warn',
  build: {
    ssr: 'app.mjs',
    outDir: 'out',
    emptyOutDir: false,
    rollupOptions: { output: { entryFileNames: 'vite.mjs' } },
  },
  ssr: { noExternal: true, external: externals },
});
