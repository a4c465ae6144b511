import { defineConfig } from 'vitest/config';

/** The examples, run as users run them: against the packed package, with the frameworks installed from the registry. */
export default defineConfig({
  test: {
    include: ['test/integrations/**/*.integration.ts'],
    root: '.',
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    globalSetup: ['test/build-once.ts', 'test/integrations/install.ts'],
  },
});
