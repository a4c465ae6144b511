import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/guards/**/*.test.ts', 'test/system/**/*.test.ts', 'test/leaks/**/*.test.ts'],
    isolate: false,
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    globalSetup: ['test/build-once.ts'],
  },
});
