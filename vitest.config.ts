import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/guards/**/*.test.ts', 'test/system/**/*.test.ts', 'test/leaks/**/*.test.ts'],
    isolate: false,
    pool: 'forks',
    testTimeout: 180_000,
    hookTimeout: 180_000,
    globalSetup: ['test/build-once.ts'],
  },
});
