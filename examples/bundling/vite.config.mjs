import { nativeParts } from './native-parts.mjs';

export default {
  build: {
    ssr: 'app.mjs',
    outDir: 'out',
    emptyOutDir: false,
    rollupOptions: { output: { entryFileNames: 'vite.mjs' } },
  },
  ssr: { noExternal: true, external: nativeParts },
};
