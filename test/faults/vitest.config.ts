import { defineConfig } from 'vitest/config';

/** Every canary through every call and failure takes the better part of an hour; `npm test` has one of each. */
const isFull = process.env['KEYWARD_FULL'] === '1';

/** Suites that need another program (strace, a pseudo-terminal) or kill processes; run with `npm run test:faults`. */
export default defineConfig({
  test: {
    include: ['test/faults/**/*.fault.ts', 'test/leaks/**/*.fault.ts'],
    exclude: isFull ? [] : ['test/leaks/commands.fault.ts', 'test/leaks/networked.fault.ts'],
    root: '.',
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 120_000,
    globalSetup: ['test/build-once.ts'],
  },
});
