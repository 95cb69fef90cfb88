import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/e2e/**', 'test/integration/**', '**/node_modules/**'],
    pool: 'forks',
    maxWorkers: 2,
    // Generous: a machine that does something else at the same time is no failure.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
