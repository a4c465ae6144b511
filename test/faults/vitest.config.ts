import { defineConfig } from 'vitest/config';

/** Suites that need another program (strace, a pseudo-terminal) or kill processes; run with `npm run test:faults`. */
export default defineConfig({
  test: {
    include: ['test/faults/**/*.fault.ts', 'test/leaks/**/*.fault.ts'],
    root: '.',
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 120_000,
    globalSetup: ['test/build-once.ts'],
  },
});
