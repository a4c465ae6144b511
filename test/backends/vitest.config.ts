import { defineConfig } from 'vitest/config';

/** Providers against real servers, which are installed from package registries at the first run. */
export default defineConfig({
  test: {
    include: ['test/backends/**/*.backend.ts'],
    root: '.',
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 300_000,
    globalSetup: ['test/build-once.ts'],
  },
});
